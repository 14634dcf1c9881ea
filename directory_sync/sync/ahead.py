"""Memberships of a first sync, written while it still reads, so that its last transaction is short.

Nobody sees them: their groups are placeholders, which reach nobody, and of their people there are only the row ids
that they are going to have. A first sync that does not come to its end leaves them to the next one, which begins by
taking them away.
"""

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from ..models import Connection, Group, Membership, Recipient, SyncRun
from . import bulk, claim
from .facts import GROUP_FIELDS

BLANK = ("", "", "", False, False, False)  # what a group is called and looks like before it has been read
GROUP_START = {
    "status": Group.Status.WAITING,
    "problem": "",
    "entra_direct": 0,
    "entra_transitive": 0,
    "people": 0,
    "recipients": 0,
    "counts_due": True,
}
KNOWN = "SELECT entra_id, recipient_id FROM reserved_id WHERE entra_id IN ({marks})"
MOST_REMEMBERED = 120_000  # members, of about 200 bytes each


def add_placeholders(connection: Connection, ids: Iterable[str]) -> None:
    """Rows for groups of which nothing is known but that they are there."""
    key = bulk.key_of(connection)
    columns = ("connection_id", "entra_id", *GROUP_FIELDS, "is_read", *GROUP_START)
    rows = ((key, id, *BLANK, False, *GROUP_START.values()) for id in sorted(ids))
    bulk.insert(Group, columns, rows)


class Ahead:
    """Writes memberships, and keeps in reserved_id which row each member is going to have. `links`: how many so far."""

    def __init__(self, run: SyncRun) -> None:
        self._run = run
        self._groups: dict[str, int] = {}
        self._members: dict[str, int] = {}
        self.links = 0

    def forget(self) -> None:
        """Take away what a first sync has left that did not come to its end. Raises ClaimLost when it has."""
        self._groups.clear()
        self._members.clear()
        self.links = 0
        with transaction.atomic():
            claim.beat(self._run)
            self._run.connection.groups.filter(is_read=False).delete()  # and with them their memberships

    def write(self, walked: list[dict[str, Any]], listed: Iterable[str]) -> None:
        """Write the people among the members of these groups, as the journal has them; `listed`: all there are."""
        if not self._groups:
            self._find_groups(set(listed))
        self._find_groups({each["id"] for each in walked})
        people = {id: kind for each in walked for kind, ids in each["members"].items() if kind != "group" for id in ids}
        self._find_members(people)
        pairs = [
            (self._groups[each["id"]], self._members[id])
            for each in walked
            for kind, ids in each["members"].items()
            if kind != "group"
            for id in ids
        ]
        bulk.insert_pairs(Membership, ("group_id", "recipient_id"), pairs)
        self.links += len(pairs)
        if failed := {self._groups[each["id"]] for each in walked if each["error"]}:
            Membership.objects.filter(group__in=failed).delete()  # half a group says nothing

    def _find_groups(self, ids: set[str]) -> None:
        new = ids - self._groups.keys()
        if new:
            add_placeholders(self._run.connection, new)
            self._groups |= dict(self._run.connection.groups.values_list("entra_id", "pk"))

    def _find_members(self, kinds: dict[str, str]) -> None:
        """Remember the row of each, reserving one for whoever has none."""
        if len(self._members) > MOST_REMEMBERED:
            self._members.clear()
        forgotten = [id for id in kinds if id not in self._members]
        for chunk in bulk.chunks(forgotten):
            self._members |= dict(bulk.ask(KNOWN.format(marks=bulk.marks(chunk)), chunk))
        new = [id for id in forgotten if id not in self._members]
        rows = dict(zip(new, bulk.reserve(Recipient, len(new)), strict=True))
        bulk.load("reserved_id", ("entra_id", "kind", "recipient_id"), ((id, kinds[id], rows[id]) for id in new))
        self._members |= rows

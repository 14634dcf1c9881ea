"""Memberships of a first sync, written while it still reads, so that its last transaction is short.

Nobody sees them: their groups are placeholders, which reach nobody, and of their people there are only the row ids
that they are going to have. A first sync that does not come to its end leaves them to the next one, which begins by
taking them away.
"""

from collections.abc import Iterable
from typing import Any

from django.db import connection as database

from ..models import Connection, Group, Membership, Recipient
from . import bulk
from .facts import GROUP_FIELDS

BLANK = ("", "", "", False, False, False)  # what a group is called and looks like before it has been read
GROUP_START = {
    "status": Group.Status.WAITING,
    "problem": "",
    "entra_direct": 0,
    "entra_transitive": 0,
    "people": 0,
    "recipients": 0,
}
NEW = """
SELECT DISTINCT member_id, kind FROM given_link
WHERE NOT EXISTS (SELECT 1 FROM staged_id AS known WHERE known.entra_id = given_link.member_id)
"""
WRITE = """
INSERT INTO {table} (group_id, recipient_id)
SELECT given_link.group_n, staged_id.recipient_id FROM given_link
JOIN staged_id ON staged_id.entra_id = given_link.member_id
WHERE staged_id.recipient_id IS NOT NULL ON CONFLICT DO NOTHING
"""


def add_placeholders(connection: Connection, ids: Iterable[str]) -> None:
    """Rows for groups of which nothing is known but that they are there."""
    key = bulk.key_of(connection)
    columns = ("connection_id", "entra_id", *GROUP_FIELDS, "is_read", *GROUP_START)
    rows = ((key, id, *BLANK, False, *GROUP_START.values()) for id in sorted(ids))
    bulk.insert(Group, columns, rows)


class Ahead:
    """Writes memberships into the rows, by way of the staging's given_link and staged_id; `links`: how many so far."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._groups: dict[str, int] = {}
        self.links = 0

    def forget(self) -> None:
        """Take away what a first sync has left that did not come to its end."""
        self._groups.clear()
        self.links = 0
        self._connection.groups.all().delete()  # and with them the memberships, all of which have a group

    def write(self, walked: Iterable[dict[str, Any]], empty: str) -> None:
        """Write the people among the members. `empty`: the statement that empties given_link."""
        self.links += sum(len(ids) for each in walked for kind, ids in each["members"].items() if kind != "group")
        self._find_groups({each["id"] for each in walked})
        links = (
            (self._groups[each["id"]], id, kind)
            for each in walked
            for kind, ids in each["members"].items()
            if kind != "group"
            for id in ids
        )
        bulk.load("given_link", ("group_n", "member_id", "kind"), links)
        new = dict(_ask(NEW))
        rows = ((id, kind, row) for (id, kind), row in zip(new.items(), bulk.reserve(Recipient, len(new)), strict=True))
        bulk.load("staged_id", ("entra_id", "kind", "recipient_id"), rows)
        _ask(WRITE.format(table=bulk.table(Membership)))
        _ask(empty)
        if failed := {self._groups[each["id"]] for each in walked if each["error"]}:
            Membership.objects.filter(group__in=failed).delete()  # half a group says nothing

    def _find_groups(self, ids: set[str]) -> None:
        new = ids - self._groups.keys()
        add_placeholders(self._connection, new)
        rows = self._connection.groups.filter(entra_id__in=new)
        self._groups |= dict(rows.values_list("entra_id", "pk"))


def _ask(statement: str) -> list[Any]:
    with database.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []

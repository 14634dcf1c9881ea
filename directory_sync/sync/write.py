"""Turning a plan's object ids into rows: groups, people, links. Inside the caller's transaction."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from ..models import Connection, Group, GroupClosure, HeldRemoval, Membership, Nesting, Recipient
from . import bulk, write_staged
from .ahead import GROUP_START, add_placeholders
from .facts import GROUP_FIELDS, KINDS, PERSON_COLUMNS, UNKNOWN_PERSON, person_row
from .plan import Plan

PERSON_START = {"links_due": False, "email": "", "left_out": Recipient.LeftOut.UNREAD}


def write_groups(plan: Plan, connection: Connection, now: datetime) -> None:
    key = bulk.key_of(connection)
    placeholders = _unknown(connection, plan, groups=True)
    rows = (
        (key, id, *(values[name] for name in GROUP_FIELDS), True, *GROUP_START.values())
        for id, values in sorted(plan.groups.items())
    )
    columns = ("connection_id", "entra_id")
    bulk.upsert(Group, columns, (*GROUP_FIELDS, "is_read"), rows, starting=tuple(GROUP_START))
    add_placeholders(connection, placeholders)
    in_chunks(connection.groups, plan.gone_groups, status=Group.Status.GONE, status_at=now, problem="")
    in_chunks(connection.groups, plan.returned_groups, status=Group.Status.WAITING, status_at=now)


def forget_unread_groups(plan: Plan, connection: Connection) -> None:
    """Delete the groups that are gone and of which nobody has ever known more than the id, unless a link stays."""
    for chunk in bulk.chunks(sorted(plan.gone_groups - plan.withheld.keys())):
        unread = connection.groups.filter(entra_id__in=chunk, is_read=False, segments=None)
        unread.filter(parent_links=None, held_removals=None).delete()


def write_people(plan: Plan, connection: Connection, now: datetime) -> set[str]:
    """Returns the object ids of new placeholders."""
    key = bulk.key_of(connection)
    if plan.staging:
        write_staged.write_people(connection, is_first=not plan.staging.has_rows)
    rows = ((key, id, *person_row(values), *PERSON_START.values()) for id, values in sorted(plan.people.items()))
    columns = ("connection_id", "entra_id")
    bulk.upsert(Recipient, columns, PERSON_COLUMNS, rows, starting=tuple(PERSON_START))
    every = (*columns, *PERSON_COLUMNS, *PERSON_START)
    reserved = ((row, key, id, *_placeholder(kind)) for id, kind, row in plan.reserved)
    bulk.insert(Recipient, ("id", *every), reserved)
    unknown = _unknown(connection, plan, groups=False)
    bulk.insert(Recipient, every, ((key, id, *_placeholder(kind)) for id, kind in sorted(unknown.items())))
    in_chunks(connection.recipients, plan.removed_people, removed_at=now)
    in_chunks(connection.recipients, plan.links_settled, links_due=False)
    in_chunks(connection.recipients, plan.links_due, links_due=True)
    return set(unknown).union(id for id, _, _ in plan.reserved)


def _placeholder(kind: str) -> tuple[Any, ...]:
    """Of somebody of whom only Graph's word for his kind is known: what stands after his object id."""
    unknown = {**UNKNOWN_PERSON, "facts_hash": "", "kind": KINDS.get(kind, Recipient.Kind.OTHER)}
    return (*person_row(unknown, False), *PERSON_START.values())


def _unknown(connection: Connection, plan: Plan, *, groups: bool) -> dict[str, str]:
    """Ids named by links that no row has yet, with their kind: they get placeholders, which reach nobody."""
    named: dict[str, str] = dict.fromkeys((*plan.links, *plan.failed_groups), "group") if groups else {}
    for members in plan.links.values():
        named |= {id: kind for id, kind in members.items() if (kind == "group") == groups}
    rows = connection.groups if groups else connection.recipients
    others = connection.recipients if groups else connection.groups
    named |= {id: kind for id, kind in plan.named.items() if (kind == "group") == groups}
    for chunk in bulk.chunks(sorted(named)):
        for known in rows.filter(entra_id__in=chunk).values_list("entra_id", flat=True):
            del named[known]
        for known in others.filter(entra_id__in=chunk).values_list("entra_id", flat=True):
            named.pop(known, None)
    return {id: kind for id, kind in named.items() if id not in plan.groups}


class Links:
    """The plan's links, turned from object ids into rows. `groups`: whose links changed, `parents`: whose nesting."""

    def __init__(self, plan: Plan, connection: Connection) -> None:
        ids = {*plan.links, *plan.dropped_links}
        for members in (*plan.links.values(), *plan.dropped_links.values()):
            ids |= set(members)
        self._groups = pks_by_id(connection.groups, ids)
        self._people = pks_by_id(connection.recipients, ids)
        gone = connection.groups.filter(status=Group.Status.GONE)
        self._gone = pks(gone, plan.links.keys() | plan.dropped_links.keys())
        self._plan, self._connection = plan, connection
        self.groups: set[int] = set()
        self.parents: set[int] = set()

    def write(self) -> None:
        """Drop and add memberships and nestings; a group that is gone keeps its own."""
        added = [(group, member) for group, members in self._plan.links.items() for member in members]
        dropped = [(group, member) for group, members in self._plan.dropped_links.items() for member in members]
        bulk.delete(Membership, ("group_id", "recipient_id"), self._rows(dropped, self._people))
        bulk.delete(Nesting, ("parent_id", "child_id"), self._rows(dropped, self._groups, nested=True))
        bulk.insert(Membership, ("group_id", "recipient_id"), self._rows(added, self._people))
        bulk.insert(Nesting, ("parent_id", "child_id"), self._rows(added, self._groups, nested=True))
        if self._plan.staging:
            memberships, nestings = write_staged.write_links(self._connection)
            self.parents |= nestings
            self.groups |= memberships | nestings
            if self._plan.staging.ahead.links:
                self.groups |= set(self._connection.groups.values_list("pk", flat=True))

    def _rows(self, pairs: Iterable[tuple[str, str]], members: dict[str, int], *, nested: bool = False):
        rows = set()
        for group, member in pairs:
            parent, child = self._groups.get(group), members.get(member)
            if parent is not None and child is not None and parent not in self._gone:
                rows.add((parent, child))
        self.groups |= {parent for parent, _ in rows}
        if nested:
            self.parents |= {parent for parent, _ in rows}
        return sorted(rows)


def leave_scope(plan: Plan, connection: Connection) -> set[int]:
    """Delete what no walked group reaches; a group that an editor has chosen stays, as gone.

    Returns the groups to be linked anew.
    """
    reached = {*plan.links, *plan.failed_groups, *connection.scope_group_ids}
    for members in plan.links.values():
        reached |= {id for id, kind in members.items() if kind == "group"}
    # What is below these was not walked, or its removal waits.
    standing = connection.groups.filter(entra_id__in={*plan.failed_groups, *_held(plan, connection)})
    reached |= set(standing.values_list("entra_id", flat=True))
    below = GroupClosure.objects.filter(ancestor__in=standing.values("component"))
    reached |= set(below.values_list("descendant__entra_id", flat=True))
    outside = connection.groups.exclude(entra_id__in=reached)
    parents = set(Nesting.objects.filter(child__in=outside).values_list("parent_id", flat=True))
    left = set(outside.values_list("pk", flat=True))
    connection.groups.filter(pk__in=left, segments=None).delete()
    connection.groups.filter(pk__in=left).update(status=Group.Status.GONE)
    manage = connection.recipients.exclude(memberships=None).values("manager_entra_id")
    connection.recipients.filter(memberships=None).exclude(entra_id__in=manage).delete()
    return parents | left


def _held(plan: Plan, connection: Connection) -> set[str]:
    """Object ids at both ends of the links whose removal waits, or is not to be made."""
    kept = HeldRemoval.objects.filter(group__connection=connection, decision=HeldRemoval.Decision.KEPT)
    ids = set(plan.withheld).union(*plan.withheld.values())
    return ids.union(*kept.values_list("group__entra_id", "member_entra_id"))


def in_chunks(rows, ids: Iterable[str], **values: Any) -> None:
    for chunk in bulk.chunks(sorted(ids)):
        rows.filter(entra_id__in=chunk).update(**values)


def pks_by_id(rows, ids: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for chunk in bulk.chunks(ids):
        found |= dict(rows.filter(entra_id__in=chunk).values_list("entra_id", "pk"))
    return found


def pks(rows, ids: Iterable[str]) -> set[int]:
    return set(pks_by_id(rows, ids).values())

"""Writing: everything a run learned, the derived tables, the delta links and the run's result, in one transaction.

A crash before its end leaves the last good state, and the journal, from which the next worker applies again.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from ..models import Connection, DeltaLink, Group, GroupClosure, Membership, Nesting, Recipient, SyncRun
from . import bulk, claim, counts, derive, nesting
from .facts import GROUP_FIELDS, KINDS, PERSON_FIELDS, validity
from .plan import Plan
from .pull import Stream

PERSON_COLUMNS = (*PERSON_FIELDS, "facts_hash", "is_read", "removed_at", "mail_is_valid", "username_is_valid")
PERSON_START = {"links_due": False, "email": "", "left_out": Recipient.LeftOut.UNREAD}
GROUP_START = {
    "status": Group.Status.WAITING,
    "problem": "",
    "entra_direct": 0,
    "entra_transitive": 0,
    "people": 0,
    "recipients": 0,
}


def apply(run: SyncRun, plan: Plan, streams: dict[str, Stream], *, can_read_hidden: bool, now: datetime) -> None:
    """Write the plan. Raises ClaimLost, and writes nothing, when the run is not ours any more."""
    connection = run.connection
    with transaction.atomic():
        claim.beat(run, stage="applying")
        everybody = plan.confines or connection.derived_with != connection.option_fingerprint
        reached_before = _recipient_ids(connection, plan, everybody=everybody)
        _write_groups(plan, connection, now)
        placeholders = _write_people(plan, connection, now)
        links = _Links(plan, connection)
        links.write()
        touched_groups = links.parents | _pks(connection.groups, plan.groups)
        if plan.confines:
            touched_groups |= _leave_scope(plan, connection)
        relinked = nesting.rebuild(connection, touched_groups)
        rederived = _derive(plan, connection, placeholders)
        affected = _affected_groups(connection, links.groups | relinked, rederived)
        counts.refresh(connection, affected)
        _set_statuses(plan, connection, streams, can_read_hidden, now)
        _keep_delta_links(streams, connection, now)
        _tally(run, plan, reached_before, _recipient_ids(connection, plan, everybody=everybody))


def _write_groups(plan: Plan, connection: Connection, now: datetime) -> None:
    key = bulk.key_of(connection)
    placeholders = _unknown(connection, plan, groups=True)
    rows = (
        (key, id, *(values[name] for name in GROUP_FIELDS), True, *GROUP_START.values())
        for id, values in sorted(plan.groups.items())
    )
    columns = ("connection_id", "entra_id")
    bulk.upsert(Group, columns, (*GROUP_FIELDS, "is_read"), rows, starting=tuple(GROUP_START))
    blank = ("", "", "", False, False, False, False)
    bulk.insert(
        Group,
        (*columns, *GROUP_FIELDS, "is_read", *GROUP_START),
        ((key, id, *blank, *GROUP_START.values()) for id in sorted(placeholders)),
    )
    _in_chunks(connection.groups, plan.gone_groups, status=Group.Status.GONE, status_at=now, problem="")
    _in_chunks(connection.groups, plan.returned_groups, status=Group.Status.WAITING, status_at=now)


def _write_people(plan: Plan, connection: Connection, now: datetime) -> set[str]:
    """Returns the object ids of new placeholders."""
    key = bulk.key_of(connection)
    rows = ((key, id, *_person_row(values), *PERSON_START.values()) for id, values in sorted(plan.people.items()))
    columns = ("connection_id", "entra_id")
    bulk.upsert(Recipient, columns, PERSON_COLUMNS, rows, starting=tuple(PERSON_START))
    unknown = _unknown(connection, plan, groups=False)
    blank: dict[str, Any] = {"name": "", "mail": "", "username": "", "enabled": None, "user_type": "", "attributes": {}}
    blank |= {"manager_entra_id": "", "facts_hash": ""}
    bulk.insert(
        Recipient,
        (*columns, *PERSON_COLUMNS, *PERSON_START),
        (
            (
                key,
                id,
                *_person_row({**blank, "kind": KINDS.get(kind, Recipient.Kind.OTHER)}, False),
                *PERSON_START.values(),
            )
            for id, kind in sorted(unknown.items())
        ),
    )
    _in_chunks(connection.recipients, plan.removed_people, removed_at=now)
    _in_chunks(connection.recipients, plan.links_settled, links_due=False)
    _in_chunks(connection.recipients, plan.links_due, links_due=True)
    return set(unknown)


def _person_row(values: dict[str, Any], is_read: bool = True) -> tuple[Any, ...]:
    facts = {**values, "attributes": json.dumps(values["attributes"])}
    return (*(facts[name] for name in PERSON_FIELDS), values["facts_hash"], is_read, None, *validity(values))


def _unknown(connection: Connection, plan: Plan, *, groups: bool) -> dict[str, str]:
    """Ids named by links that no row has yet, with their kind: they get placeholders, which reach nobody."""
    named: dict[str, str] = dict.fromkeys((*plan.links, *plan.failed_groups), "group") if groups else {}
    for members in plan.links.values():
        named |= {id: kind for id, kind in members.items() if (kind == "group") == groups}
    rows = connection.groups if groups else connection.recipients
    others = connection.recipients if groups else connection.groups
    for chunk in bulk.chunks(sorted(named)):
        for known in rows.filter(entra_id__in=chunk).values_list("entra_id", flat=True):
            del named[known]
        for known in others.filter(entra_id__in=chunk).values_list("entra_id", flat=True):
            named.pop(known, None)
    return {id: kind for id, kind in named.items() if id not in plan.groups}


class _Links:
    """The plan's links, turned from object ids into rows."""

    def __init__(self, plan: Plan, connection: Connection) -> None:
        ids = {*plan.links, *plan.dropped_links}
        for members in (*plan.links.values(), *plan.dropped_links.values()):
            ids |= set(members)
        self._groups = _pks_by_id(connection.groups, ids)
        self._people = _pks_by_id(connection.recipients, ids)
        self._gone = _pks(connection.groups.filter(status=Group.Status.GONE), plan.links.keys() | plan.dropped_links)
        self._plan = plan
        self._newly_gone = _pks(connection.groups, plan.gone_groups)
        self.groups: set[int] = set()
        self.parents: set[int] = set()

    def write(self) -> None:
        """Add and drop memberships and nestings; a group that is gone leaves its parents and keeps its own."""
        added = [(group, member) for group, members in self._plan.links.items() for member in members]
        dropped = [(group, member) for group, members in self._plan.dropped_links.items() for member in members]
        bulk.delete(Membership, ("group_id", "recipient_id"), self._rows(dropped, self._people))
        bulk.delete(Nesting, ("parent_id", "child_id"), self._rows(dropped, self._groups, nested=True))
        bulk.insert(Membership, ("group_id", "recipient_id"), self._rows(added, self._people))
        bulk.insert(Nesting, ("parent_id", "child_id"), self._rows(added, self._groups, nested=True))
        for chunk in bulk.chunks(sorted(self._newly_gone)):
            leaving = Nesting.objects.filter(child__in=chunk)
            self.parents |= set(leaving.values_list("parent_id", flat=True))
            leaving.delete()

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


def _leave_scope(plan: Plan, connection: Connection) -> set[int]:
    """Delete what no walked group reaches; a group that an editor has chosen stays, as gone."""
    reached = {*plan.links, *plan.failed_groups, *connection.scope_group_ids}
    for members in plan.links.values():
        reached |= {id for id, kind in members.items() if kind == "group"}
    failed = connection.groups.filter(entra_id__in=plan.failed_groups)  # what is below them was not walked
    below_failed = GroupClosure.objects.filter(ancestor__in=failed.values("component"))
    reached |= set(below_failed.values_list("descendant__entra_id", flat=True))
    outside = connection.groups.exclude(entra_id__in=reached)
    parents = set(Nesting.objects.filter(child__in=outside).values_list("parent_id", flat=True))
    left = set(outside.values_list("pk", flat=True))
    connection.groups.filter(pk__in=left, segments=None).delete()
    connection.groups.filter(pk__in=left).update(status=Group.Status.GONE)
    connection.recipients.filter(memberships=None).delete()
    return parents - left


def _derive(plan: Plan, connection: Connection, placeholders: set[str]) -> set[int] | None:
    """Derive the written people anew, or everybody when an option has changed. Returns who, None for all."""
    if connection.derived_with != connection.option_fingerprint:
        derive.derive(connection)
        connection.derived_with = connection.option_fingerprint
        Connection.objects.filter(pk=connection.pk).update(derived_with=connection.derived_with)
        return None
    written = _pks(connection.recipients, plan.people.keys() | plan.removed_people | placeholders)
    derive.derive(connection, sorted(written))
    return written


def _affected_groups(connection: Connection, groups: set[int], people: set[int] | None) -> set[int]:
    if people is None:
        return set(connection.groups.values_list("pk", flat=True))
    direct = set(groups)
    for chunk in bulk.chunks(sorted(people)):
        direct |= set(Membership.objects.filter(recipient__in=chunk).values_list("group_id", flat=True))
    return nesting.groups_above(connection, direct)


def _set_statuses(
    plan: Plan, connection: Connection, streams: dict[str, Stream], can_read_hidden: bool, now: datetime
) -> None:
    """Each group's status; one whose status stays is not written."""
    if not plan.confines and not (streams.get("groups") and streams["groups"].is_complete):
        return
    living = connection.groups.filter(is_read=True).exclude(status=Group.Status.GONE)
    failed = dict(plan.failed_groups)
    if not can_read_hidden:
        hidden = living.filter(is_hidden=True).values_list("entra_id", flat=True)
        failed |= dict.fromkeys(hidden, "hidden_membership")
    for code in set(failed.values()):
        with_code = [id for id, its_code in failed.items() if its_code == code]
        chosen = connection.groups.filter(entra_id__in=with_code).exclude(status=Group.Status.GONE)
        chosen.exclude(status=Group.Status.ERROR, problem=code).update(
            status=Group.Status.ERROR, problem=code, status_at=now
        )
    well = living.exclude(entra_id__in=failed) if failed else living
    well.exclude(status__in=[Group.Status.SYNCED, Group.Status.HELD]).update(
        status=Group.Status.SYNCED, problem="", status_at=now
    )


def _keep_delta_links(streams: dict[str, Stream], connection: Connection, now: datetime) -> None:
    for stream in streams.values():
        if stream.is_complete:
            DeltaLink.objects.update_or_create(
                connection=connection,
                stream=stream.name,
                defaults={"link": stream.delta_link, "fingerprint": stream.fingerprint, "taken_at": now},
            )
    DeltaLink.objects.filter(connection=connection).exclude(stream__in=streams).delete()


def _recipient_ids(connection: Connection, plan: Plan, *, everybody: bool) -> set[int]:
    """Recipients among those whom the plan can change."""
    reached = derive.recipients(connection)
    if everybody:
        return set(reached.values_list("pk", flat=True))
    return _pks(reached, plan.people.keys() | plan.removed_people)


def _tally(run: SyncRun, plan: Plan, before: set[int], after: set[int]) -> None:
    run.added, run.removed = len(after - before), len(before - after)
    run.changed = max(len(plan.people) - run.added, 0)
    for name in ("users", "groups", "contacts", "memberships"):
        setattr(run, name, plan.counts.get(name, 0))


def _in_chunks(rows, ids: Iterable[str], **values: Any) -> None:
    for chunk in bulk.chunks(sorted(ids)):
        rows.filter(entra_id__in=chunk).update(**values)


def _pks_by_id(rows, ids: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for chunk in bulk.chunks(ids):
        found |= dict(rows.filter(entra_id__in=chunk).values_list("entra_id", "pk"))
    return found


def _pks(rows, ids: Iterable[str]) -> set[int]:
    return set(_pks_by_id(rows, ids).values())

"""What a run is going to write: the journal held against the rows. Nothing is written here."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ..graph.errors import GraphError
from ..models import Connection, Group, HeldRemoval, Membership, Nesting, Recipient, SyncRun
from . import bulk, facts, journal
from .merge import Seen, merged
from .pull import Stream

Pairs = dict[str, set[str]]  # group's object id → object ids of members


@dataclass
class Plan:
    """Changes by object id; `apply` turns ids into rows.

    `missing_*` and `unshown_links` are absences in a full round. They only nominate: `confirm` asks Graph
    about each before it becomes a loss. `confines`: whatever no walked group reaches is not to be kept.
    `withheld` are removals that the guard took out of `dropped_links`; `shown_again` are links whose removal
    was held and which Entra has after all. `problem`: what has to be mended in Entra, though the rest was read.
    """

    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    removed_people: set[str] = field(default_factory=set)
    arrivals: set[str] = field(default_factory=set)
    links_due: set[str] = field(default_factory=set)
    links_settled: set[str] = field(default_factory=set)
    missing_people: dict[str, str] = field(default_factory=dict)

    groups: dict[str, dict[str, Any]] = field(default_factory=dict)
    gone_groups: set[str] = field(default_factory=set)
    returned_groups: set[str] = field(default_factory=set)
    missing_groups: set[str] = field(default_factory=set)
    failed_groups: dict[str, str] = field(default_factory=dict)

    links: dict[str, dict[str, str]] = field(default_factory=dict)
    dropped_links: Pairs = field(default_factory=dict)
    unshown_links: Pairs = field(default_factory=dict)
    confines: bool = False
    problem: GraphError | None = None

    reread_groups: set[str] = field(default_factory=set)
    shown_again: set[tuple[str, str]] = field(default_factory=set)
    withheld: Pairs = field(default_factory=dict)
    held_groups: set[str] = field(default_factory=set)

    counts: dict[str, int] = field(default_factory=dict)

    def drop(self, group: str, member: str) -> None:
        self.dropped_links.setdefault(group, set()).add(member)


def plan_directory(run: SyncRun, streams: dict[str, Stream]) -> Plan:
    """Plan the complete streams of a run over the whole directory; a failed one changes nothing."""
    plan = Plan()
    approved = run.connection.approved_attributes()
    for name, kind in (("users", Recipient.Kind.USER), ("contacts", Recipient.Kind.CONTACT)):
        stream = streams.get(name)
        if stream and stream.is_complete:
            seen = merged(journal.items(run, name), is_full=stream.is_full)
            plan.counts[name] = sum(not entry.removed for entry in seen.values())
            plan_people(plan, run.connection, seen, kind, approved)
            if stream.is_full:
                nominate_people(plan, run.connection, seen, kind)
    stream = streams.get("groups")
    if stream and stream.is_complete:
        seen = merged(journal.items(run, "groups"), is_full=stream.is_full)
        plan.counts["groups"] = sum(not entry.removed for entry in seen.values())
        plan.counts["memberships"] = sum(len(entry.links) for entry in seen.values())
        plan_groups(plan, run.connection, seen)
        plan_links(plan, seen)
        _notice_shown_again(plan, run.connection, seen)
        if stream.is_full:
            nominate_links(plan, run.connection, seen)
    _prefer_present(plan)
    _expect_arrivals(plan, run.connection, stream if stream and stream.is_complete else None)
    return plan


def plan_people(plan: Plan, connection: Connection, seen: dict[str, Seen], kind: str, approved: list[str]) -> None:
    """Rows to write and people who left, out of what a round said of users or of contacts."""
    rows = rows_by_id(connection.recipients, seen, (*facts.PERSON_FIELDS, "facts_hash", "is_read", "removed_at"))
    for ids, known in rows:
        for entra_id in ids:
            entry, row = seen[entra_id], known.get(entra_id)
            if entry.removed:
                # Also somebody unknown: a link to a person who came and left may still be announced.
                if row is None or row["removed_at"] is None:
                    plan.removed_people.add(entra_id)
                continue
            is_present = row is not None and row["is_read"] and row["removed_at"] is None
            if not is_present and not entry.properties:
                continue  # an id alone: whoever it is has not been read yet
            values = facts.person(entry, kind, row if is_present else None, approved)
            values["facts_hash"] = facts.facts_hash(values)
            if not is_present:
                plan.arrivals.add(entra_id)
            elif row and row["facts_hash"] == values["facts_hash"]:
                continue
            plan.people[entra_id] = values


def nominate_people(plan: Plan, connection: Connection, seen: dict[str, Seen], kind: str) -> None:
    """Who is in our rows and was not shown by a full round."""
    present = connection.recipients.filter(kind=kind, is_read=True, removed_at=None)
    for entra_id in present.values_list("entra_id", flat=True).iterator(5_000):
        if entra_id not in seen:
            plan.missing_people[entra_id] = kind


def plan_groups(plan: Plan, connection: Connection, seen: dict[str, Seen]) -> None:
    """Groups to write, gone, or back again."""
    for ids, known in rows_by_id(connection.groups, seen, (*facts.GROUP_FIELDS, "is_read", "status")):
        for entra_id in ids:
            entry, row = seen[entra_id], known.get(entra_id)
            if entry.removed:
                if row and row["status"] != Group.Status.GONE:
                    plan.gone_groups.add(entra_id)
                continue
            is_back = row is not None and row["status"] == Group.Status.GONE
            is_present = row is not None and row["is_read"] and not is_back
            if not is_present and not entry.properties:
                continue  # an id alone: its links make a placeholder of it
            values = facts.group(entry, row if is_present else None)
            if is_back:
                plan.returned_groups.add(entra_id)
            if row is None or not is_present or any(row[name] != values[name] for name in facts.GROUP_FIELDS):
                plan.groups[entra_id] = values


def plan_links(plan: Plan, seen: dict[str, Seen]) -> None:
    """Links that a round named, added or taken away."""
    for group, entry in seen.items():
        if entry.removed:
            continue
        for member, kind in entry.links.items():
            if kind is None:
                plan.drop(group, member)
            else:
                plan.links.setdefault(group, {})[member] = kind


def _notice_shown_again(plan: Plan, connection: Connection, seen: dict[str, Seen]) -> None:
    held = HeldRemoval.objects.filter(group__connection=connection)
    for group, member in held.values_list("group__entra_id", "member_entra_id"):
        if group in seen and seen[group].links.get(member) is not None:
            plan.shown_again.add((group, member))


def nominate_links(plan: Plan, connection: Connection, seen: dict[str, Seen]) -> None:
    """Links of ours that a full round did not show, and groups that it did not show.

    Links of removed people are not expected: Entra keeps them and does not show them; those of somebody who is
    back are. Links that we have already leave the plan, so that only new ones are written.
    """
    present = connection.groups.filter(is_read=True).exclude(status=Group.Status.GONE)
    for entra_id in present.values_list("entra_id", flat=True):
        if entra_id not in seen:
            plan.missing_groups.add(entra_id)
    for group, member in kept_links(connection, plan.arrivals):
        entry = seen.get(group)
        if entry is None or entry.removed:
            continue
        if entry.links.get(member) is None:
            plan.unshown_links.setdefault(group, set()).add(member)
        else:
            plan.links[group].pop(member, None)


def kept_links(connection: Connection, arrivals: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Our links of living groups with living members and those who have just come back, as object ids."""
    people = Membership.objects.filter(group__connection=connection).exclude(group__status=Group.Status.GONE)
    nested = Nesting.objects.filter(parent__connection=connection).exclude(parent__status=Group.Status.GONE)
    by_id = people.values_list("group__entra_id", "recipient__entra_id")
    yield from by_id.filter(recipient__removed_at=None).iterator(10_000)
    for chunk in bulk.chunks(sorted(arrivals)):
        yield from by_id.filter(recipient__removed_at__isnull=False, recipient__entra_id__in=chunk)
    yield from nested.values_list("parent__entra_id", "child__entra_id").iterator(10_000)


def rows_by_id(rows, ids: Iterable[str], columns: tuple[str, ...]) -> Iterator[tuple[list[str], dict[str, dict]]]:
    """The ids in chunks, each with the rows that exist, by object id."""
    for chunk in bulk.chunks(ids, 2_000):
        found = rows.filter(entra_id__in=chunk).values("entra_id", *columns)
        yield chunk, {row["entra_id"]: row for row in found}


def _prefer_present(plan: Plan) -> None:
    """Somebody who left one stream and is shown by the other, a contact who became a user, is there."""
    plan.removed_people -= plan.people.keys()
    for entra_id in plan.missing_people.keys() & plan.people.keys():
        del plan.missing_people[entra_id]


def _expect_arrivals(plan: Plan, connection: Connection, groups: Stream | None) -> None:
    """Whose direct groups have to be asked for. `groups`: the stream, None when it could not be read.

    A restored user comes as if new and groups/delta does not announce his links again (delta-query-groups).
    A full round shows them, so then nobody has to be asked for; without a round it is asked another time.
    """
    users = {id for id in plan.arrivals if plan.people[id]["kind"] == Recipient.Kind.USER}
    waiting = connection.recipients.filter(links_due=True, removed_at=None)
    due = (users | set(waiting.values_list("entra_id", flat=True))) - plan.removed_people
    plan.arrivals = set()
    if groups is None:
        plan.links_due = due
    elif groups.is_full:
        plan.links_settled = due
    else:
        plan.arrivals = due

"""What a run is going to write: the journal held against the rows. Nothing is written here."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ..graph.errors import GraphError
from ..models import Connection, Group, HeldRemoval, Recipient, StagedPerson, SyncRun
from . import bulk, compare, facts, journal
from .merge import Seen, merged
from .pull import Stream
from .staging import KINDS, PERSON, Staging

Pairs = dict[str, set[str]]  # group's object id → object ids of members


@dataclass
class Plan:
    """Changes by object id; `apply` turns ids into rows.

    `missing_*` and `unshown_links` are absences in a full round. They only nominate: `confirm` asks Graph
    about each before it becomes a loss. `confines`: whatever no walked group reaches is not to be kept.
    `withheld` are removals that the guard took out of `dropped_links`; `shown_again` are links whose removal
    was held and which Entra has after all. `problem`: what has to be mended in Entra, though the rest was read.
    `staging`: people and links of full rounds, which are too many to stand here; `states`: what its people mean for
    our rows, counted. `unread_groups` are to be read anew. `named`: kinds of those whom only its links name;
    `reserved`: the same, with the row id that they are to have.
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
    unread_groups: set[str] = field(default_factory=set)

    links: dict[str, dict[str, str]] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)
    reserved: list[tuple[str, str, int]] = field(default_factory=list)
    dropped_links: Pairs = field(default_factory=dict)
    unshown_links: Pairs = field(default_factory=dict)
    confines: bool = False
    problem: GraphError | None = None
    staging: Staging | None = None
    states: dict[str, dict[str, int]] = field(default_factory=dict)

    reread_groups: set[str] = field(default_factory=set)
    shown_again: set[tuple[str, str]] = field(default_factory=set)
    withheld: Pairs = field(default_factory=dict)
    held_groups: set[str] = field(default_factory=set)

    counts: dict[str, int] = field(default_factory=dict)

    def drop(self, group: str, member: str) -> None:
        self.dropped_links.setdefault(group, set()).add(member)

    def touched(self) -> set[str]:
        """Object ids of everybody who is written, removed, or put into or taken out of a group; and of groups."""
        return {*self.people, *self.removed_people}.union(*self.links.values(), *self.dropped_links.values())


def plan_directory(run: SyncRun, streams: dict[str, Stream], staging: Staging) -> Plan:
    """Plan the complete streams of a run over the whole directory; a failed one changes nothing."""
    plan = Plan(staging=staging) if staging.streams else Plan()
    if plan.staging:
        compare.prepare(staging)
        plan.states = compare.count_states()
    for name in KINDS:
        stream = streams.get(name)
        if stream and stream.is_complete:
            (_plan_full_people if stream.is_full else _plan_changed_people)(plan, run, name)
    groups = streams.get("groups")
    if groups and groups.is_complete:
        if groups.is_full:
            _plan_full_groups(plan, run, staging)
        else:
            _plan_changed_groups(plan, run)
    _prefer_present(plan)
    _expect_arrivals(plan, run.connection, groups if groups and groups.is_complete else None)
    return plan


def _plan_changed_people(plan: Plan, run: SyncRun, stream: str) -> None:
    seen = merged(journal.items(run, stream), is_full=False)
    plan.counts[stream] = sum(not entry.removed for entry in seen.values())
    plan_people(plan, run.connection, seen, KINDS[stream], run.connection.approved_attributes())


def _plan_full_people(plan: Plan, run: SyncRun, stream: str) -> None:
    """Who is written stands in the staging; who is gone or was not shown is planned here."""
    states = plan.states.get(stream, {})
    plan.counts[stream] = sum(states.get(state, 0) for state in compare.PRESENT)
    if states.get(StagedPerson.State.REMOVED):
        plan.removed_people |= set(compare.people_removed(stream))
    plan.missing_people |= dict.fromkeys(compare.people_not_shown(run.connection, stream), KINDS[stream])


def _plan_changed_groups(plan: Plan, run: SyncRun) -> None:
    seen = merged(journal.items(run, "groups"), is_full=False)
    plan.counts["groups"] = sum(not entry.removed for entry in seen.values())
    plan.counts["memberships"] = sum(len(entry.links) for entry in seen.values())
    plan_groups(plan, run.connection, seen)
    plan_links(plan, seen)
    for group, member in _held_links(run.connection):
        if group in seen and seen[group].links.get(member) is not None:
            plan.shown_again.add((group, member))


def _plan_full_groups(plan: Plan, run: SyncRun, staging: Staging) -> None:
    """New links stand in the staging; those that are gone or were not shown are planned here."""
    seen = staging.groups
    for entry in seen.values():
        entry.afresh = entry.afresh and bool(entry.properties)
    plan.counts["groups"] = sum(not entry.removed for entry in seen.values())
    plan.counts["memberships"] = compare.count_links() + staging.ahead.links
    plan_groups(plan, run.connection, seen)
    present = run.connection.groups.filter(is_read=True).exclude(status=Group.Status.GONE)
    plan.missing_groups |= set(present.values_list("entra_id", flat=True)) - seen.keys()
    compare.forget_links(groups=[id for id, entry in seen.items() if entry.removed])
    for group, member in compare.links_dropped():
        plan.drop(group, member)
    plan.shown_again |= {link for link in _held_links(run.connection) if compare.is_shown(*link)}
    for group, member in compare.links_not_shown(staging, plan.arrivals):
        plan.unshown_links.setdefault(group, set()).add(member)
    compare.forget_known_links(staging)
    living = {id: code for id, code in staging.failed.items() if id in seen and not seen[id].removed}
    compare.forget_links(groups=living)  # half a group says nothing
    plan.failed_groups |= living
    plan.unread_groups |= living.keys()
    plan.named = compare.ids_without_rows(staging)
    plan.reserved = compare.ids_written_ahead()
    staging.groups = {}  # all that matters of them is in the plan now


def plan_people(plan: Plan, connection: Connection, seen: dict[str, Seen], kind: str, approved: list[str]) -> None:
    """Rows to write and people who left, out of what a round said of users or of contacts."""
    for ids, known in bulk.rows_by_id(connection.recipients.all(), seen, PERSON):
        for entra_id in ids:
            state, values = facts.person_state(seen[entra_id], kind, known.get(entra_id), approved)
            if state == StagedPerson.State.REMOVED:
                plan.removed_people.add(entra_id)
            if state == StagedPerson.State.ARRIVED:
                plan.arrivals.add(entra_id)
            if values:
                plan.people[entra_id] = values


def plan_groups(plan: Plan, connection: Connection, seen: dict[str, Seen]) -> None:
    """Groups to write, gone, or back again."""
    for ids, known in bulk.rows_by_id(connection.groups.all(), seen, (*facts.GROUP_FIELDS, "is_read", "status")):
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


def _held_links(connection: Connection) -> Iterator[tuple[str, str]]:
    held = HeldRemoval.objects.filter(group__connection=connection)
    yield from held.values_list("group__entra_id", "member_entra_id")


def _prefer_present(plan: Plan) -> None:
    """Somebody who left one stream and is shown by the other, a contact who became a user, is there."""
    present = set(plan.people)
    if plan.staging:
        present |= compare.people_present(plan.removed_people | plan.missing_people.keys())
    plan.removed_people -= present
    for entra_id in plan.missing_people.keys() & present:
        del plan.missing_people[entra_id]


def _expect_arrivals(plan: Plan, connection: Connection, groups: Stream | None) -> None:
    """Whose direct groups have to be asked for. `groups`: the stream, None when it could not be read.

    A restored user comes as if new and groups/delta does not announce his links again (delta-query-groups).
    A full round shows them, so then nobody has to be asked for; without a round it is asked another time.
    """
    due = {id for id in plan.arrivals if plan.people[id]["kind"] == Recipient.Kind.USER}
    plan.arrivals = set()
    waiting = connection.recipients.filter(links_due=True)
    if groups and groups.is_full:
        plan.links_settled = due.union(waiting.values_list("entra_id", flat=True))
        return
    due.update(waiting.filter(removed_at=None).values_list("entra_id", flat=True))
    if plan.staging:
        due.update(compare.people_arrived(connection, "users"))
    if groups:
        plan.arrivals = due - plan.removed_people
    else:
        plan.links_due = due - plan.removed_people

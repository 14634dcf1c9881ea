"""Writing: everything a run learned, the derived tables, the delta links and the run's result, in one transaction.

A crash before its end leaves the last good state, and the journal, from which the next worker applies again.
"""

from datetime import datetime

from django.db import transaction

from ..models import Connection, DeltaLink, Group, Membership, Nesting, SyncRun
from . import bulk, claim, compare, counts, derive, history, judge, nesting
from .plan import Plan
from .pull import Stream
from .write import Links, forget_unread_groups, in_chunks, leave_scope, pks, write_groups, write_people


def apply(run: SyncRun, plan: Plan, streams: dict[str, Stream], *, can_read_hidden: bool, now: datetime) -> None:
    """Write the plan. Raises ClaimLost, or TooManyLeave when the guard holds the run, and then writes nothing."""
    connection = run.connection
    with transaction.atomic():
        claim.beat(run, stage="applying")
        counts.alone(connection)
        _leave_parents(plan, connection)
        judge.merge_decisions(plan, connection)
        rederives = connection.derived_with != connection.option_fingerprint
        all_anew = rederives or plan.staging is not None
        watch = judge.Watch(run, plan, everybody=plan.confines or all_anew)
        relieved = watch.make_accepted_removals()
        difference = counts.Difference(connection, () if all_anew else plan.touched())
        affected = _write_guarded(plan, connection, watch, now, rederives=rederives)
        affected |= nesting.groups_above(connection, relieved)
        counts.note_changed(connection, affected)
        difference.write(but=affected)
        run.held = judge.keep_withheld(plan, connection)
        _set_statuses(plan, connection, streams, can_read_hidden, now)
        _keep_delta_links(streams, connection, now)
        _tally(run, plan, watch)
        history.keep(run, watch)
        watch.forget()


def _write_guarded(
    plan: Plan, connection: Connection, watch: judge.Watch, now: datetime, *, rederives: bool
) -> set[int]:
    """Write, look who was lost, and write again without the removals that have to wait.

    Returns the groups that have to be counted anew. Ends, since each turn either withholds removals or lets
    a group pass that has none to withhold.
    """
    while True:
        try:
            with transaction.atomic():
                affected = _write(plan, connection, now, rederives=rederives)
                watch.compare()
                if watch.tripped:
                    raise _Again
                return affected
        except _Again:
            for group in watch.tripped:
                if judge.withhold(plan, group):
                    plan.held_groups.add(group.entra_id)
                else:
                    watch.let_pass(group)


class _Again(Exception):
    """Leaves what was written, to be written with less."""


def _write(plan: Plan, connection: Connection, now: datetime, *, rederives: bool) -> set[int]:
    write_groups(plan, connection, now)
    placeholders = write_people(plan, connection, now)
    links = Links(plan, connection)
    links.write()
    touched_groups = links.parents | pks(connection.groups, plan.groups)
    if plan.confines:
        touched_groups |= leave_scope(plan, connection)
    relinked = nesting.rebuild(connection, touched_groups)
    forget_unread_groups(plan, connection)
    if rederives:
        connection.derived_with = connection.option_fingerprint  # written when the run ends
        is_first = plan.staging is not None and not plan.staging.has_rows  # whose people the staging has derived
        derive.derive(connection, sorted(pks(connection.recipients, placeholders)) if is_first else None)
        return set(connection.groups.values_list("pk", flat=True))
    people = pks(connection.recipients, {*plan.people, *plan.removed_people, *placeholders})
    derive.derive(connection, sorted(people))
    if plan.staging:
        return _affected_groups(connection, links.groups | relinked | compare.groups_of_written(connection), people)
    return relinked


def _leave_parents(plan: Plan, connection: Connection) -> None:
    """A group that is gone leaves the groups that contained it, by removals like any other."""
    for chunk in bulk.chunks(sorted(plan.gone_groups)):
        leaving = Nesting.objects.filter(child__connection=connection, child__entra_id__in=chunk)
        for parent, child in leaving.values_list("parent__entra_id", "child__entra_id"):
            plan.links.get(parent, {}).pop(child, None)
            plan.drop(parent, child)
    for members in plan.links.values():
        for child in plan.gone_groups & members.keys():
            del members[child]
    if plan.staging:
        compare.forget_links(members=plan.gone_groups)


def _affected_groups(connection: Connection, groups: set[int], people: set[int]) -> set[int]:
    direct = set(groups)
    for chunk in bulk.chunks(sorted(people)):
        direct |= set(Membership.objects.filter(recipient__in=chunk).values_list("group_id", flat=True))
    return nesting.groups_above(connection, direct)


def _set_statuses(
    plan: Plan, connection: Connection, streams: dict[str, Stream], can_read_hidden: bool, now: datetime
) -> None:
    """Each group's status; one whose status stays is not written."""
    groups = streams.get("groups")
    if not plan.confines and not (groups and groups.is_complete):
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
    held = well.filter(entra_id__in=plan.held_groups)
    held.exclude(status=Group.Status.HELD).update(status=Group.Status.HELD, problem="held_links", status_at=now)
    well.exclude(status=Group.Status.SYNCED).exclude(entra_id__in=plan.held_groups).update(
        status=Group.Status.SYNCED, problem="", status_at=now
    )
    in_chunks(connection.groups, plan.reread_groups - failed.keys(), reread_due=False)
    in_chunks(connection.groups, plan.unread_groups, reread_due=True)


def _keep_delta_links(streams: dict[str, Stream], connection: Connection, now: datetime) -> None:
    kept = [
        DeltaLink(
            connection=connection,
            stream=stream.name,
            link=stream.delta_link,
            fingerprint=stream.fingerprint,
            taken_at=now,
        )
        for stream in streams.values()
        if stream.is_complete
    ]
    DeltaLink.objects.bulk_create(
        kept,
        update_conflicts=True,
        unique_fields=("connection", "stream"),
        update_fields=("link", "fingerprint", "taken_at"),
    )
    DeltaLink.objects.filter(connection=connection).exclude(stream__in=streams).delete()


def _tally(run: SyncRun, plan: Plan, watch: judge.Watch) -> None:
    run.added, run.removed = watch.gained.count, len(watch.lost)
    staged = sum(states.get(state, 0) for states in plan.states.values() for state in compare.WRITTEN)
    written = len(plan.people) + staged
    run.changed = max(written - run.added, 0)
    for name in ("users", "groups", "contacts", "memberships"):
        setattr(run, name, plan.counts.get(name, 0))

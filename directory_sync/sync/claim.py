"""Who works on a run. The conditional UPDATE is the lock; `attempt` tells a live worker from one thought dead."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Case, F, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from ..models import Connection, SyncRun
from . import schedule, worker

RESULT = (
    *("state", "finished_at", "stage", "problem", "problem_subject", "request_id"),
    *("requests", "users", "groups", "contacts", "memberships", "added", "changed", "removed", "held", "peak_rss_mib"),
    "losses",
)
ACCEPTED_AGAIN = Case(When(state=Connection.State.QUARANTINED, then=Value(Connection.State.ACTIVE)), default=F("state"))


class ClaimLost(Exception):
    """Another worker has the run now, or it is over: nothing more may be written for it."""


def claim_next(now: datetime | None = None) -> SyncRun | None:
    """Take the run that has waited longest: a parked or abandoned one, or a new one of a due connection."""
    now = now or timezone.now()
    # By how long each waits: a huge directory that parks again and again must not delay the small ones.
    candidates: list[tuple[datetime, SyncRun | Connection]] = [
        *((run.heartbeat_at or run.created_at, run) for run in schedule.waiting_runs(now)[:20]),
        *((connection.due_at or now, connection) for connection in Connection.objects.due(now)[:20]),
    ]
    for _, found in sorted(candidates, key=lambda candidate: candidate[0]):
        if isinstance(found, SyncRun):
            if claim(found, now):
                return found
        elif run := begin(found, found.due_trigger, now, only_if_due=True):
            return run
    return None


def queue(connection: Connection, trigger: str, *, releases: SyncRun | None = None) -> SyncRun | None:
    """Create a run for the next free worker; None when the connection has an active one."""
    try:
        with transaction.atomic():
            return SyncRun.objects.create(connection=connection, trigger=trigger, releases=releases)
    except IntegrityError:
        return None


def claim(run: SyncRun, now: datetime | None = None) -> bool:
    """Take this run unless somebody else is at work on it. Raises its `attempt`."""
    now = now or timezone.now()
    mine = schedule.waiting_runs(now).order_by().filter(pk=run.pk, attempt=run.attempt)
    taken = {"state": SyncRun.State.RUNNING, "attempt": F("attempt") + 1, "heartbeat_at": now, "worker": worker.name()}
    if not mine.update(**taken):
        return False
    run.refresh_from_db()
    SyncRun.objects.filter(pk=run.pk, started_at=None).update(started_at=now)
    run.started_at = run.started_at or now
    return True


def begin(
    connection: Connection, trigger: str, now: datetime | None = None, *, full: bool = False, only_if_due: bool = False
) -> SyncRun | None:
    """Create and claim a run, and set the clock to the next night.

    None when the connection has an active run, has been disconnected, or is not due any more.
    """
    now = now or timezone.now()
    full = full or _is_full(connection, trigger, now)
    startable = Connection.objects.due(now) if only_if_due else Connection.objects.live()
    clock = {"due_at": schedule.next_midnight(now, connection.cadence), "due_trigger": SyncRun.Trigger.SCHEDULE}
    try:
        with transaction.atomic():
            if not startable.filter(pk=connection.pk).update(**clock):
                return None
            run = SyncRun.objects.create(
                connection=connection,
                trigger=trigger if trigger in SyncRun.Trigger.values else SyncRun.Trigger.MANUAL,
                kind=SyncRun.Kind.FULL if full else SyncRun.Kind.INCREMENTAL,
                state=SyncRun.State.RUNNING,
                attempt=1,
                started_at=now,
                heartbeat_at=now,
                worker=worker.name(),
            )
    except IntegrityError:
        return None
    return run


def _is_full(connection: Connection, trigger: str, now: datetime) -> bool:
    """Whether what sets the run off asks for everything anew; a retry asks for what failed."""
    if trigger == SyncRun.Trigger.SCHEDULE:
        return schedule.is_full_night(connection, now)
    if trigger == SyncRun.Trigger.RETRY:
        return connection.runs.values_list("kind", flat=True).first() == SyncRun.Kind.FULL
    return trigger == schedule.FULL_RESYNC


def beat(run: SyncRun, **changes) -> None:
    """Show that the worker lives, and write `changes` to the run. Raises ClaimLost when it is no longer ours."""
    held = SyncRun.objects.filter(pk=run.pk, attempt=run.attempt, state=SyncRun.State.RUNNING)
    if not held.update(heartbeat_at=timezone.now(), **changes):
        raise ClaimLost(f"Run {run.pk}, attempt {run.attempt}")


def park(run: SyncRun) -> None:
    """Leave the run to the next free worker, with what it has read."""
    beat(run, state=SyncRun.State.QUEUED, requests=run.requests)


def finish(run: SyncRun, state: str, *, now: datetime | None = None, error: Exception | None = None) -> None:
    """End the run with its counts, and say so on the connection. Raises ClaimLost when it is not ours.

    `error`: what stopped it, or a part of it; its code, subject and Microsoft's request id are kept.
    """
    now = now or timezone.now()
    run.state, run.finished_at, run.stage = state, now, ""
    run.problem = str(getattr(error, "code", None) or "defect")[:60] if error else ""
    run.problem_subject = str(getattr(error, "subject", ""))[:200]
    run.request_id = str(getattr(error, "request_id", ""))[:80]
    beat(run, **{name: getattr(run, name) for name in RESULT})
    standing: dict[str, Any] = {}
    if state in (SyncRun.State.FAILED, SyncRun.State.PARTIAL):
        standing = {"failures": F("failures") + 1, "failing_since": Coalesce("failing_since", Value(now))}
    if state == SyncRun.State.SUCCEEDED:
        standing = {"failures": 0, "failing_since": None}
    if state in (SyncRun.State.SUCCEEDED, SyncRun.State.PARTIAL):
        standing |= {"synced_at": now, "state": ACCEPTED_AGAIN, "derived_with": run.connection.derived_with}
    if state != SyncRun.State.FAILED:
        earlier = SyncRun.objects.filter(connection=run.connection_id, state=SyncRun.State.HELD).exclude(pk=run.pk)
        earlier.update(state=SyncRun.State.SUPERSEDED)
    connection = Connection.objects.filter(pk=run.connection_id)
    connection.update(problem=run.problem, problem_subject=run.problem_subject, **standing)

"""When a connection is due. `Connection.due_at` is the one clock; everything here is a way to compute it."""

import sys
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from ..models import Connection, SyncRun
from . import worker

MONDAY = 0
FULL_RESYNC = "full"  # as a trigger: a manual run that reads everything anew
FULL_ROUND_EVERY = 7  # nights; delta links live no longer
FIRST_RETRY = timedelta(minutes=15)
LONGEST_RETRY = timedelta(hours=6)
QUARANTINE = (timedelta(hours=6), timedelta(hours=12), timedelta(hours=24))  # the last one over and over
STALE_AFTER = timedelta(seconds=settings.SYNC_STALE_AFTER)


def next_midnight(after: datetime, cadence: str = Connection.Cadence.NIGHTLY) -> datetime:
    """The first midnight of SYNC_TIME_ZONE (on a Monday, for weekly) after the given moment, in UTC.

    Computed on the calendar and not by adding 24 hours, so it stays midnight through both clock changes.
    """
    zone = ZoneInfo(settings.SYNC_TIME_ZONE)
    day = after.astimezone(zone).date() + timedelta(days=1)
    while cadence == Connection.Cadence.WEEKLY and day.weekday() != MONDAY:
        day += timedelta(days=1)
    return datetime.combine(day, time(), tzinfo=zone).astimezone(ZoneInfo("UTC"))


def retry_at(failures: int, now: datetime) -> datetime:
    """When to try again after so many failures in a row: 15 minutes, doubled each time, at most 6 hours."""
    return now + min(FIRST_RETRY * 2 ** min(max(failures - 1, 0), 10), LONGEST_RETRY)


def retry(connection_id: UUID, now: datetime) -> None:
    """Make the connection due again by its failures in a row, unless it is due sooner anyway."""
    again = retry_at(Connection.objects.get(pk=connection_id).failures, now)
    later = Connection.objects.filter(pk=connection_id, due_at__gt=again)
    later.update(due_at=again, due_trigger=SyncRun.Trigger.RETRY)


def quarantine(connection_id: UUID, now: datetime) -> None:
    """Entra refuses the credentials: ask less and less often, until a run succeeds."""
    failures = Connection.objects.values_list("failures", flat=True).get(pk=connection_id)
    again = now + QUARANTINE[min(max(failures, 1), len(QUARANTINE)) - 1]
    live = Connection.objects.filter(
        pk=connection_id, state__in=[Connection.State.ACTIVE, Connection.State.QUARANTINED]
    )
    live.update(state=Connection.State.QUARANTINED, due_at=again, due_trigger=SyncRun.Trigger.RETRY)


def sync_now(connection: Connection, trigger: str = SyncRun.Trigger.MANUAL, now: datetime | None = None) -> bool:
    """Make the connection due; a run that is under way is followed by another. False when it can't sync."""
    live = Connection.objects.filter(
        pk=connection.pk, state__in=[Connection.State.ACTIVE, Connection.State.QUARANTINED]
    )
    return bool(live.update(due_at=now or timezone.now(), due_trigger=trigger))


def is_full_night(connection: Connection, now: datetime) -> bool:
    """Whether this is the connection's night for a full round: spread over the week by its id; for weekly, each."""
    if connection.cadence == Connection.Cadence.WEEKLY:
        return True
    tonight = now.astimezone(ZoneInfo(settings.SYNC_TIME_ZONE)).date().toordinal()
    return tonight % FULL_ROUND_EVERY == connection.pk.int % FULL_ROUND_EVERY


def waiting_runs(now: datetime):
    """Runs that a worker may take: parked ones, and those whose worker has fallen silent."""
    running = SyncRun.objects.filter(state=SyncRun.State.RUNNING)
    gone = [name for name in running.values_list("worker", flat=True).order_by().distinct() if worker.is_gone(name)]
    silent = Q(state=SyncRun.State.RUNNING) & (Q(heartbeat_at__lt=now - STALE_AFTER) | Q(worker__in=gone))
    return SyncRun.objects.filter(Q(state=SyncRun.State.QUEUED) | silent).order_by("created_at")


def due_count(now: datetime, most: int | None = None) -> int:
    """How many runs could start right now; with `most`, no more are counted than it takes to know."""
    due = Connection.objects.due(now).values("pk")[:most].count()
    return min(due + waiting_runs(now).values("pk")[:most].count(), most or sys.maxsize)

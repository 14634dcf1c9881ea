"""What the queue calls. Arguments are ids and nothing else, and nothing is retried here."""

import logging
from time import monotonic
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django_q.brokers import get_broker
from django_q.tasks import async_task

from . import notify, watchdog
from . import purge as purging
from .models import Connection
from .sync import claim, schedule
from .sync.perform import perform

log = logging.getLogger(__name__)

NOTHING_DUE = "nothing due"
MARGIN = 0.8  # of the time-out, after which a run parks itself
SLICE = 10.0  # seconds after which a job begins no further run: a cluster that is told to stop waits for its jobs
MOST_JOBS = 10  # on the queue at a time; each that has used up its slice sees to the next
PROBING = 2.0  # seconds for which what somebody waits for may have to wait


def work_off() -> int:
    """Do due runs, always the one that has waited longest, for a while; returns how many.

    Harmless when there is none. What is then still due goes to whoever is free.
    """
    started, done = monotonic(), 0
    while run_next_due(started) != NOTHING_DUE:
        done += 1
        if monotonic() > started + SLICE:
            dispatch()
            break
    return done


def run_next_due(started: float | None = None) -> str:
    """Do the next due run, whichever it is; harmless when there is none.

    `started`: when the job began, as a `time.monotonic()` value.
    """
    run = claim.claim_next()
    if run is None:
        return NOTHING_DUE
    perform(run, deadline=(started or monotonic()) + MARGIN * settings.SYNC_TIMEOUT)
    notify.after_run(run)
    return run.state


def probe_credentials(after: UUID | None = None) -> int:
    """Probe live credentials for a while, and queue itself for those that are left; returns how many were probed.

    In small pieces, since live checks wait in the same queue.
    """
    live = Connection.objects.filter(state=Connection.State.ACTIVE).order_by("pk")
    left = list((live.filter(pk__gt=after) if after else live).values_list("pk", flat=True))
    started = monotonic()
    for probed, pk in enumerate(left, 1):
        try:
            probe_credential(pk)
        except Exception:  # whatever is wrong with one, the others are probed
            log.exception("the credential of connection %s could not be probed", pk)
        if probed < len(left) and monotonic() > started + PROBING:
            async_task(probe_credentials, pk, cluster="now")
            return probed
    return len(left)


def probe_credential(connection_id: UUID) -> bool:
    """Ask Entra whether it still takes this connection's secret."""
    connection = Connection.objects.filter(pk=connection_id, state=Connection.State.ACTIVE).first()
    return connection is not None and watchdog.probe_credential(connection)


def notice_missed_nights() -> int:
    """Tell support when runs that are due are not done."""
    return watchdog.tell_of_late_runs(timezone.now())


def purge() -> dict[str, int]:
    """Delete what is past its time."""
    return purging.purge(timezone.now())


def dispatch() -> int:
    """Put a job on the queue for each due run that has none yet, but only a few at a time. Called every minute."""
    broker = get_broker(settings.Q_CLUSTER["name"])
    missing = schedule.due_count(timezone.now(), MOST_JOBS) - broker.queue_size()
    for _ in range(missing):
        async_task(work_off, cluster=settings.Q_CLUSTER["name"], broker=broker)
    return max(missing, 0)

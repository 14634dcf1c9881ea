"""What the queue calls. Arguments are ids and nothing else, and nothing is retried here."""

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

MARGIN = 0.8  # of the time-out, after which a run parks itself


def run_next_due() -> str:
    """Do the next due run, whichever it is; harmless when there is none."""
    run = claim.claim_next()
    if run is None:
        return "nothing due"
    perform(run, deadline=monotonic() + MARGIN * settings.SYNC_TIMEOUT)
    notify.after_run(run)
    return run.state


def probe_credentials() -> int:
    """Queue a probe of every live credential, each a job of its own; returns how many."""
    live = Connection.objects.filter(state=Connection.State.ACTIVE).values_list("pk", flat=True)
    for pk in live:
        async_task(probe_credential, pk, cluster="now")
    return len(live)


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
    """Put as many jobs on the queue as runs are due and not queued for yet. Called every minute."""
    broker = get_broker(settings.Q_CLUSTER["name"])
    missing = schedule.due_count(timezone.now()) - broker.queue_size()
    for _ in range(missing):
        async_task(run_next_due, cluster=settings.Q_CLUSTER["name"], broker=broker)
    return max(missing, 0)

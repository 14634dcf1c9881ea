"""What the queue calls. Arguments are ids and nothing else, and nothing is retried here."""

from time import monotonic

from django.conf import settings
from django.utils import timezone
from django_q.brokers import get_broker
from django_q.tasks import async_task

from . import notify
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


def dispatch() -> int:
    """Put as many jobs on the queue as runs are due and not queued for yet. Called every minute."""
    broker = get_broker(settings.Q_CLUSTER["name"])
    missing = schedule.due_count(timezone.now()) - broker.queue_size()
    for _ in range(missing):
        async_task(run_next_due, cluster=settings.Q_CLUSTER["name"], broker=broker)
    return max(missing, 0)

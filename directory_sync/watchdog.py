"""What nobody would notice by itself: a secret revoked during the day, a night that did not happen."""

from datetime import datetime, timedelta

from django.db.models import Q

from . import notify
from .graph.errors import AccessDenied, GraphError
from .models import Connection, Event, SyncRun
from .sync import schedule
from .sync.sign_in import open_client

LATE = timedelta(hours=2)  # after which a connection that is due should have been taken up
TOLD = "mailed: runs are late"
ONCE_A_DAY = timedelta(hours=20)


def probe_credential(connection: Connection) -> bool:
    """Ask for a token, nothing else; refused credentials make the connection due at once, and its run tells.

    What may pass by itself is left to the night. Returns whether a token was given.
    """
    try:
        with open_client(connection, seconds=60) as client:
            client.roles()
    except AccessDenied:
        schedule.sync_now(connection, SyncRun.Trigger.RETRY)
        return False
    except GraphError:
        return False
    return True


def late(now: datetime):
    """Connections that have been due for hours without a worker taking them up, or whose run stands still."""
    waits = Q(state__in=[Connection.State.ACTIVE, Connection.State.QUARANTINED], due_at__lt=now - LATE)
    stands = Q(runs__state__in=SyncRun.ACTIVE, runs__heartbeat_at__lt=now - LATE)
    return Connection.objects.live().filter(waits | stands).distinct()


def tell_of_late_runs(now: datetime) -> int:
    """Tell support once a day which nights did not happen; returns how many connections are late."""
    found = list(late(now))
    if found and not Event.objects.filter(verb=TOLD, at__gt=now - ONCE_A_DAY).exists():
        notify.runs_late(found)
        Event.objects.create(at=now, verb=TOLD, actor_label="watchdog", facts={"connections": len(found)})
    return len(found)

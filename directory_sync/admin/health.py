"""How a connection stands, in one word, and the worklists: the same questions asked of all connections."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from ..diagnosis import diagnose
from ..models import Connection, Credential, HeldRemoval, SyncRun

EXPIRING_WITHIN = timedelta(days=30)
STALE_AFTER = {Connection.Cadence.NIGHTLY: timedelta(hours=36), Connection.Cadence.WEEKLY: timedelta(days=8)}


def with_standing(connections: QuerySet[Connection]) -> QuerySet[Any]:
    """Adds what `health` needs: `secret_expires_on`, `holds`, `is_running`."""
    current = Credential.objects.filter(connection=OuterRef("pk"), slot=Credential.Slot.CURRENT)
    runs = SyncRun.objects.filter(connection=OuterRef("pk"))
    waiting = HeldRemoval.objects.filter(group__connection=OuterRef("pk"), decision=HeldRemoval.Decision.WAITING)
    return connections.annotate(
        secret_expires_on=Subquery(current.values("expires_on")[:1]),
        holds=Exists(runs.filter(state=SyncRun.State.HELD)) | Exists(waiting),
        is_running=Exists(runs.filter(state__in=SyncRun.ACTIVE)),
    )


def health(connection: Any) -> tuple[str, str]:
    """(state's name, word) of a connection with its standing; the most pressing thing first."""
    if connection.state != Connection.State.ACTIVE:
        names = {"paused": "paused", "quarantined": "quarantined", "disconnected": "gone"}
        return names[connection.state], connection.get_state_display()
    if connection.failing_since:
        return "error", "Failing"
    expires_on = connection.secret_expires_on
    today = timezone.localdate()
    troubles = [
        (bool(connection.holds), "held", "Held"),
        (bool(expires_on and expires_on < today), "error", "Secret expired"),
        (connection.is_running, "syncing", "Syncing"),
        (connection.synced_at is None, "waiting", "Waiting for its first sync"),
        (is_stale(connection), "warn", "Stale"),
        (bool(connection.problem), "partial", "Synced in part"),
        (bool(expires_on and expires_on <= today + EXPIRING_WITHIN), "warn", "Secret expires soon"),
    ]
    return next(((name, word) for holds, name, word in troubles if holds), ("ok", "Healthy"))


def is_stale(connection: Connection) -> bool:
    """Whether its nights have passed without a good run."""
    last = connection.synced_at or connection.created_at
    return last < timezone.now() - STALE_AFTER[Connection.Cadence(connection.cadence)]


@dataclass(frozen=True)
class Worklist:
    """Connections that somebody should look at, and why."""

    name: str
    title: str
    state: str
    why: str
    connections: Callable[[], QuerySet[Connection]]


def failing() -> QuerySet[Connection]:
    return Connection.objects.live().filter(Q(failing_since__isnull=False) | Q(state=Connection.State.QUARANTINED))


def expiring() -> QuerySet[Connection]:
    until = timezone.localdate() + EXPIRING_WITHIN
    current = Credential.objects.filter(connection=OuterRef("pk"), slot=Credential.Slot.CURRENT, expires_on__lte=until)
    return Connection.objects.live().filter(Exists(current))


def held() -> QuerySet[Connection]:
    return with_standing(Connection.objects.live()).filter(holds=True)


def waiting() -> QuerySet[Connection]:
    """What only the customer can mend."""
    codes = Connection.objects.live().exclude(problem="").order_by().values_list("problem", flat=True).distinct()
    theirs = [code for code in codes if diagnose(code).who == "customer"]
    return Connection.objects.live().filter(problem__in=theirs)


def stale() -> QuerySet[Connection]:
    late = Q()
    for cadence, after in STALE_AFTER.items():
        since = timezone.now() - after
        never = Q(synced_at=None, created_at__lt=since)
        late |= Q(cadence=cadence) & (Q(synced_at__lt=since) | never)
    return Connection.objects.filter(late, state__in=[Connection.State.ACTIVE, Connection.State.QUARANTINED])


WORKLISTS = (
    Worklist("failing", "Failing", "error", "The last run brought nothing home.", failing),
    Worklist("expiring", "Expiring", "warn", "The client secret ends within 30 days, or has ended.", expiring),
    Worklist("held", "Held", "held", "A change looks too large to be meant.", held),
    Worklist("waiting", "Waiting for the customer", "waiting", "Only the customer's IT can mend it.", waiting),
    Worklist("stale", "Stale", "warn", "The last good run is older than it should be.", stale),
)

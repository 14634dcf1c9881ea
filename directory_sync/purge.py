"""Deletes what is past its time, in batches, each of which stands for itself."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet

from .connections import record
from .models import Connection, Event, GroupChange, HeldRemoval, JournalPage, Recipient, Segment, SyncRun

BATCH = 1000
DISCONNECTED = "connection disconnected"


def purge(now: datetime) -> dict[str, int]:
    """What was deleted, in rows. How long each is kept is a setting."""
    return {
        "journal_pages": _delete(JournalPage.objects.exclude(run__state__in=SyncRun.ACTIVE), batch=100),
        "group_changes": _delete(GroupChange.objects.filter(run__created_at__lt=_ago(now, "KEEP_CHANGES_DAYS"))),
        "removed_people": _delete(departed(now)),
        "disconnected_data": sum(_purge_disconnected(connection) for connection in disconnected(now)),
        "events": _delete(Event.objects.filter(at__lt=_ago(now, "KEEP_EVENTS_DAYS"))),
    }


def departed(now: datetime) -> QuerySet[Recipient]:
    """People deleted in Entra so long ago that none comes back, and about whose links nobody has to decide."""
    undecided = HeldRemoval.objects.filter(
        group__connection=OuterRef("connection"), member_entra_id=OuterRef("entra_id")
    )
    return Recipient.objects.filter(removed_at__lt=_ago(now, "KEEP_REMOVED_PEOPLE_DAYS")).exclude(Exists(undecided))


def disconnected(now: datetime) -> QuerySet[Connection]:
    """Connections that ended longer ago than the grace period; one without an entry in the log ended long ago."""
    lately = Event.objects.filter(
        connection=OuterRef("pk"), verb=DISCONNECTED, at__gt=_ago(now, "KEEP_DISCONNECTED_DAYS")
    )
    return Connection.objects.filter(state=Connection.State.DISCONNECTED).exclude(Exists(lately))


def _purge_disconnected(connection: Connection) -> int:
    """People, groups, and what editors made of them. The connection and its log stay."""
    people = _delete(connection.recipients.all())
    groups = _delete(connection.groups.all(), batch=100)
    Segment.objects.filter(connection=connection).delete()
    GroupChange.objects.filter(run__connection=connection).delete()
    connection.runs.exclude(losses=[]).update(losses=[])
    if people or groups:
        record(connection, "synced data purged", by="purge", people=people, groups=groups)
    return people + groups


def _delete(rows: QuerySet, batch: int = BATCH) -> int:
    """Delete the rows and what hangs on them, a batch a transaction; how many rows."""
    deleted = 0
    while keys := list(rows.order_by().values_list("pk", flat=True)[:batch]):
        rows.filter(pk__in=keys).delete()
        deleted += len(keys)
    return deleted


def _ago(now: datetime, setting: str) -> datetime:
    return now - timedelta(days=getattr(settings, setting))

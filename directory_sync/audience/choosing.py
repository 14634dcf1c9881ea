"""Which segments a series goes to. What is chosen reaches its stored people at once and is read again soon."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from .. import tasks
from ..models import Connection, Event, Group, Organization, Segment, Series
from ..models import SeriesSegment as Choice
from ..sync import schedule
from . import resolve


class UnknownSegment(LookupError):
    """Among the ids is one that the organization does not have, or may not see any more."""


class UnknownGroup(LookupError):
    """The organization may not see a group with this id."""


class UnknownDirectory(LookupError):
    """The organization has no access to a connection with this id."""


@dataclass(frozen=True)
class Change:
    """What an update of an audience did, in segments."""

    added: int
    removed: int


@transaction.atomic
def update_audience(series: Series, segment_ids: Iterable[int], *, shown: Iterable[int] | None = None, by) -> Change:
    """Make the shown segments with these ids the included ones, and take the other shown ones out.

    `shown` are the ids that the editor had before him, None for all; what he was not shown stays as it is,
    and so does an exclusion that is not chosen. People come and go at once; directories of added segments
    are read again, and the segments' groups member by member. Raises UnknownSegment, and changes nothing, for
    an id that is not the organization's.
    """
    Series.objects.select_for_update().get(pk=series.pk)
    visible = resolve.segments(series.organization)
    wanted = set(segment_ids)
    before_him = wanted | (set(visible.values_list("pk", flat=True)) if shown is None else set(shown))
    known = {segment.pk: segment for segment in visible.filter(pk__in=before_him).select_related("group")}
    if before_him - known.keys():
        raise UnknownSegment
    included = set(
        series.choices.filter(mode=Choice.Mode.INCLUDE, segment__in=known).values_list("segment_id", flat=True)
    )
    added, removed = wanted - included, included - wanted
    series.choices.filter(segment__in=removed, mode=Choice.Mode.INCLUDE).delete()
    for segment_id in sorted(added):
        series.choices.update_or_create(segment_id=segment_id, defaults={"mode": Choice.Mode.INCLUDE})
    if added or removed:
        _record(series, by, added=sorted(added), removed=sorted(removed))
    _read_again(known[segment_id] for segment_id in added)
    return Change(len(added), len(removed))


def _read_again(segments: Iterable[Segment]) -> None:
    """Have the segments' groups read anew by a sync of their directories; one that is paused waits for its day."""
    segments = list(segments)
    ids = {segment.group.connection_id if segment.group else segment.connection_id for segment in segments}
    Group.objects.filter(pk__in=[segment.group_id for segment in segments]).update(reread_due=True)
    _queue(Connection.objects.filter(pk__in=ids))


@transaction.atomic
def read_group_again(organization: Organization, group_id: int) -> bool:
    """Have one group read anew, member by member, by a sync queued now; False when its directory is paused.

    Raises UnknownGroup for a group that the organization may not see.
    """
    group = resolve.groups(organization).select_related("connection").filter(pk=group_id).first()
    if group is None:
        raise UnknownGroup
    Group.objects.filter(pk=group.pk).update(reread_due=True)
    return _queue([group.connection])


@transaction.atomic
def read_again(organization: Organization, connection_id: UUID) -> bool:
    """Queue a sync of one of the organization's directories; False for one that is paused.

    Raises UnknownDirectory for a connection that is not the organization's.
    """
    mine = [access.connection for access in resolve.accesses(organization) if access.connection_id == connection_id]
    if not mine:
        raise UnknownDirectory
    return _queue(mine)


def _queue(connections: Iterable[Connection]) -> bool:
    queued = [schedule.sync_now(connection) for connection in connections]
    if any(queued):
        # Robust: with the queue away the minute's dispatcher does it, and the choice is stored all the same.
        transaction.on_commit(tasks.dispatch, robust=True)
    return any(queued)


def _record(series: Series, by, **facts: list[int]) -> None:
    Event.objects.create(
        verb="audience updated",
        actor=by,
        actor_label=str(by),
        organization=series.organization,
        subject=f"series {series.pk}",
        facts=facts,
    )

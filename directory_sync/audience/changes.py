"""What changed in segments of late, from the history of runs, and what of it waits."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, QuerySet, Sum

from ..models import Access, Group, GroupChange, HeldRemoval, Organization, Segment, Series, SeriesSegment
from . import resolve

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Change:
    """How many came into a segment, and how many left; somebody who did both counts in both."""

    added: int
    removed: int


def of_week(organization: Organization, segments: Iterable[Segment], now: datetime) -> dict[int, Change]:
    """Segment id → its change in the last seven days, for segments of which history says something.

    A full directory has one only where the organization sees all of it: history has no part of a directory.
    """
    segments = list(segments)
    whole = {each.connection_id for each in resolve.accesses(organization) if each.sees == Access.Sees.ALL}
    directories = {each.connection_id for each in segments if each.connection_id} & whole
    of_groups = _summed(now, "group", group__in={each.group_id for each in segments if each.group_id})
    of_whole = _summed(now, "run__connection", group=None, run__connection__in=directories)
    found = {each.pk: of_groups.get(each.group_id) or of_whole.get(each.connection_id) for each in segments}
    return {pk: change for pk, change in found.items() if change}


def of_group(group: Group, now: datetime) -> Change | None:
    """The group's change in the last seven days; None where history says nothing."""
    return _summed(now, "group", group=group).get(group.pk)


def of_series(series: Series, now: datetime) -> Change | None:
    """The audience's change in the last seven days, where it is that of its one segment.

    None otherwise: who leaves one of several segments may stay in by another, which history does not tell.
    """
    included = list(resolve.chosen(series)[:2])
    if len(included) != 1 or resolve.chosen(series, SeriesSegment.Mode.EXCLUDE).exists():
        return None
    return of_week(series.organization, included, now).get(included[0].pk)


def _summed(now: datetime, by: str, **wanted) -> dict[object, Change]:
    recent = GroupChange.objects.filter(run__finished_at__gte=now - WEEK, **wanted).order_by()
    summed = recent.values(by).annotate(came=Sum("added"), left=Sum("removed"))
    return {row[by]: Change(row["came"], row["left"]) for row in summed}


def held_in(groups: Iterable[Group]) -> dict[int | None, int]:
    """Component → how many removals wait in its groups and the groups inside them."""
    components = {group.component for group in groups if group.status == Group.Status.HELD}
    waiting: QuerySet[HeldRemoval] = HeldRemoval.objects.filter(
        decision=HeldRemoval.Decision.WAITING, group__closure_up__ancestor__in=components
    )
    counted = waiting.values("group__closure_up__ancestor").annotate(found=Count("pk", distinct=True))
    return dict(counted.order_by().values_list("group__closure_up__ancestor", "found"))

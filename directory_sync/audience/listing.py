"""A page of an audience's segments, in as many queries for thousands of groups as for one."""

from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import Case, CharField, F, QuerySet, When
from django.utils import timezone

from ..models import Segment, Series
from . import changes, resolve
from .forms import SegmentFilter
from .standing import DirectoryStanding, Standing, standing

PER_PAGE = 50


@dataclass(frozen=True)
class Row:
    """A segment as the table shows it. `in_entra` is Entra's own count, None where it has none."""

    segment: Segment
    people: int
    in_entra: int | None
    directory: DirectoryStanding
    standing: Standing
    week: changes.Change | None

    @property
    def differs(self) -> bool:
        return self.in_entra is not None and self.in_entra != self.people


def labelled(series: Series) -> QuerySet[Segment]:
    """The series' organization's segments with `label` (a group's name as it is now), `is_in` and `is_out`."""
    label = Case(When(group=None, then=F("name")), default=F("group__name"), output_field=CharField())
    visible = resolve.segments(series.organization).select_related("group")
    return resolve.with_choice(visible, series).annotate(label=label)


def sources(series: Series) -> list[str]:
    """The sources that the organization has segments of."""
    return list(resolve.segments(series.organization).order_by().values_list("source", flat=True).distinct())


def segment_page(
    series: Series, wanted: SegmentFilter, number: str, directories: dict[object, DirectoryStanding]
) -> tuple[Page, list[Row]]:
    """The page with that number of the wanted segments, and its rows; a number that makes no sense is the first."""
    page = Paginator(wanted.narrow(labelled(series)), PER_PAGE).get_page(number)
    shown = list(page.object_list)
    full = resolve.everyone_counts(series.organization, shown)
    week = changes.of_week(series.organization, shown, timezone.now())
    held = changes.held_in(segment.group for segment in shown if segment.group)
    rows = []
    for segment in shown:
        directory = directories[segment.group.connection_id if segment.group else segment.connection_id]
        waiting = held.get(segment.group.component, 0) if segment.group else 0
        rows.append(_row(segment, full, directory, waiting, week.get(segment.pk)))
    return page, rows


def _row(
    segment: Segment, full: dict[int, int], directory: DirectoryStanding, held: int, week: changes.Change | None
) -> Row:
    group = segment.group
    return Row(
        segment=segment,
        people=group.recipients if group else full[segment.pk],
        in_entra=group.entra_transitive if group else None,
        directory=directory,
        standing=standing(group, directory, held),
        week=week,
    )

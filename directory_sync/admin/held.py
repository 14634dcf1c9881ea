"""What the guard holds, as staff see it before they decide: who, out of which groups, and for which series."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q, QuerySet

from .. import holds
from ..models import Connection, Group, GroupClosure, HeldRemoval, Membership, Segment, Series, SeriesSegment, SyncRun
from ..sync import bulk
from ..sync.verify import in_use
from .names import Named, named

MOST_PEOPLE = 200


@dataclass(frozen=True)
class Losing:
    """A group that would lose people, how many, and the series that use it, or a group that it lies in."""

    group: Group
    people: int
    since: datetime | None
    series: list[Series]


@dataclass(frozen=True)
class Held:
    """One decision. `is_whole`: the run is held as it is; otherwise only links out of groups are.

    `run` is what is released or dismissed. `people` are the first of `total`, each with the group that he would
    leave, where it is links that are held. `must_wait`: a run is under way, and nothing can be decided until it ends.
    """

    run: SyncRun
    is_whole: bool
    total: int
    people: list[tuple[Named, Group | None]]
    groups: list[Losing]
    series: list[Series]
    other_groups: int = 0
    must_wait: bool = False


def of_run(run: SyncRun) -> Held | None:
    """What can be decided about this run; None once it has been, or a later run has taken its place."""
    if run.state == SyncRun.State.HELD:
        return _whole(run)
    links = of_links(run.connection)
    return links if links and links.run == run else None


def of_connection(connection: Connection) -> list[Held]:
    """Everything of the connection that waits for a decision."""
    run = connection.runs.filter(state=SyncRun.State.HELD).first()
    links = of_links(connection)
    return [*([_whole(run)] if run else []), *([links] if links else [])]


def _whole(run: SyncRun) -> Held:
    connection = run.connection
    lost = _lost_by_component(connection, run.losses)
    groups = [group for group in in_use(connection) if lost[group.component]]
    series = _series_by_group(connection, groups)
    losing = [Losing(group, lost[group.component], None, series[group.pk]) for group in groups]
    first = run.losses[:MOST_PEOPLE]
    people = sorted(named(connection.pk, first).values(), key=lambda each: each.name.casefold())
    return Held(
        run=run,
        is_whole=True,
        total=len(run.losses),
        people=[(each, None) for each in people],
        groups=sorted(losing, key=lambda each: -each.people),
        series=_each_once(series.values()),
        other_groups=len(lost.keys() - {group.component for group in groups}),
        must_wait=connection.runs.active().exists(),
    )


def _lost_by_component(connection: Connection, people: list[str]) -> Counter[int | None]:
    """Component → how many of these people it reaches."""
    lost: Counter[int | None] = Counter()
    for chunk in bulk.chunks(people):
        links = Membership.objects.filter(recipient__connection=connection, recipient__entra_id__in=chunk)
        reached = links.values("group__closure_up__ancestor").annotate(found=Count("recipient", distinct=True))
        lost.update(dict(reached.values_list("group__closure_up__ancestor", "found")))
    return lost


def of_links(connection: Connection) -> Held | None:
    """The links that wait, decided through the connection's last good run."""
    run = connection.runs.filter(state__in=holds.HOLDING).first()
    waiting = holds.waiting_removals(run) if run else HeldRemoval.objects.none()
    groups = _losing_links(connection, waiting)
    if run is None or not groups:
        return None
    return Held(
        run=run,
        is_whole=False,
        total=sum(each.people for each in groups),
        people=people_waiting(connection, waiting),
        groups=groups,
        series=_each_once(each.series for each in groups),
        must_wait=connection.runs.active().exists(),
    )


def _losing_links(connection: Connection, waiting: QuerySet[HeldRemoval]) -> list[Losing]:
    counted = waiting.order_by().values("group").annotate(people=Count("pk"), since=Min("held_at"))
    rows = {row["group"]: row for row in counted}
    if not rows:
        return []
    ancestors: defaultdict[int, set[int]] = defaultdict(set)
    for below, component in GroupClosure.objects.filter(descendant__in=rows).values_list("descendant", "ancestor"):
        ancestors[below].add(component)
    used = list(in_use(connection))
    series = _series_by_group(connection, used, with_everyone=False)
    losing = []
    for group in Group.objects.filter(pk__in=rows).order_by("name"):
        above = [series[each.pk] for each in used if each.component in ancestors[group.pk]]
        losing.append(Losing(group, rows[group.pk]["people"], rows[group.pk]["since"], _each_once(above)))
    return losing


def in_group(group: Group) -> list[tuple[Named, Group | None]]:
    """Who waits in this group, or in one inside it."""
    return people_waiting(group.connection, _below(group))


def count_in_group(group: Group) -> dict:
    """How many wait in this group and inside it, and since when the first of them does."""
    return _below(group).aggregate(people=Count("pk"), since=Min("held_at"))


def _below(group: Group) -> QuerySet[HeldRemoval]:
    below = GroupClosure.objects.filter(ancestor=group.component).values("descendant")
    return HeldRemoval.objects.filter(group__in=below, decision=HeldRemoval.Decision.WAITING)


def people_waiting(connection: Connection, waiting: QuerySet[HeldRemoval]) -> list[tuple[Named, Group | None]]:
    """The first of them by name of the group, each with the group that he would leave."""
    rows = list(waiting.select_related("group").order_by("group__name", "group", "member_entra_id")[:MOST_PEOPLE])
    names = named(connection.pk, {row.member_entra_id for row in rows})
    return [(names[row.member_entra_id], row.group) for row in rows]


def _series_by_group(
    connection: Connection, groups: list[Group], *, with_everyone: bool = True
) -> defaultdict[int | None, list[Series]]:
    """Group → the series that include or exclude it; under None those with the full directory."""
    wanted = Q(segment__group__in=[group.pk for group in groups])
    if with_everyone:
        wanted |= Q(segment__source=Segment.Source.EVERYONE, segment__connection=connection)
    found: defaultdict[int | None, list[Series]] = defaultdict(list)
    choices = SeriesSegment.objects.filter(wanted).select_related("series__organization", "segment")
    for choice in choices.order_by("series__name", "series"):
        found[choice.segment.group_id].append(choice.series)
    return found


def _each_once(lists: Iterable[list[Series]]) -> list[Series]:
    return sorted({series for some in lists for series in some}, key=lambda series: series.name.casefold())

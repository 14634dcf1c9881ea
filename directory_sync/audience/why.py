"""Why each person is in an audience: the chosen segments that reach him."""

from collections import defaultdict
from collections.abc import Iterable

from ..models import Group, Membership, Recipient, Segment, Series
from . import resolve


def why_in(series: Series, people: Iterable[Recipient]) -> dict[int, list[Segment]]:
    """Recipient id → the included segments that reach this person, by name."""
    ids = [person.pk for person in people]
    chosen = list(resolve.chosen(series).select_related("group").order_by("name", "pk"))
    components = Group.objects.filter(segments__in=[segment.pk for segment in chosen]).values("component")
    links = Membership.objects.filter(recipient__in=ids, group__closure_up__ancestor__in=components)
    reached: defaultdict[int | None, set[int]] = defaultdict(set)
    for component, person in links.values_list("group__closure_up__ancestor", "recipient").distinct():
        reached[component].add(person)
    found: dict[int, list[Segment]] = {id: [] for id in ids}
    for segment in chosen:
        everyone = segment.source == Segment.Source.EVERYONE
        for id in _of_everyone(series, segment, ids) if everyone else reached[_component(segment)]:
            found[id].append(segment)
    return found


def _component(segment: Segment) -> int | None:
    return segment.group.component if segment.group else None


def _of_everyone(series: Series, segment: Segment, ids: list[int]) -> list[int]:
    everyone = resolve.members(series.organization, Segment.objects.filter(pk=segment.pk))
    return list(everyone.filter(pk__in=ids).order_by().values_list("pk", flat=True))

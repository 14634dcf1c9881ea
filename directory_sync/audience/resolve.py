"""Whom a series reaches, confined to what its organization may see of each directory.

Everything here is a query set over few queries, however many groups and people there are. Groups, segments
and people of a connection that was disconnected are shown to nobody.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Lower

from ..models import Access, Connection, Group, GroupClosure, Organization, Recipient, Segment, Series
from ..models import SeriesSegment as Choice

LeftOut = Recipient.LeftOut


def accesses(organization: Organization) -> list[Access]:
    """What the organization may see, its connections at hand."""
    live = organization.accesses.exclude(connection__state=Connection.State.DISCONNECTED)
    return list(live.select_related("connection").order_by("connection__name", "pk"))


def visible(access: Access, path: str = "") -> Q:
    """The condition for groups that editors see: those of the access, and in scope `selected` the listed ones alone.

    `path` leads from a row to its group, as in "group__".
    """
    seen = access.seen(path)
    if access.connection.scope == Connection.Scope.SELECTED:
        seen &= Q(**{f"{path}entra_id__in": access.connection.scope_group_ids})
    return seen


def groups(organization: Organization) -> QuerySet[Group]:
    """Every group that the organization may see, of whichever directory."""
    return Group.objects.filter(_any(visible(access) for access in accesses(organization)))


def segments(organization: Organization) -> QuerySet[Segment]:
    """The organization's segments whose group or directory it may still see."""
    mine = accesses(organization)
    of_a_group = Q(source=Segment.Source.AZURE) & _any(visible(access, "group__") for access in mine)
    of_everyone = Q(source=Segment.Source.EVERYONE, connection__in=[access.connection_id for access in mine])
    return organization.segments.filter(of_a_group | of_everyone)


def _any(conditions: Iterable[Q]) -> Q:
    """Whichever of the conditions holds; of none, none."""
    return reduce(or_, conditions, Q(pk__in=[]))


def chosen(series: Series, mode: str = Choice.Mode.INCLUDE) -> QuerySet[Segment]:
    """The segments that are in the series' audience, or left out of it."""
    return segments(series.organization).filter(uses__series=series, uses__mode=mode)


def members(organization: Organization, of: QuerySet[Segment]) -> QuerySet[Recipient]:
    """Everybody in these segments at any depth, recipient or not; each once."""
    of = of.order_by()
    full = set(of.filter(source=Segment.Source.EVERYONE).values_list("connection", flat=True))
    opened = [access for access in accesses(organization) if access.connection_id in full]
    whole = [access.connection_id for access in opened if access.sees == Access.Sees.ALL]
    in_part = [visible(access) for access in opened if access.sees != Access.Sees.ALL]
    # Groups of a directory that is in whole add nobody, and cost time.
    chosen_groups = of.exclude(group=None).exclude(group__connection__in=whole)
    # Named, since PostgreSQL may not know yet how many there are, and then joins them one by one.
    components = set(chosen_groups.exclude(group__component=None).values_list("group__component", flat=True))
    ancestors = Q(ancestor__in=components)
    if in_part:
        ancestors |= Q(ancestor__in=Group.objects.filter(_any(in_part)).order_by().values("component"))
    linked = GroupClosure.objects.filter(ancestors).people()
    if not whole:
        return linked
    everybody = Recipient.objects.filter(_any(Q(connection=connection) for connection in whole))
    return everybody | linked if in_part or components else everybody


def people(series: Series) -> QuerySet[Recipient]:
    """Those who get the series; objects that share an address are all in, though it is sent there once.

    Exclusion wins, by address ignoring case, whatever the reason why somebody excluded is no recipient.
    """
    included = members(series.organization, chosen(series)).filter(left_out="")
    excluded = chosen(series, Choice.Mode.EXCLUDE)
    if not excluded.exists():
        return included
    unwanted = _addressed(members(series.organization, excluded)).annotate(folded=Lower("email"))
    return included.annotate(folded=Lower("email")).exclude(folded__in=unwanted.order_by().values("folded"))


@dataclass(frozen=True)
class Reach:
    """`addresses` get the series. `listed` is the sum over the segments: always
    `addresses = listed - shared - excluded`. `people` are those of `people()`: objects that share an address are
    all counted."""

    addresses: int
    segments: int
    listed: int
    shared: int
    excluded: int
    people: int


def reach(series: Series) -> Reach:
    """The one true number, distinct addresses ignoring case over everything chosen, and its make-up."""
    organization = series.organization
    inside, outside = chosen(series), chosen(series, Choice.Mode.EXCLUDE)
    addresses = _addresses(members(organization, inside).filter(left_out=""))
    included = set(addresses)
    excluded = set(_addresses(_addressed(members(organization, outside)))) if outside.exists() else set()
    totals = inside.order_by().aggregate(found=Count("pk", distinct=True), listed=Sum("group__recipients"))
    full = inside.filter(source=Segment.Source.EVERYONE)
    listed = (totals["listed"] or 0) + sum(everyone_counts(organization, full).values())
    return Reach(
        addresses=len(included - excluded),
        segments=totals["found"],
        listed=listed,
        shared=listed - len(included),
        excluded=len(included & excluded),
        people=sum(address not in excluded for address in addresses) if excluded else len(addresses),
    )


def everyone_counts(organization: Organization, of: Iterable[Segment]) -> dict[int, int]:
    """Segment id → recipients, for segments that are a full directory; one query each, and there are few."""
    full = [segment for segment in of if segment.source == Segment.Source.EVERYONE]
    return {
        segment.pk: members(organization, Segment.objects.filter(pk=segment.pk)).filter(left_out="").count()
        for segment in full
    }


def with_choice(of: QuerySet[Segment], series: Series) -> QuerySet[Segment]:
    """The segments, each with `is_in` and `is_out`: whether the series includes it, whether it leaves it out."""
    mine = Choice.objects.filter(series=series, segment=OuterRef("pk"))
    return of.annotate(
        is_in=Exists(mine.filter(mode=Choice.Mode.INCLUDE)), is_out=Exists(mine.filter(mode=Choice.Mode.EXCLUDE))
    )


def _addressed(rows: QuerySet[Recipient]) -> QuerySet[Recipient]:
    return rows.exclude(left_out=LeftOut.REMOVED).exclude(email="")


def _addresses(rows: QuerySet[Recipient]) -> list[str]:
    """Each row's address, as it is compared with others."""
    return [email.casefold() for email in rows.order_by().values_list("email", flat=True)]

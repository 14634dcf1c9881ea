"""Whom a series reaches, confined to what its organization may see of each directory.

Everything here is a query set over few queries, however many groups and people there are. Groups, segments
and people of a connection that was disconnected are shown to nobody.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Lower

from ..models import Access, Connection, Group, GroupClosure, Membership, Organization, Recipient, Segment, Series
from ..models import SeriesSegment as Choice

LeftOut = Recipient.LeftOut


def accesses(organization: Organization) -> list[Access]:
    """What the organization may see, its connections at hand."""
    live = organization.accesses.exclude(connection__state=Connection.State.DISCONNECTED)
    return list(live.select_related("connection").order_by("connection__name", "pk"))


def visible_groups(access: Access) -> QuerySet[Group]:
    """The groups that editors see: those of the access, and in scope `selected` the listed ones alone."""
    groups = access.groups()
    if access.connection.scope == Connection.Scope.SELECTED:
        groups = groups.filter(entra_id__in=access.connection.scope_group_ids)
    return groups


def groups(organization: Organization) -> QuerySet[Group]:
    """Every group that the organization may see, of whichever directory."""
    mine = Q(pk__in=[])
    for access in accesses(organization):
        mine |= Q(pk__in=visible_groups(access).order_by().values("pk"))
    return Group.objects.filter(mine)


def segments(organization: Organization) -> QuerySet[Segment]:
    """The organization's segments whose group or directory it may still see."""
    connections = [access.connection_id for access in accesses(organization)]
    of_a_group = Q(source=Segment.Source.AZURE, group__in=groups(organization).values("pk"))
    of_everyone = Q(source=Segment.Source.EVERYONE, connection__in=connections)
    return organization.segments.filter(of_a_group | of_everyone)


def chosen(series: Series, mode: str = Choice.Mode.INCLUDE) -> QuerySet[Segment]:
    """The segments that are in the series' audience, or left out of it."""
    return segments(series.organization).filter(uses__series=series, uses__mode=mode)


def members(organization: Organization, of: QuerySet[Segment]) -> QuerySet[Recipient]:
    """Everybody in these segments at any depth, recipient or not; each once."""
    chosen_groups = Group.objects.filter(pk__in=of.order_by().values("group"))
    wanted = Q(pk__in=chosen_groups.order_by().values("pk"))
    whole: list[Connection] = []
    full = set(of.filter(source=Segment.Source.EVERYONE).order_by().values_list("connection", flat=True))
    for access in accesses(organization):
        if access.connection_id in full and access.sees == Access.Sees.ALL:
            whole.append(access.connection)
        elif access.connection_id in full:
            wanted |= Q(pk__in=visible_groups(access).order_by().values("pk"))
    # Groups of a directory that is in whole add nobody, and cost time.
    ancestors = Group.objects.filter(wanted).exclude(connection__in=whole).order_by().values("component")
    reached = GroupClosure.objects.filter(ancestor__in=ancestors).values("descendant")
    linked = Membership.objects.filter(group__in=reached).values("recipient")
    return Recipient.objects.filter(Q(pk__in=linked) | Q(connection__in=whole))


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
    `addresses = listed - shared - excluded`."""

    addresses: int
    segments: int
    listed: int
    shared: int
    excluded: int


def reach(series: Series) -> Reach:
    """The one true number, distinct addresses ignoring case over everything chosen, and its make-up."""
    organization = series.organization
    inside, outside = chosen(series), chosen(series, Choice.Mode.EXCLUDE)
    included = _addresses(members(organization, inside).filter(left_out=""))
    excluded = _addresses(_addressed(members(organization, outside))) if outside.exists() else set()
    totals = inside.order_by().aggregate(found=Count("pk", distinct=True), listed=Sum("group__recipients"))
    full = inside.filter(source=Segment.Source.EVERYONE)
    listed = (totals["listed"] or 0) + sum(everyone_counts(organization, full).values())
    return Reach(
        addresses=len(included - excluded),
        segments=totals["found"],
        listed=listed,
        shared=listed - len(included),
        excluded=len(included & excluded),
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


def _addresses(rows: QuerySet[Recipient]) -> set[str]:
    emails = rows.order_by().values_list("email", flat=True)
    return {email.casefold() for email in emails.iterator(chunk_size=5_000)}

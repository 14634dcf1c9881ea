"""Which groups of a directory appear among an organization's segments."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from ..models import Connection, Event, Group, Organization, Segment
from . import resolve


class UnknownGroup(LookupError):
    """Among the ids is one of a group or directory that the organization may not see."""


def importable(organization: Organization) -> QuerySet[Group]:
    """Every group that the organization may see, each with `is_imported`."""
    mine = Segment.objects.filter(organization=organization, group=OuterRef("pk"))
    return resolve.groups(organization).annotate(is_imported=Exists(mine))


@dataclass(frozen=True)
class FullDirectory:
    """Everybody whom the organization may see of a connection, offered as one segment."""

    connection: Connection
    is_imported: bool


def full_directories(organization: Organization) -> list[FullDirectory]:
    """The organization's directories, each of which can be one segment."""
    everyone = organization.segments.filter(source=Segment.Source.EVERYONE)
    imported = set(everyone.values_list("connection", flat=True))
    return [
        FullDirectory(access.connection, access.connection_id in imported) for access in resolve.accesses(organization)
    ]


@transaction.atomic
def import_segments(
    organization: Organization, group_ids: Iterable[int], *, connection_ids: Iterable[UUID] = (), by
) -> int:
    """Make these groups, and these whole directories, segments; returns how many were none before.

    Raises UnknownGroup, and imports nothing, when the organization may not see one of them.
    """
    Organization.objects.select_for_update().get(pk=organization.pk)
    made = _groups(organization, set(group_ids)) + _everyone(organization, set(connection_ids))
    if made:
        Segment.objects.bulk_create(made)
        Event.objects.create(
            verb="segments imported",
            actor=by,
            actor_label=str(by),
            organization=organization,
            facts={"segments": [segment.pk for segment in made]},
        )
    return len(made)


def import_groups(organization: Organization, group_ids: Iterable[int], *, by) -> int:
    """Make these groups segments, as `import_segments` does."""
    return import_segments(organization, group_ids, by=by)


def _groups(organization: Organization, wanted: set[int]) -> list[Segment]:
    found = importable(organization).filter(pk__in=wanted)
    if found.count() != len(wanted):
        raise UnknownGroup
    return [
        Segment(organization=organization, source=Segment.Source.AZURE, name=str(group), group=group)
        for group in found.exclude(segments__organization=organization)
    ]


def _everyone(organization: Organization, wanted: set[UUID]) -> list[Segment]:
    offered = {each.connection.pk: each for each in full_directories(organization)}
    if wanted - offered.keys():
        raise UnknownGroup
    return [
        Segment(
            organization=organization,
            source=Segment.Source.EVERYONE,
            name=f"Full directory of {offered[id].connection}",
            connection=offered[id].connection,
        )
        for id in wanted
        if not offered[id].is_imported
    ]

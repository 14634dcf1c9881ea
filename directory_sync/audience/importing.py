"""Which groups of a directory appear among an organization's segments."""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from ..models import Event, Group, Organization, Segment
from . import resolve


class UnknownGroup(LookupError):
    """Among the ids is one of a group or directory that the organization may not see."""


def importable(organization: Organization) -> QuerySet[Group]:
    """Every group that the organization may see, each with `is_imported`."""
    mine = Segment.objects.filter(organization=organization, group=OuterRef("pk"))
    return resolve.groups(organization).annotate(is_imported=Exists(mine))


@transaction.atomic
def import_groups(organization: Organization, group_ids: Iterable[int], *, by) -> int:
    """Make these groups segments; returns how many were none before.

    Raises UnknownGroup, and imports nothing, when the organization may not see one of them.
    """
    Organization.objects.select_for_update().get(pk=organization.pk)
    wanted = set(group_ids)
    found = list(importable(organization).filter(pk__in=wanted))
    if len(found) != len(wanted):
        raise UnknownGroup
    new = [group for group in found if not group.is_imported]
    Segment.objects.bulk_create(
        Segment(organization=organization, source=Segment.Source.AZURE, name=str(group), group=group) for group in new
    )
    _record(organization, by, groups=sorted(group.pk for group in new))
    return len(new)


@transaction.atomic
def import_everyone(organization: Organization, connection_ids: Iterable[UUID], *, by) -> int:
    """Make these whole directories segments, confined to what the organization may see; how many are new.

    Raises UnknownGroup, and imports nothing, for a directory that is not the organization's.
    """
    Organization.objects.select_for_update().get(pk=organization.pk)
    mine = {access.connection_id: access.connection for access in resolve.accesses(organization)}
    wanted = set(connection_ids)
    if wanted - mine.keys():
        raise UnknownGroup
    made = 0
    for connection_id in sorted(wanted):
        made += Segment.objects.get_or_create(
            organization=organization,
            source=Segment.Source.EVERYONE,
            connection=mine[connection_id],
            defaults={"name": f"Full directory of {mine[connection_id]}"},
        )[1]
    _record(organization, by, connections=sorted(str(id) for id in wanted) if made else [])
    return made


def _record(organization: Organization, by, **facts: list) -> None:
    if any(facts.values()):
        Event.objects.create(
            verb="segments imported", actor=by, actor_label=str(by), organization=organization, facts=facts
        )

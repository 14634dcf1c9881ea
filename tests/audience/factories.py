"""Synced directories made by hand, so that a test says only what it is about."""

from collections.abc import Iterable
from itertools import count

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.text import slugify

from directory_sync.models import (
    Access,
    Connection,
    Editor,
    Group,
    Membership,
    Nesting,
    Organization,
    Recipient,
    Segment,
    Series,
    SeriesSegment,
)
from directory_sync.sync import counts, nesting

numbers = count(1)


def make_series(organization: str = "Acme", name: str = "Weekly") -> Series:
    owner = Organization.objects.get_or_create(name=organization)[0]
    return Series.objects.create(organization=owner, name=name, slug=slugify(name))


def make_editor(series: Series) -> User:
    user = User.objects.create_user(f"editor{next(numbers)}", f"editor{next(numbers)}@acme.example")
    Editor.objects.create(user=user, organization=series.organization)
    return user


def make_connection(*organizations: Organization, **values) -> Connection:
    """A connection that all these organizations see whole, synced just now."""
    values = {"name": "Contoso", "owner_name": "Ada Admin", "owner_email": "ada@contoso.com"} | values
    values = {"synced_at": timezone.now(), "tenant_id": f"tenant-{next(numbers)}", "client_id": "app"} | values
    connection = Connection.objects.create(**values)
    for organization in organizations:
        Access.objects.create(connection=connection, organization=organization)
    return connection


def make_person(connection: Connection, email: str, **values) -> Recipient:
    known = {"name": email.partition("@")[0], "kind": Recipient.Kind.USER, "left_out": "", "is_read": True}
    return Recipient.objects.create(
        connection=connection, entra_id=f"person-{next(numbers)}", email=email, **known | values
    )


def make_group(
    connection: Connection, name: str, people: Iterable[Recipient] = (), *, inside: Iterable[Group] = (), **values
) -> Group:
    """A synced group with its people, the groups inside it, and its numbers."""
    known = {"is_read": True, "status": Group.Status.SYNCED, "kind": Group.Kind.SECURITY}
    group = Group.objects.create(connection=connection, entra_id=f"group-{next(numbers)}", name=name, **known | values)
    Membership.objects.bulk_create(Membership(group=group, recipient=person) for person in people)
    Nesting.objects.bulk_create(Nesting(parent=group, child=child) for child in inside)
    nesting.rebuild(connection, [group.pk])
    counts.refresh(connection, [group.pk])
    group.refresh_from_db()
    return group


def make_segment(series: Series, group: Group) -> Segment:
    return Segment.objects.create(
        organization=series.organization, source=Segment.Source.AZURE, name=group.name, group=group
    )


def make_everyone(series: Series, connection: Connection) -> Segment:
    return Segment.objects.create(
        organization=series.organization, source=Segment.Source.EVERYONE, name="Full directory", connection=connection
    )


def choose(series: Series, segment: Segment, mode: str = SeriesSegment.Mode.INCLUDE) -> SeriesSegment:
    return SeriesSegment.objects.create(series=series, segment=segment, mode=mode)


def chosen(series: Series) -> set[str]:
    """Names of the included segments."""
    return set(series.choices.filter(mode="include").values_list("segment__name", flat=True))

"""The people of the demo, two organizations that share a directory, and a third that has yet to connect."""

from collections.abc import Callable
from datetime import timedelta

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group as Role
from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.text import slugify

from directory_sync import connections, tasks
from directory_sync.audience import choosing, importing
from directory_sync.models import Access, Connection, Editor, Group, Organization, Series

from . import cast, open_link, remote
from .processes import wait_for

FIRST_SYNC = 60  # seconds
CHOSEN = ("All-Staff", "Outreach", "Engineering", "Parent")
NOT_CHOSEN = ("Management",)
SEEN_BY_CONTOSO = ("Outreach", "Sales", "Sales Americas", "Sales EMEA", "Sales Asia Pacific")
ATTRIBUTES = ("department_name", "job_title", "city", "country")


def make_people(password: str) -> None:
    """Staff with their roles, organizations, their series and editors; whoever is there already stays as he is."""
    hashed = make_password(password)
    for each in cast.EVERYBODY:
        user, is_new = User.objects.get_or_create(
            username=each.email,
            defaults={
                "email": each.email,
                "first_name": each.name.split()[0],
                "last_name": each.name.split()[1],
                "password": hashed,
                "is_staff": each.is_staff,
                "is_superuser": each.role == "operator",
            },
        )
        if each.organization:
            _make_editor(user, each.organization)
        elif is_new and not user.is_superuser:
            user.groups.add(Role.objects.get(name=each.role))


def _make_editor(user: User, name: str) -> None:
    organization, _ = Organization.objects.get_or_create(name=name)
    Editor.objects.get_or_create(user=user, organization=organization, defaults={"role": Editor.Role.OWNER})
    series = cast.SERIES[name]
    Series.objects.get_or_create(organization=organization, slug=slugify(series), defaults={"name": series})


def make_live(demand: Callable[[], None]) -> None:
    """Connect the tenant's first app for two organizations, wait for the first sync, choose the first audience.

    Workers do the sync. `demand` is called while waiting, and may raise. Does nothing the second time.
    """
    connection = _connect()
    wait_for("the first sync", lambda: _is_synced(connection), seconds=FIRST_SYNC, demand=demand)
    _choose(connection, cast.NORTHWIND, CHOSEN, NOT_CHOSEN)
    _choose(connection, cast.CONTOSO, SEEN_BY_CONTOSO[:2], SEEN_BY_CONTOSO[2:])
    open_link.make_link_unless_there()


def _connect() -> Connection:
    tenant = remote.facts()
    known = Connection.objects.live().filter(client_id=tenant["client_id"]).first()
    if known:
        return known
    expires_on = timezone.localdate() + timedelta(days=200)
    credential = connections.draft_credential(tenant["secret"], secret_id=tenant["secret_id"], expires_on=expires_on)
    new = connections.NewConnection(
        name=cast.NORTHWIND,
        tenant_id=tenant["tenant_id"],
        client_id=tenant["client_id"],
        owner_name="Ivo Imhof",
        owner_email="ivo@northwind.example",
        attributes=ATTRIBUTES,
    )
    sharing = list(Organization.objects.filter(name__in=[cast.NORTHWIND, cast.CONTOSO]).order_by("-name"))
    connection = connections.open_connection(new, credential, sharing, by="demo")
    listed = [remote.call("find_group", name=name) for name in SEEN_BY_CONTOSO]
    guest = Access.objects.filter(connection=connection, organization__name=cast.CONTOSO)
    guest.update(sees=Access.Sees.LISTED, listed_group_ids=listed)
    tasks.dispatch()
    return connection


def _is_synced(connection: Connection) -> bool:
    return Connection.objects.filter(pk=connection.pk).exclude(synced_at=None).exists()


def _choose(connection: Connection, name: str, chosen: tuple[str, ...], unticked: tuple[str, ...]) -> None:
    """Import segments and tick some, as the organization's editor would; only while it has none at all."""
    organization = Organization.objects.get(name=name)
    if organization.segments.exists():
        return
    editor = organization.editors.select_related("user").earliest("pk").user
    groups = Group.objects.filter(connection=connection, name__in=[*chosen, *unticked])
    importing.import_groups(organization, groups.values_list("pk", flat=True), by=editor)
    ticked = organization.segments.filter(group__name__in=chosen).values_list("pk", flat=True)
    choosing.update_audience(organization.series.get(), ticked, by=editor)

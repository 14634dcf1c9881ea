"""Staff, and connections with a little of everything that staff see."""

from datetime import timedelta
from itertools import count

from django.contrib.auth.models import Group as Role
from django.contrib.auth.models import User
from django.utils import timezone

from directory_sync import connections
from directory_sync.models import (
    Access,
    AttributeGrant,
    Connection,
    Group,
    Membership,
    Organization,
    Recipient,
    SyncRun,
)
from directory_sync.sync import counts, nesting

numbers = count(1)
SECRET = "a-secret-that-nobody-may-read"


def make_staff(role: str = "", *, is_superuser: bool = False) -> User:
    """A member of staff in this role; without one, somebody who may sign in to admin and nothing else."""
    number = next(numbers)
    user = User.objects.create(
        username=f"staff{number}", email=f"staff{number}@hq.example", is_staff=True, is_superuser=is_superuser
    )
    if role:
        user.groups.add(Role.objects.get(name=role))
    return user


def make_connection(*names: str, attributes: tuple[str, ...] = (), **values) -> Connection:
    """An opened connection of the organizations with these names, each with its attributes approved."""
    number = next(numbers)
    organizations = [Organization.objects.get_or_create(name=name)[0] for name in names or (f"Company {number}",)]
    new = connections.NewConnection(
        tenant_id=f"00000000-0000-4000-8000-{number:012}",
        client_id=f"00000000-0000-4000-9000-{number:012}",
        owner_name="Ada Admin",
        owner_email="ada@customer.example",
        name=f"Customer {number}",
        attributes=attributes,
    )
    credential = connections.draft_credential(SECRET, secret_id=f"00000000-0000-4000-a000-{number:012}")
    connection = connections.open_connection(new, credential, organizations, by="test")
    Connection.objects.filter(pk=connection.pk).update(**{"synced_at": timezone.now(), **values})
    connection.refresh_from_db()
    return connection


def make_person(connection: Connection, **values) -> Recipient:
    number = next(numbers)
    known = {"name": f"Person {number}", "email": f"person{number}@customer.example", "left_out": "", "is_read": True}
    known |= {"kind": Recipient.Kind.USER, "entra_id": f"00000000-0000-4000-b000-{number:012}"}
    return Recipient.objects.create(connection=connection, **known | values)


def make_group(connection: Connection, *people: Recipient, **values) -> Group:
    number = next(numbers)
    known = {"name": f"Group {number}", "kind": Group.Kind.SECURITY, "status": Group.Status.SYNCED, "is_read": True}
    known |= {"entra_id": f"00000000-0000-4000-c000-{number:012}", "status_at": timezone.now()}
    group = Group.objects.create(connection=connection, **known | values)
    Membership.objects.bulk_create(Membership(group=group, recipient=person) for person in people)
    nesting.rebuild(connection, {group.pk})
    counts.refresh(connection, [group.pk])
    group.refresh_from_db()
    return group


def make_run(connection: Connection, state: str = SyncRun.State.SUCCEEDED, **values) -> SyncRun:
    ended = timezone.now()
    known = {"started_at": ended - timedelta(seconds=4), "finished_at": ended, "attempt": 1, "requests": 7}
    return SyncRun.objects.create(connection=connection, state=state, **known | values)


def access_of(connection: Connection, organization: str) -> Access:
    return Access.objects.get(connection=connection, organization__name=organization)


def grant_state(connection: Connection, organization: str, attribute: str) -> str:
    access = access_of(connection, organization)
    return AttributeGrant.objects.get(access=access, attribute=attribute).state

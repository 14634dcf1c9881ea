"""After any sequence of nights, an incremental sync stands where a first sync from nothing would."""

import os
from collections.abc import Callable

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from demo.tenant.directory import Directory
from demo.tenant.server import TenantServer
from directory_sync.explain import explain_group
from directory_sync.models import Connection, Group, SyncRun
from directory_sync.sync.counts import COLUMNS
from tests.sync import truth
from tests.sync.harness import connect, sync

SEQUENCES = int(os.environ.get("SEQUENCES", "220"))
ADDRESSES = ["ann@contoso.com", "ANN@contoso.com", "", None, "no address", "josé@contoso.com", "o'neil+x@contoso.com"]


class World:
    """A tenant that nights happen to; numbers pick somebody among those who are there."""

    def __init__(self, directory: Directory) -> None:
        self.directory = directory
        self.deleted: list[str] = []
        for number in range(5):
            directory.add_user(displayName=f"User {number}", mail=f"user{number}@contoso.com")
        people = directory.users
        inner = directory.add_group("Inner", members=people[:2])
        directory.add_group("Outer", members=[inner, people[2]])

    def user(self, pick: int) -> str | None:
        users = sorted(self.directory.users)
        return users[pick % len(users)] if users else None

    def group(self, pick: int) -> str | None:
        groups = sorted(self.directory.groups)
        return groups[pick % len(groups)] if groups else None

    def contact(self, pick: int) -> str | None:
        contacts = sorted(self.directory.contacts)
        return contacts[pick % len(contacts)] if contacts else None

    def bin(self, pick: int) -> str | None:
        return sorted(self.deleted)[pick % len(self.deleted)] if self.deleted else None


def add_user(world: World, a: int, b: int) -> None:
    user = world.directory.add_user(displayName=f"New {a}", mail=ADDRESSES[b % len(ADDRESSES)])
    if group := world.group(a):
        world.directory.add_member(group, user)


def soft_delete(world: World, a: int, b: int) -> None:
    if user := world.user(a):
        world.directory.soft_delete_user(user)
        world.deleted.append(user)


def restore(world: World, a: int, b: int) -> None:
    if user := world.bin(a):
        world.directory.restore_user(user)
        world.deleted.remove(user)


def purge(world: World, a: int, b: int) -> None:
    if user := world.bin(a):
        world.directory.purge_user(user)
        world.deleted.remove(user)


def on_user(change: Callable[[Directory, str, int], None]) -> Callable[[World, int, int], None]:
    def act(world: World, a: int, b: int) -> None:
        if user := world.user(a):
            change(world.directory, user, b)

    return act


def set_manager(world: World, a: int, b: int) -> None:
    if user := world.user(a):
        world.directory.set_manager(user, None if b % 3 == 0 else world.user(b))


def add_member(world: World, a: int, b: int) -> None:
    if (group := world.group(a)) and (user := world.user(b)):
        world.directory.add_member(group, user)


def remove_member(world: World, a: int, b: int) -> None:
    group = world.group(a)
    if group and (members := sorted(world.directory.members(group))):
        world.directory.remove_member(group, members[b % len(members)])


def nest(world: World, a: int, b: int) -> None:
    parent, child = world.group(a), world.group(b)
    if parent and child and parent != child:
        world.directory.add_member(parent, child)


def unnest(world: World, a: int, b: int) -> None:
    group = world.group(a)
    if group and (nested := sorted(world.directory.members(group, "group"))):
        world.directory.remove_member(group, nested[b % len(nested)])


def close_cycle(world: World, a: int, b: int) -> None:
    group = world.group(a)
    if group and (below := sorted(world.directory.transitive_members(group, "group") - {group})):
        world.directory.add_member(below[b % len(below)], group)


def add_contact(world: World, a: int, b: int) -> None:
    contact = world.directory.add_contact(displayName=f"Contact {a}", mail=ADDRESSES[b % len(ADDRESSES)])
    if group := world.group(b):
        world.directory.add_member(group, contact)


def change_contact(world: World, a: int, b: int) -> None:
    if contact := world.contact(a):
        world.directory.update_contact(contact, mail=ADDRESSES[b % len(ADDRESSES)])


def delete_contact(world: World, a: int, b: int) -> None:
    if contact := world.contact(a):
        world.directory.delete_contact(contact)


def add_group(world: World, a: int, b: int) -> None:
    members = [member for member in (world.user(a), world.group(b)) if member]
    world.directory.add_group(f"Group {a}", kind="m365" if b % 4 == 0 else "security", members=members)


def add_device(world: World, a: int, b: int) -> None:
    if group := world.group(a):
        world.directory.add_member(group, world.directory.add_device())


def delete_group(world: World, a: int, b: int) -> None:
    if group := world.group(a):
        world.directory.delete_group(group)


def rename_group(world: World, a: int, b: int) -> None:
    if group := world.group(a):
        world.directory.rename_group(group, f"Renamed {b}")


ACTS: list[Callable[[World, int, int], None]] = [
    add_user,
    on_user(lambda directory, user, b: directory.disable_user(user)),
    on_user(lambda directory, user, b: directory.enable_user(user)),
    on_user(lambda directory, user, b: directory.update_user(user, displayName=f"Renamed {b}")),
    on_user(lambda directory, user, b: directory.update_user(user, mail=ADDRESSES[b % len(ADDRESSES)])),
    on_user(lambda directory, user, b: directory.update_user(user, userType="Guest" if b % 2 else "Member")),
    *(soft_delete, restore, restore, purge, set_manager, add_member, add_member, remove_member),
    *(nest, unnest, close_cycle, add_contact, change_contact, delete_contact, add_group, add_device),
    *(delete_group, rename_group),
]
act = st.tuples(st.sampled_from(ACTS), st.integers(0, 30), st.integers(0, 30))
night = st.tuples(st.lists(act, min_size=1, max_size=6), st.sampled_from([False, False, True]))
nights = st.lists(night, min_size=1, max_size=4)
options = st.builds(truth.Options, st.booleans(), st.booleans(), st.booleans())


class Undo(Exception):
    """Leaves the transaction of one example, so that the next begins with an empty database."""


@pytest.mark.django_db
@settings(max_examples=SEQUENCES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(nights=nights, chosen=options, seed=st.integers(0, 10))
def test_incremental_equals_full_equals_truth(endpoints, tenant_server: TenantServer, nights, chosen, seed):
    directory = tenant_server.add_tenant(seed=seed)
    try:
        with transaction.atomic():
            _live_through(directory, nights, chosen)
            raise Undo
    except Undo:
        tenant_server.remove_tenant(directory)


def _live_through(directory: Directory, nights, chosen: truth.Options) -> None:
    world = World(directory)
    kept = _connect(directory, chosen, "Kept")
    for acts, is_full in nights:
        for change, a, b in acts:
            change(world, a, b)
        run = sync(kept, full=is_full)
        assert run.state == SyncRun.State.SUCCEEDED, run.problem
        _compare(directory, kept, chosen)


def _connect(directory: Directory, chosen: truth.Options, name: str) -> Connection:
    connection = connect(
        directory,
        name,
        username_fallback=chosen.fallback,
        sync_contacts=chosen.contacts,
        attributes=("manager_name",),
    )
    Connection.objects.filter(pk=connection.pk).update(exclude_guests=chosen.no_guests)
    return connection


def _compare(directory: Directory, kept: Connection, chosen: truth.Options) -> None:
    anew = _connect(directory, chosen, "Anew")
    sync(anew)

    right = truth.expected(directory, chosen)
    assert truth.stored(anew) == right
    assert truth.stored(kept) == right
    assert truth.managers(kept) == truth.managers(anew)
    for group in Group.objects.filter(connection=kept, is_read=True).exclude(status=Group.Status.GONE):
        told, entra = explain_group(group), truth.numbers(directory, group.entra_id)
        assert_equations(told)
        assert {name: told[name] for name in ("entra_direct", "entra_transitive", "nested_groups")} == {
            name: entra[name] for name in ("entra_direct", "entra_transitive", "nested_groups")
        }
        assert {name: getattr(group, name) for name in COLUMNS} == {name: told[name] for name in COLUMNS}
    anew.delete()


def assert_equations(told: dict[str, int]) -> None:
    reasons = ("disabled", "no_address", "invalid_address", "excluded", "unread")
    assert told["entra_transitive"] == (
        told["people"] + told["nested_groups"] + told["contacts_left_out"] + told["other_objects"]
    )
    assert told["people"] == told["recipients"] + sum(told[reason] for reason in reasons)

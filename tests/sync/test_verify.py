"""Our numbers against Entra's: differences are noticed, and heal."""

from datetime import timedelta

import pytest

from directory_sync.models import Connection, DriftCheck, Group, Membership
from tests.sync.audiences import choose
from tests.sync.harness import connect, group, names, sync


@pytest.fixture
def team(directory, connection) -> str:
    directory.noise = 0  # a repeated link would heal what a test breaks
    people = [directory.add_user(displayName=f"P{n}", mail=f"p{n}@contoso.com") for n in range(3)]
    child = directory.add_group("Child", members=people[:2])
    made = directory.add_group("Team", members=[child, people[2], directory.add_device()])
    sync(connection)
    choose(connection, made)
    return made


def lose_a_link(connection) -> None:
    Membership.objects.filter(group__connection=connection, recipient__name="P0").delete()


def a_night_passes() -> None:
    DriftCheck.objects.filter(differs_since__isnull=False).update(
        differs_since=DriftCheck.objects.get().differs_since - timedelta(days=1)
    )


def test_equal_numbers_are_noted_as_equal(connection, team):
    sync(connection)

    assert DriftCheck.objects.get().differs_since is None


def test_disabled_people_and_exclusions_make_no_difference(connection, directory, team):
    directory.disable_user(directory.users[0])
    Connection.objects.update(exclude_guests=True)
    directory.update_user(directory.users[1], userType="Guest")

    sync(connection)

    assert DriftCheck.objects.get().difference == 0


def test_difference_of_one_night_is_only_noted(connection, team):
    lose_a_link(connection)

    sync(connection)

    assert DriftCheck.objects.get().difference == 1
    assert not Group.objects.filter(reread_due=True).exists()


def test_difference_that_lasts_two_nights_heals(connection, team):
    lose_a_link(connection)
    sync(connection)
    a_night_passes()
    sync(connection)  # notices that it lasted

    sync(connection)  # reads the group anew

    assert names(connection, team) == ["P0", "P1", "P2"]
    assert (DriftCheck.objects.get().difference, Group.objects.filter(reread_due=True).count()) == (0, 0)


def test_link_too_many_heals_as_well(connection, directory, team):
    extra = directory.add_user(displayName="Extra", mail="extra@contoso.com")
    sync(connection)
    stranger = connection.recipients.get(entra_id=extra)
    Membership.objects.create(group=group(connection, team), recipient=stranger)
    Group.objects.filter(entra_id=team).update(reread_due=True)

    sync(connection)

    assert names(connection, team) == ["P0", "P1", "P2"]


def test_group_that_can_not_be_reread_is_told_and_keeps_its_people(connection, directory, team, tenant_server):
    Group.objects.filter(entra_id=team).update(reread_due=True)
    tenant_server.faults.add("members", "403", times=None, path_contains=team)

    run = sync(connection)

    assert run.state == "succeeded"
    assert (group(connection, team).status, group(connection, team).reread_due) == ("error", True)
    assert names(connection, team) == ["P0", "P1", "P2"]


def test_contacts_are_compared_where_they_are_synced(db, endpoints, directory):
    connection = connect(directory, sync_contacts=True)
    press = directory.add_group("Press", kind="distribution", members=[directory.add_contact(), directory.add_user()])
    sync(connection)
    choose(connection, press)

    sync(connection)

    assert DriftCheck.objects.get().difference == 0


def test_quiet_night_costs_one_batch_more_however_many_groups_are_in_use(connection, directory, tenant_server):
    directory.noise = 0
    groups = [directory.add_group(f"G{n}", members=[directory.add_user()]) for n in range(25)]
    sync(connection)
    choose(connection, *groups)

    run = sync(connection)

    assert run.requests == 3
    assert DriftCheck.objects.count() == 20


def test_groups_longest_unchecked_come_first(connection, directory):
    groups = [directory.add_group(f"G{n}", members=[directory.add_user()]) for n in range(25)]
    sync(connection)
    choose(connection, *groups)

    sync(connection)
    sync(connection)

    assert DriftCheck.objects.count() == 25

"""First syncs that walk the groups: few requests, and every group's people as the tenant has them."""

import pytest

from directory_sync.models import Group
from tests.sync.harness import connect, group, sync
from tests.sync.truth import numbers
from tests.sync.walks import TEAMS, fill, is_true, meanwhile


@pytest.fixture
def requests(tenant_server):
    tenant_server.requests.reset()
    return tenant_server.requests


def test_members_are_read_in_batches_once_delta_would_take_longer(connection, directory, requests):
    fill(directory)

    run = sync(connection)

    assert (run.state, run.kind, run.groups) == ("succeeded", "full", TEAMS)
    assert requests("groups/delta") == 3  # a page, the link from now on, and what has changed since
    assert (requests("groups"), requests("members"), requests("$batch")) == (1, TEAMS, 3)
    is_true(connection, directory)


def test_few_pages_are_read_by_delta(connection, directory, requests):
    fill(directory)
    directory.link_page_size = 500

    sync(connection)

    assert (requests("groups"), requests("members")) == (0, 0)
    is_true(connection, directory)


def test_later_full_round_does_not_walk(connection, directory, requests):
    fill(directory)
    sync(connection)
    requests.reset()

    sync(connection, full=True)

    assert (requests("groups"), requests("members")) == (0, 0)
    is_true(connection, directory)


@pytest.mark.parametrize("noise", [0, 0.3, 1])
def test_everything_that_can_be_in_a_group_is_there(db, endpoints, directory, requests, noise):
    connection = connect(directory, sync_contacts=True)
    teams = fill(directory, noise=noise)
    inner = directory.add_group("Inner", kind="distribution", members=[directory.add_contact(), *teams[:2]])
    outer = directory.add_group("Outer", members=[inner, teams[2], directory.add_device()])
    directory.add_member(inner, outer)
    directory.add_group("Empty")
    directory.add_group("Itself", members=[outer, directory.add_user(accountEnabled=False)])

    run = sync(connection)

    assert run.state == "succeeded"
    assert requests("members") == len(directory.groups)
    is_true(connection, directory, contacts=True)
    for row in connection.groups.filter(is_read=True):
        told = numbers(directory, row.entra_id)
        assert (row.entra_direct, row.entra_transitive) == (told["entra_direct"], told["entra_transitive"])


@pytest.mark.parametrize("noise", [0, 1])
def test_night_after_a_walk_without_changes_is_quiet(connection, directory, requests, noise):
    fill(directory, noise=noise)
    sync(connection)

    run = sync(connection)

    assert (run.kind, run.added, run.removed, run.changed) == ("incremental", 0, 0, 0)
    is_true(connection, directory)


def test_group_of_more_than_one_page_is_read_whole(connection, directory, requests):
    fill(directory)
    directory.page_size = 500
    many = [directory.add_user(displayName=f"M{n}", mail=f"m{n}@contoso.com") for n in range(1_005)]
    crowd = directory.add_group("Crowd", members=many)

    sync(connection)

    assert requests("members") == TEAMS + 2
    assert group(connection, crowd).recipients == 1_005
    is_true(connection, directory)


def test_hidden_group_says_why_it_is_empty(connection, directory, requests):
    teams = fill(directory)
    directory.update_group(teams[0], visibility="HiddenMembership")

    sync(connection)

    hidden = group(connection, teams[0])
    assert (hidden.status, hidden.problem, hidden.people) == (Group.Status.ERROR, "hidden_membership", 0)
    is_true(connection, directory, teams[0])


def test_hidden_group_is_read_with_the_permission_for_it(connection, directory, requests):
    teams = fill(directory)
    directory.update_group(teams[0], visibility="HiddenMembership")
    directory.grant_role("Member.Read.Hidden")

    sync(connection)

    is_true(connection, directory)
    assert group(connection, teams[0]).status == Group.Status.SYNCED


# Before the listing; beside the members' batches; between them and the round that tells what has changed.
POINTS = pytest.mark.parametrize(
    "point", [("groups", 1), ("members", 1), ("groups/delta", 3)], ids=lambda each: each[0]
)


@POINTS
@pytest.mark.parametrize("noise", [0, 1])
def test_groups_that_change_while_they_are_walked_are_right_at_the_end(
    connection, directory, tenant_server, point, noise
):
    teams = fill(directory)
    inner = directory.add_group("Inner", members=directory.users[:3])
    outer = directory.add_group("Outer", members=[inner, teams[0]])
    wood = directory.add_group("Wood", kind="m365", members=directory.users[:2])
    directory.add_member(teams[5], wood)

    def change() -> None:
        directory.noise = noise
        directory.remove_member(teams[1], sorted(directory.members(teams[1]))[0])
        directory.add_member(teams[2], inner)
        directory.remove_member(outer, teams[0])
        directory.delete_group(teams[3])
        directory.delete_group(wood)
        directory.rename_group(teams[4], "Renamed")
        directory.add_group("New", members=[outer, *directory.users[5:9]])
        directory.add_member(inner, outer)

    with meanwhile(tenant_server.pause_before(*point), change):
        run = sync(connection)

    assert run.state == "succeeded"
    assert group(connection, teams[4]).name == "Renamed"
    is_true(connection, directory)


@POINTS
def test_people_who_change_while_groups_are_walked_are_right_a_night_later(connection, directory, tenant_server, point):
    teams = fill(directory)
    people = directory.users

    def change() -> None:
        directory.disable_user(people[1])
        directory.soft_delete_user(people[2])
        directory.purge_user(people[3])
        directory.update_user(people[4], mail=None)
        directory.add_member(teams[0], directory.add_user(displayName="New", mail="new@contoso.com"))

    with meanwhile(tenant_server.pause_before(*point), change):
        run = sync(connection)
    again = sync(connection)

    assert (run.state, again.state, again.kind) == ("succeeded", "succeeded", "incremental")
    is_true(connection, directory)


FAILURES = pytest.mark.parametrize(("kind", "problem"), [("403", "permission_missing"), ("500", "unavailable")])


@FAILURES
def test_group_that_can_not_be_read_fails_alone_and_heals_the_next_night(
    connection, directory, tenant_server, kind, problem
):
    teams = fill(directory)
    outer = directory.add_group("Outer", members=[teams[0], teams[1], directory.users[0]])
    tenant_server.faults.add("members", kind, times=None, path_contains=teams[0], retry_after=600)

    run = sync(connection)

    failed = group(connection, teams[0])
    assert (run.state, failed.status, failed.problem, failed.reread_due) == ("succeeded", "error", problem, True)
    assert set(connection.groups.exclude(pk=failed.pk).values_list("status", flat=True)) == {"synced"}
    is_true(connection, directory, teams[0], outer)
    again = sync(connection)
    assert (again.state, group(connection, teams[0]).problem) == ("succeeded", problem)
    tenant_server.faults.clear()
    healed = sync(connection)
    assert (healed.state, healed.kind) == ("succeeded", "incremental")
    is_true(connection, directory)
    assert not connection.groups.filter(reread_due=True).exists()
    assert set(connection.groups.values_list("status", flat=True)) == {"synced"}


def test_half_a_group_is_not_taken_for_the_whole(connection, directory, tenant_server):
    fill(directory)
    directory.page_size = 500
    many = [directory.add_user(displayName=f"M{n}", mail=f"m{n}@contoso.com") for n in range(1_005)]
    crowd = directory.add_group("Crowd", members=many)
    tenant_server.faults.add("members", "403", path_contains="skiptoken")

    sync(connection)

    failed = group(connection, crowd)
    assert (failed.status, failed.problem, failed.people) == ("error", "permission_missing", 0)
    is_true(connection, directory, crowd)
    sync(connection)
    is_true(connection, directory)


def test_group_that_fails_and_is_deleted_meanwhile_is_nobodys_problem(connection, directory, tenant_server):
    teams = fill(directory)
    tenant_server.faults.add("members", "403", times=None, path_contains=teams[0])

    with meanwhile(tenant_server.pause_before("groups/delta", 3), lambda: directory.delete_group(teams[0])):
        run = sync(connection)

    assert run.state == "succeeded"
    assert not connection.groups.exclude(problem="").exists()
    is_true(connection, directory)

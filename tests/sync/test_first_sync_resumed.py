"""First syncs that walk and whose worker stops somewhere: the next one goes on, and the result is the same."""

import pytest

from directory_sync.models import SyncRun
from directory_sync.sync import claim, journal
from directory_sync.sync.fetch import LISTING, MEMBERS
from directory_sync.sync.perform import perform
from directory_sync.tasks import run_next_due
from tests.faults.workers import Workers
from tests.sync.harness import connect, group
from tests.sync.walks import TEAMS, fill, is_true, pull_until_it_fails, read_groups


def stop_at(connection, server, where: str, after: int = 0) -> SyncRun:
    """Begin a run whose worker comes so far and no further; it has waited long enough for another to take it."""
    run = claim.begin(connection, SyncRun.Trigger.MANUAL)
    server.faults.add(where, "503", times=None, after=after)
    pull_until_it_fails(run)
    server.faults.clear()
    server.requests.reset()
    SyncRun.objects.filter(pk=run.pk).update(state=SyncRun.State.QUEUED)
    return run


def asked(server) -> set[str]:
    """Groups whose members were asked for; what the worker before had asked last may come among them."""
    return {each.path.split("/")[-2] for each in server.requests.entries if each.kind == "members"}


def test_next_worker_reads_only_groups_not_read_yet(connection, directory, tenant_server):
    fill(directory, 3 * TEAMS)
    run = stop_at(connection, tenant_server, "$batch", after=2)
    read = read_groups(run)

    assert run_next_due() == "succeeded"

    assert len(asked(tenant_server)) >= 3 * TEAMS - len(read)
    assert read.isdisjoint(asked(tenant_server))
    assert (tenant_server.requests("groups"), tenant_server.requests("groups/delta")) == (0, 1)
    assert tenant_server.requests("users/delta") == 0
    is_true(connection, directory)


def test_changes_while_nobody_is_at_work_are_seen(connection, directory, tenant_server):
    teams = fill(directory)
    stop_at(connection, tenant_server, "$batch", after=1)
    directory.remove_member(teams[0], sorted(directory.members(teams[0]))[0])
    directory.add_member(teams[1], teams[2])
    directory.delete_group(teams[3])
    directory.add_group("New", members=directory.users[:3])

    assert run_next_due() == "succeeded"

    is_true(connection, directory)


def test_stopped_right_after_the_link_from_now_on_was_taken(connection, directory, tenant_server):
    teams = fill(directory)
    run = stop_at(connection, tenant_server, "groups")
    directory.remove_member(teams[0], sorted(directory.members(teams[0]))[0])
    directory.delete_group(teams[1])

    assert run.journal.filter(source=LISTING).count() == 1
    assert not run.journal.filter(source="groups").exists()
    assert run_next_due() == "succeeded"

    assert (tenant_server.requests("groups"), tenant_server.requests("groups/delta")) == (1, 1)
    is_true(connection, directory)


def test_stopped_within_the_listing(connection, directory, tenant_server):
    fill(directory, 15)
    for number in range(1_000):
        directory.add_group(f"Empty {number}")
    directory.page_size = 2
    run = stop_at(connection, tenant_server, "groups", after=1)

    assert [len(items) for items in journal.items(run, LISTING)] == [0, 999]
    assert run_next_due() == "succeeded"

    assert (tenant_server.requests("groups"), tenant_server.requests("members")) == (1, 1_015)
    is_true(connection, directory)


def test_stopped_before_what_has_changed_since_is_asked_for(connection, directory, tenant_server):
    teams = fill(directory)
    run = stop_at(connection, tenant_server, "groups/delta", after=2)
    directory.remove_member(teams[0], sorted(directory.members(teams[0]))[0])

    assert len(read_groups(run)) == TEAMS
    assert run_next_due() == "succeeded"

    assert (tenant_server.requests("groups"), tenant_server.requests("members")) == (0, 0)
    assert tenant_server.requests("groups/delta") == 1
    is_true(connection, directory)


def test_group_that_failed_before_the_worker_stopped_has_failed(connection, directory, tenant_server):
    teams = fill(directory)
    tenant_server.faults.add("members", "403", times=None, path_contains=teams[0])
    stop_at(connection, tenant_server, "groups/delta", after=2)

    assert run_next_due() == "succeeded"

    assert group(connection, teams[0]).problem == "permission_missing"
    is_true(connection, directory, teams[0])


@pytest.mark.parametrize("noise", [0, 1])
def test_worker_that_parks_after_every_page_comes_to_the_same_end(connection, directory, noise):
    fill(directory, noise=noise)
    directory.page_size = 200
    run = claim.begin(connection, SyncRun.Trigger.MANUAL)

    while perform(run, deadline=0).state == "queued":
        assert claim.claim(run)

    assert (run.state, run.attempt > 4) == ("succeeded", True)
    is_true(connection, directory)


@pytest.mark.parametrize(
    ("streams", "state"), [(["groups"], "partial"), (["users"], "partial"), (["users", "groups"], "failed")]
)
@pytest.mark.parametrize("times", [1, 2])
def test_sync_after_one_that_failed_while_it_walked_is_right(
    connection, directory, tenant_server, streams, state, times
):
    teams = fill(directory)
    for _ in range(times):
        for stream in streams:
            tenant_server.faults.add(f"{stream}/delta", "403", times=None, after=2)
        run = claim.begin(connection, SyncRun.Trigger.MANUAL)
        assert perform(run).state == state
        tenant_server.faults.clear()
        gone = teams.pop()
        directory.remove_member(gone, sorted(directory.members(gone))[0])
        directory.delete_group(teams.pop())
        directory.purge_user(directory.users[-1])

    assert perform(claim.begin(connection, SyncRun.Trigger.MANUAL)).state == "succeeded"

    is_true(connection, directory)


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("where", "nth"), [("$batch", 2), ("groups/delta", 2), ("groups/delta", 3)])
def test_worker_killed_in_the_walk_is_followed_by_another(endpoints, directory, tenant_server, tmp_path, where, nth):
    connection = connect(directory)
    teams = fill(directory, 8 * TEAMS)
    workers = Workers(tmp_path, tenant_server)
    gate = tenant_server.pause_before(where, nth)
    try:
        worker = workers.start(connection)
        assert gate.wait()
        run = connection.runs.get()
        kept = {"$batch": 1, "groups/delta": 0}[where] if nth == 2 else 8 * TEAMS // 20
        workers.wait_until(lambda: run.journal.filter(source=MEMBERS).count() >= kept, worker)
        workers.kill(worker)
    finally:
        tenant_server.faults.clear()
        workers.stop()
    read = read_groups(run)
    tenant_server.requests.reset()
    directory.remove_member(teams[0], sorted(directory.members(teams[0]))[0])

    assert run_next_due() == "succeeded"

    assert len(asked(tenant_server)) >= 8 * TEAMS - len(read)
    assert read.isdisjoint(asked(tenant_server))
    is_true(connection, directory)

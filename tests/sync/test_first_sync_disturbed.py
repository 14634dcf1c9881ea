"""First syncs that somebody else has finished, that are refused in the middle, or that met half of the truth."""

import threading
from datetime import timedelta
from time import monotonic, sleep

import pytest
from django.db import connections as databases
from django.utils import timezone

from directory_sync.models import SyncRun
from directory_sync.sync import claim
from directory_sync.sync.perform import perform
from directory_sync.tasks import run_next_due
from tests.sync.harness import connect, sync
from tests.sync.walks import fill, is_true, meanwhile


def until(holds) -> None:
    give_up = monotonic() + 8
    while not holds():
        assert monotonic() < give_up
        sleep(0.02)


def in_thread(act) -> threading.Thread:
    def work() -> None:
        act()
        databases.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_parked", [False, True])
def test_worker_thought_dead_that_goes_on_to_walk_takes_nothing_away(endpoints, directory, tenant_server, is_parked):
    connection = connect(directory)
    fill(directory)
    gate = tenant_server.pause_before("groups/delta", 2)  # the link from now on, asked for once walking is decided
    slow = claim.begin(connection, SyncRun.Trigger.MANUAL)
    zombie = in_thread(lambda: perform(slow))
    assert gate.wait()

    until(lambda: slow.journal.filter(source="users").exclude(delta_link="").exists())
    silent = timezone.now() - timedelta(hours=1)
    SyncRun.objects.filter(pk=slow.pk).update(heartbeat_at=silent, worker="elsewhere/1/1")
    mine = SyncRun.objects.get(pk=slow.pk)
    assert claim.claim(mine)
    if is_parked:  # after each page, until the members are in the journal
        while mine.journal.filter(source="members").count() < 3:
            if mine.state == "queued":
                assert claim.claim(mine)
            perform(mine, deadline=0)
        assert mine.state == "queued"
    else:
        assert perform(mine).state == "succeeded"
    gate.release()
    zombie.join()
    if is_parked:
        assert run_next_due() == "succeeded"

    is_true(connection, directory)


def test_group_deleted_while_the_groups_are_walked_leaves_no_row(connection, directory, tenant_server):
    teams = fill(directory)

    with meanwhile(tenant_server.pause_before("groups/delta", 3), lambda: directory.delete_group(teams[0])):
        run = sync(connection)

    assert run.state == "succeeded"
    assert list(connection.groups.filter(entra_id=teams[0]).values_list("name", "status")) == []


def test_run_in_which_no_group_could_be_walked_is_not_a_success(connection, directory, tenant_server):
    fill(directory)
    tenant_server.faults.add("members", "403", times=None)

    run = sync(connection)

    assert (run.state, run.problem) != ("succeeded", "")


def test_walk_whose_since_link_is_refused_starts_over(connection, directory, tenant_server):
    fill(directory)
    tenant_server.faults.add("groups/delta", "410", after=2)

    run = sync(connection)

    assert run.state == "succeeded"
    is_true(connection, directory)


def test_progress_does_not_count_groups_twice(connection, directory):
    fill(directory)

    run = sync(connection)

    assert run.read_objects <= run.expected_objects


@pytest.mark.django_db(transaction=True)
def test_worker_thought_dead_whose_groups_fail_takes_nothing_away(endpoints, directory, tenant_server):
    connection = connect(directory)
    fill(directory)
    gate = tenant_server.pause_before("groups/delta", 3)  # all is walked
    slow = claim.begin(connection, SyncRun.Trigger.MANUAL)
    zombie = in_thread(lambda: perform(slow))
    assert gate.wait()
    until(lambda: slow.journal.filter(source="users").exclude(delta_link="").exists())
    until(lambda: slow.journal.filter(source="members").count() == 3)
    silent = timezone.now() - timedelta(hours=1)
    SyncRun.objects.filter(pk=slow.pk).update(heartbeat_at=silent, worker="elsewhere/1/1")

    assert run_next_due() == "succeeded"
    tenant_server.faults.add("groups/delta", "403", times=None)
    gate.release()
    zombie.join()

    is_true(connection, directory)


def test_people_of_a_first_round_are_not_asked_for_their_groups_one_by_one(connection, directory, tenant_server):
    fill(directory)
    tenant_server.faults.add("users/delta", "403", times=None)
    assert sync(connection).state == "partial"
    tenant_server.faults.clear()
    tenant_server.requests.reset()

    assert sync(connection).state == "succeeded"

    assert tenant_server.requests("memberOf") == 0  # their links have all been read the night before


def test_member_that_is_no_object_is_passed_over():
    from directory_sync.graph.walking import WalkedPage
    from directory_sync.sync import fetch

    page = WalkedPage("a", [None, {"id": "b", "@odata.type": "#microsoft.graph.user"}], "", True, None)

    assert fetch._members(page)["members"] == {"user": ["b"]}


def test_listing_whose_link_has_expired_starts_over(connection, directory, tenant_server):
    from tests.sync.test_first_sync_resumed import stop_at

    fill(directory, 15)
    for number in range(1_000):
        directory.add_group(f"Empty {number}")
    directory.page_size = 2
    stop_at(connection, tenant_server, "groups", after=1)
    tenant_server.faults.add("groups", "expired_page_token")

    assert run_next_due() == "succeeded"

    is_true(connection, directory)

"""Numbers of groups after a run: those in use at once, the others soon, and never wrong for longer than a night."""

import itertools

import pytest
from django.db import connection as database
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from directory_sync.models import Group, SyncRun
from directory_sync.sync import claim, counts
from tests.faults.workers import Workers, standing_still, stands_still
from tests.sync.audiences import choose
from tests.sync.harness import connect, group, sync
from tests.sync.truth import numbers
from tests.sync.walks import fill


def are_right(connection, directory) -> None:
    """Every living group's numbers are those of the tenant."""
    for row in connection.groups.filter(is_read=True).exclude(status=Group.Status.GONE):
        told = numbers(directory, row.entra_id)
        assert (row.entra_direct, row.entra_transitive) == (told["entra_direct"], told["entra_transitive"])
        assert row.recipients == row.reached().count()
    assert not connection.groups.filter(counts_due=True).exists()


@pytest.mark.parametrize("full", [False, True])
def test_numbers_are_right_when_the_run_is_over(connection, directory, full):
    teams = fill(directory, 12)
    directory.add_member(teams[0], teams[1])
    sync(connection)
    are_right(connection, directory)
    directory.soft_delete_user(directory.users[0])
    directory.disable_user(directory.users[1])
    directory.remove_member(teams[0], teams[1])
    directory.add_member(teams[2], teams[3])

    sync(connection, full=full)

    are_right(connection, directory)


def test_numbers_that_are_due_are_counted_by_whatever_run_comes_next(connection, directory):
    fill(directory, 12)
    sync(connection)
    connection.groups.update(counts_due=True, entra_direct=9, entra_transitive=9, people=9, recipients=9)

    run = sync(connection)

    assert (run.kind, run.changed) == ("incremental", 0)
    are_right(connection, directory)


def test_numbers_move_by_what_changed_and_nothing_else_is_counted(connection, directory):
    teams = fill(directory, 12)
    for above, below in itertools.pairwise(teams[:3]):
        directory.add_member(above, below)
    [person, other] = sorted(directory.members(teams[2], "user"))[:2]
    directory.add_member(teams[0], person)
    sync(connection)
    are_right(connection, directory)
    connection.groups.update(entra_direct=F("entra_direct") + 100, recipients=F("recipients") + 100)
    before = {row.entra_id: row for row in connection.groups.all()}

    directory.remove_member(teams[2], person)  # who stays in the group at the top
    directory.disable_user(other)
    sync(connection)

    after = {row.entra_id: row for row in connection.groups.all()}
    steps = {
        id: (
            row.entra_direct - before[id].entra_direct,
            row.people - before[id].people,
            row.recipients - before[id].recipients,
        )
        for id, row in after.items()
    }
    assert steps[teams[0]] == (0, 0, -1)
    assert steps[teams[1]] == (0, -1, -2)
    assert steps[teams[2]] == (-1, -1, -2)
    assert {steps[team] for team in teams[3:] if other not in directory.members(team)} == {(0, 0, 0)}


@pytest.mark.parametrize("change", ["leave", "join", "disable", "delete", "return", "newcomer", "contact"])
def test_numbers_are_right_for_whoever_is_reached_on_two_ways(connection, directory, change):
    teams = fill(directory, 12)
    directory.add_member(teams[0], teams[1])
    directory.add_member(teams[1], teams[2])
    directory.add_member(teams[2], teams[1])  # a circle
    person = sorted(directory.members(teams[2], "user"))[0]
    for team in teams[:2]:
        directory.add_member(team, person)
    if change == "return":
        directory.soft_delete_user(person)
    sync(connection)

    match change:
        case "leave":
            directory.remove_member(teams[2], person)
        case "join":
            directory.add_member(teams[1], sorted(directory.members(teams[3], "user"))[0])
        case "disable":
            directory.disable_user(person)
        case "delete":
            directory.soft_delete_user(person)
        case "return":
            directory.restore_user(person)
        case "newcomer":
            directory.add_member(teams[2], directory.add_user())
        case "contact":
            directory.add_member(teams[2], directory.add_contact())
    run = sync(connection)

    assert run.kind == "incremental"
    are_right(connection, directory)


def test_group_of_which_only_the_id_was_known_leaves_the_numbers_of_those_above(connection, directory):
    teams = fill(directory, 12)
    directory.add_member(teams[0], teams[1])
    sync(connection)
    connection.groups.filter(entra_id=teams[1]).update(is_read=False)
    directory.delete_group(teams[1])

    sync(connection)

    assert not connection.groups.filter(entra_id=teams[1]).exists()
    are_right(connection, directory)


def test_full_round_counts_all_groups_and_writes_those_alone_that_were_wrong(connection, directory):
    teams = fill(directory, 12)
    sync(connection)
    connection.groups.filter(entra_id__in=teams[:3]).update(recipients=9)

    with CaptureQueriesContext(database) as queries:
        sync(connection, full=True)

    are_right(connection, directory)
    written = [each["sql"] for each in queries if 'UPDATE "directory_sync_group" SET "entra_' in each["sql"]]
    assert [sql.split(":")[0] for sql in written] == ["3 times"]


def test_group_in_use_is_counted_at_once_and_others_are_noted(connection, directory):
    teams = fill(directory, 12)
    sync(connection)
    choose(connection, teams[0])
    pks = set(connection.groups.values_list("pk", flat=True))
    connection.groups.update(recipients=9)

    counts.note_changed(connection, pks)

    used = group(connection, teams[0])
    assert (used.recipients, used.counts_due) == (used.reached().count(), False)
    others = connection.groups.exclude(pk=used.pk)
    assert set(others.values_list("recipients", "counts_due")) == {(9, True)}


def test_numbers_of_another_connection_are_left_alone(connection, directory, tenant_server):
    fill(directory, 12)
    sync(connection)
    connection.groups.update(counts_due=True, recipients=9)
    other = tenant_server.add_tenant()

    sync(connect(other, "Other"))

    assert set(connection.groups.values_list("recipients", "counts_due")) == {(9, True)}


WHEN = {"sqlite": "OLD.counts_due = 1 AND NEW.counts_due = 0", "postgresql": "OLD.counts_due AND NOT NEW.counts_due"}


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_first", [True, False], ids=["first", "later"])
def test_worker_killed_before_it_has_counted_is_made_up_for(endpoints, directory, tenant_server, tmp_path, is_first):
    connection = connect(directory)
    teams = fill(directory, 12)
    if not is_first:
        sync(connection)
        choose(connection, teams[0])
        for team in teams[:3]:
            directory.remove_member(team, sorted(directory.members(team))[0])
        directory.add_member(teams[4], teams[5])
    workers = Workers(tmp_path, tenant_server)
    try:
        with standing_still("UPDATE", "group", WHEN[database.vendor]):
            worker = workers.start(connection)
            workers.wait_until(stands_still, worker)
            workers.kill(worker)
    finally:
        workers.stop()

    assert connection.runs.first().state == "succeeded"
    assert connection.groups.filter(counts_due=True).exists()
    if not is_first:
        used = group(connection, teams[0])
        assert (used.recipients, used.entra_direct, used.counts_due) == (3, 3, False)
    assert claim.begin(connection, SyncRun.Trigger.MANUAL) is not None
    connection.runs.update(state=SyncRun.State.SUCCEEDED)
    assert sync(connection).kind == "incremental"
    are_right(connection, directory)

"""The one clock: midnight in New York, on the calendar."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django_q.models import OrmQ, Schedule

from directory_sync import schedules, tasks
from directory_sync.models import Connection, SyncRun
from directory_sync.sync import claim, schedule
from tests.sync.harness import connect

NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("after", "midnight"),
    [
        ("2027-03-13T23:59-05:00", "2027-03-14T05:00Z"),
        ("2027-03-14T00:00-05:00", "2027-03-15T04:00Z"),  # the clocks went forward in between
        ("2027-11-06T12:00-04:00", "2027-11-07T04:00Z"),
        ("2027-11-07T01:30-04:00", "2027-11-08T05:00Z"),  # the clocks went back in between
        ("2027-11-07T01:30-05:00", "2027-11-08T05:00Z"),
        ("2028-02-28T12:00-05:00", "2028-02-29T05:00Z"),
    ],
)
def test_next_midnight_is_midnight_in_new_york_through_clock_changes(after, midnight):
    assert schedule.next_midnight(datetime.fromisoformat(after)) == datetime.fromisoformat(midnight)


def test_weekly_connections_are_due_at_the_midnight_that_begins_monday():
    due = schedule.next_midnight(datetime(2027, 3, 10, 12, tzinfo=UTC), Connection.Cadence.WEEKLY)

    assert due.astimezone(NEW_YORK).strftime("%A %H:%M") == "Monday 00:00"


def test_retries_wait_longer_each_time_but_not_for_ever():
    now = datetime(2027, 1, 1, tzinfo=UTC)

    waits = [(schedule.retry_at(failures, now) - now) / timedelta(minutes=1) for failures in (1, 2, 3, 4, 5, 6, 100)]

    assert waits == [15, 30, 60, 120, 240, 360, 360]


def test_each_connection_has_one_full_night_a_week(connection):
    nights = [datetime(2027, 3, 10 + day, 5, 30, tzinfo=UTC) for day in range(7)]

    assert sum(schedule.is_full_night(connection, night) for night in nights) == 1


@time_machine.travel("2027-03-10T05:00Z", tick=False)
def test_beginning_a_run_sets_the_clock_to_the_next_midnight(connection):
    claim.begin(connection, SyncRun.Trigger.SCHEDULE)

    connection.refresh_from_db()
    assert connection.due_at == datetime(2027, 3, 11, 5, tzinfo=UTC)


def test_three_missed_nights_are_caught_up_by_one_run(connection, directory):
    Connection.objects.update(due_at=datetime.now(UTC) - timedelta(days=3))

    assert [tasks.run_next_due() for _ in range(3)] == ["succeeded", "nothing due", "nothing due"]


def test_sync_now_during_a_run_is_followed_by_another(connection, directory):
    run = claim.begin(connection, SyncRun.Trigger.MANUAL)
    schedule.sync_now(connection)
    during = claim.claim_next()
    claim.finish(run, SyncRun.State.SUCCEEDED)

    assert during is None
    assert claim.claim_next() is not None


def test_dispatch_queues_one_job_for_each_due_run_and_not_again(connection):
    assert [tasks.dispatch(), tasks.dispatch()] == [1, 0]
    assert OrmQ.objects.filter(key="sync").count() == 1


def test_schedules_are_installed_once_however_often(db):
    for _ in range(2):
        schedules.install()

    assert sorted(Schedule.objects.values_list("name", flat=True)) == sorted(schedules.wanted())


def test_installing_schedules_leaves_others_alone_and_drops_old_ones_of_ours(db):
    Schedule.objects.create(name="theirs", func="other.task")
    Schedule.objects.create(name="old", func="directory_sync.tasks.gone")

    schedules.install()

    assert set(Schedule.objects.values_list("name", flat=True)) == {"theirs", *schedules.wanted()}


def test_parked_run_of_a_huge_directory_does_not_delay_those_due_before_it_parked(connection, directory):
    now = datetime.now(UTC)
    huge = connect(directory, "Huge")
    parked = claim.begin(huge, SyncRun.Trigger.MANUAL)
    claim.park(parked)
    Connection.objects.filter(pk=connection.pk).update(due_at=now - timedelta(hours=1))

    taken = [claim.claim_next(), claim.claim_next(), claim.claim_next()]

    assert [run and run.connection for run in taken] == [connection, huge, None]


def test_failing_connection_delays_no_other(connection, directory):
    failing = connect(directory, "Failing")
    directory.disable_app(failing.client_id)
    Connection.objects.filter(pk=failing.pk).update(due_at=datetime.now(UTC) - timedelta(hours=1))

    outcomes = [tasks.run_next_due() for _ in range(3)]

    assert outcomes == ["failed", "succeeded", "nothing due"]

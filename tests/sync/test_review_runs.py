"""Odd timing and failing workers, each of which once led to a wrong number or a stuck run."""

import time
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from directory_sync import tasks
from directory_sync.models import Connection, JournalPage, SyncRun
from directory_sync.sync import claim, confirm, perform, pull, schedule
from directory_sync.sync.sign_in import open_client
from directory_sync.sync.staging import Staging
from tests.sync.harness import sync


def person(directory, name: str, **options) -> str:
    return directory.add_user(displayName=name, **{"mail": f"{name.lower()}@contoso.com", **options})


def set_options(connection: Connection, **options) -> None:
    Connection.objects.filter(pk=connection.pk).update(**options)


# --- Numbers of a run


def test_turning_an_option_reports_only_those_whom_it_changed(connection, directory):
    for name in ("Ann", "Bo"):
        person(directory, name)
    directory.add_guest("guest@elsewhere.example")
    sync(connection)

    set_options(connection, exclude_guests=True)
    run = sync(connection)

    assert (run.added, run.removed) == (0, 1)


def test_failed_run_says_how_many_requests_it_made(connection, directory, tenant_server):
    run = claim.begin(connection, SyncRun.Trigger.MANUAL)
    tenant_server.faults.add("*/delta", "redirect", times=None)

    perform.perform(run)

    assert (run.state, run.requests) == ("failed", 4)  # two counts, two streams


def test_requests_of_a_resumed_run_are_those_of_all_its_workers(connection, directory):
    directory.noise = 0
    for number in range(450):
        person(directory, f"P{number}")
    run = perform.perform(claim.begin(connection, SyncRun.Trigger.MANUAL), deadline=0)
    first = run.requests
    claim.claim(run)

    perform.perform(run)

    assert first > 0
    assert run.requests >= first + 1


# --- Runs that end


def test_round_whose_links_never_work_ends(connection, directory, tenant_server):
    directory.noise = 0
    for number in range(250):
        person(directory, f"P{number}")
    tenant_server.faults.add("users/delta", "410", times=None, path_contains="token=")

    run = sync(connection)

    assert (run.state, run.problem) == (SyncRun.State.PARTIAL, "delta_link_expired")


def test_run_that_kills_every_worker_is_given_up(connection, directory):
    run = claim.begin(connection, SyncRun.Trigger.MANUAL)
    silent = timezone.now() - timedelta(hours=1)
    SyncRun.objects.filter(pk=run.pk).update(heartbeat_at=silent, attempt=perform.MOST_ATTEMPTS)

    outcome = tasks.run_next_due()

    run.refresh_from_db()
    connection.refresh_from_db()
    assert (outcome, run.state, run.problem) == ("failed", SyncRun.State.FAILED, "defect")
    assert connection.due_at > timezone.now()


def test_failed_run_leaves_nothing_that_it_has_read(connection, directory, tenant_server, monkeypatch):
    person(directory, "Ann")
    monkeypatch.setattr("directory_sync.sync.apply.counts.refresh", lambda *_: 1 / 0)

    run = sync(connection)

    assert run.state == SyncRun.State.FAILED
    assert not JournalPage.objects.exists()


def test_defect_whose_exception_has_an_empty_code_ends_the_run(connection, directory, monkeypatch):
    def break_off(*_args, **_options):
        raise ValidationError("odd")  # its code is None

    monkeypatch.setattr(perform, "pull", break_off)

    assert sync(connection).problem == "defect"


def test_run_taken_over_while_it_parks_does_no_harm(connection, directory, monkeypatch):
    run = claim.begin(connection, SyncRun.Trigger.MANUAL)

    def lose_and_park(*_args, **_options):
        SyncRun.objects.filter(pk=run.pk).update(attempt=5)
        raise pull.Parked

    monkeypatch.setattr(perform, "pull", lose_and_park)
    ended = perform.perform(run)

    assert (ended.state, ended.attempt) == (SyncRun.State.RUNNING, 5)


def test_worker_that_confirms_many_absences_shows_that_it_lives(connection, directory, monkeypatch):
    for number in range(60):
        person(directory, f"P{number}")
    sync(connection)
    for user in list(directory.users):
        directory.purge_user(user)
    beats = []
    monkeypatch.setattr(perform.claim, "beat", lambda *_args, **changes: beats.append(changes.get("stage")))
    monkeypatch.setattr(confirm, "AT_ONCE", 20)
    run = claim.begin(connection, SyncRun.Trigger.MANUAL, full=True)

    with open_client(connection) as client, closing(Staging(run)) as staging:
        perform._read(run, client, staging, None)

    assert len([stage for stage in beats if stage is None]) >= 3


def test_idle_stream_past_the_deadline_is_parked(connection, directory, tenant_server, monkeypatch):
    monkeypatch.setattr(pull, "IDLE", 0.05)
    gate = tenant_server.pause_before("users/delta")
    run = claim.begin(connection, SyncRun.Trigger.MANUAL)

    perform.perform(run, deadline=time.monotonic() + 0.5)
    gate.release()

    assert run.state == SyncRun.State.QUEUED


# --- Claims and the clock


def test_connection_that_was_just_synced_by_another_worker_is_not_begun_again(connection):
    seen_as_due = Connection.objects.due(timezone.now()).get()
    claim.finish(claim.begin(connection, SyncRun.Trigger.SCHEDULE), SyncRun.State.SUCCEEDED)

    assert claim.begin(seen_as_due, SyncRun.Trigger.SCHEDULE, only_if_due=True) is None
    assert connection.runs.count() == 1


@pytest.mark.parametrize("state", [Connection.State.DISCONNECTED])
def test_no_run_begins_on_a_connection_that_has_been_disconnected_meanwhile(connection, state):
    set_options(connection, state=state)

    assert claim.begin(connection, SyncRun.Trigger.SCHEDULE) is None
    assert not connection.runs.exists()


def test_weekly_connection_is_read_whole_every_monday(connection, directory):
    set_options(connection, cadence=Connection.Cadence.WEEKLY)
    sync(connection)
    connection.refresh_from_db()
    mondays = [datetime(2027, 3, day, 5, 30, tzinfo=UTC) for day in (1, 8)]

    kinds = []
    for monday in mondays:
        run = claim.begin(connection, SyncRun.Trigger.SCHEDULE, monday)
        kinds.append(run.kind)
        claim.finish(run, SyncRun.State.SUCCEEDED)

    assert kinds == [SyncRun.Kind.FULL] * 2


def test_retry_of_a_full_run_is_full(connection, directory, tenant_server):
    sync(connection)
    run = claim.begin(connection, SyncRun.Trigger.MANUAL, full=True)
    tenant_server.faults.add("*/delta", "503", times=None, retry_after=600)
    perform.perform(run)
    tenant_server.faults.clear()
    set_options(connection, due_at=timezone.now())

    again = claim.claim_next()

    assert (again.trigger, again.kind) == (SyncRun.Trigger.RETRY, SyncRun.Kind.FULL)


def test_stream_that_was_out_of_reach_is_tried_again_within_the_hour(connection, directory, tenant_server):
    tenant_server.faults.add("groups/delta", "503", times=None, retry_after=600)

    run = sync(connection)

    connection.refresh_from_db()
    assert (run.state, connection.due_trigger) == (SyncRun.State.PARTIAL, SyncRun.Trigger.RETRY)
    assert connection.due_at < timezone.now() + timedelta(minutes=20)


def test_streams_out_of_reach_night_after_night_are_asked_less_and_less_often(connection, directory, tenant_server):
    tenant_server.faults.add("groups/delta", "503", times=None, retry_after=600)
    waits = []

    for _ in range(3):
        sync(connection)
        connection.refresh_from_db()
        waits.append(round((connection.due_at - timezone.now()) / timedelta(minutes=1)))

    assert waits == [15, 30, 60]


def test_midnight_that_the_clocks_skip_is_the_first_moment_of_that_day(settings):
    settings.SYNC_TIME_ZONE = "America/Havana"

    due = schedule.next_midnight(datetime(2027, 3, 13, 20, tzinfo=UTC))

    assert due == datetime(2027, 3, 14, 5, tzinfo=UTC)

"""Runs: claimed once, resumed where they stopped, told when they fail."""

import itertools
import threading
from contextlib import closing
from datetime import timedelta

import pytest
from django.db import connection as database
from django.db import connections as databases
from django.utils import timezone

from directory_sync.models import Connection, DeltaLink, JournalPage, Recipient, SyncRun
from directory_sync.sync import claim, journal, schedule
from directory_sync.sync.perform import perform
from directory_sync.tasks import run_next_due
from tests.sync.harness import connect, group, names, sync


def people(directory, number: int) -> list[str]:
    return [directory.add_user(displayName=f"P{n}", mail=f"p{n}@contoso.com") for n in range(number)]


def test_night_without_changes_asks_one_page_of_each_stream_and_writes_nothing(connection, directory):
    directory.noise = 0
    directory.add_group("Team", members=people(directory, 5))
    sync(connection)

    refuse_writing("recipient", "group", "membership", "nesting", "groupclosure")
    run = sync(connection)

    assert (run.state, run.kind, run.requests, run.users) == ("succeeded", "incremental", 2, 0)


def refuse_writing(*tables: str) -> None:
    """From now on, writing a row of these tables is an error of the database."""
    before = "CREATE {temp} TRIGGER no_{act}_{table} BEFORE {act} ON directory_sync_{table} {each} {then}"
    how = {"temp": "TEMP", "each": "", "then": "BEGIN SELECT RAISE(ABORT, 'written'); END"}
    with database.cursor() as cursor:
        if database.vendor == "postgresql":
            how = {"temp": "", "each": "FOR EACH ROW", "then": "EXECUTE FUNCTION refuse()"}
            cursor.execute(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'written'; END $$"
            )
        for table, act in itertools.product(tables, ("INSERT", "UPDATE", "DELETE")):
            cursor.execute(before.format(table=table, act=act, **how))


def test_second_claim_of_a_run_is_refused(connection):
    run = claim.begin(connection, SyncRun.Trigger.MANUAL)

    assert run is not None
    assert claim.begin(connection, SyncRun.Trigger.MANUAL) is None
    assert not claim.claim(SyncRun.objects.get(pk=run.pk))


def test_job_delivered_twice_does_one_run(connection, directory):
    outcomes = [run_next_due(), run_next_due()]

    assert outcomes == ["succeeded", "nothing due"]
    assert connection.runs.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_racing_for_one_run_do_it_once(endpoints, directory):
    connection = connect(directory)
    start = threading.Barrier(2)
    outcomes: list[str] = []

    def work() -> None:
        start.wait()
        outcomes.append(run_next_due())
        databases.close_all()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sorted(outcomes) == ["nothing due", "succeeded"]
    assert connection.runs.count() == 1


def test_silent_run_goes_on_with_the_pages_it_has(connection, directory, tenant_server):
    directory.noise = 0
    team = directory.add_group("Team", members=people(directory, 450))
    run = claim.begin(connection, SyncRun.Trigger.MANUAL)
    tenant_server.faults.add("users/delta", "503", times=None, after=2)
    first = _pull_until_it_fails(run)
    tenant_server.faults.clear()
    tenant_server.requests.reset()

    SyncRun.objects.filter(pk=run.pk).update(heartbeat_at=timezone.now() - timedelta(hours=1))
    assert run_next_due() == "succeeded"

    assert first == 2
    assert tenant_server.requests("users/delta") == 1
    assert group(connection, team).recipients == 450


def _pull_until_it_fails(run: SyncRun) -> int:
    """Read as a worker would that dies before it can tell; returns the pages of people it kept."""
    from directory_sync.graph.patience import Patience
    from directory_sync.sync.pull import pull
    from directory_sync.sync.sign_in import open_client
    from directory_sync.sync.staging import Staging

    with open_client(run.connection) as client, closing(Staging(run)) as staging:
        client.patience = Patience(1, 0)
        pull(run, client, staging)
    return run.journal.filter(source="users").count()


def test_worker_thought_dead_can_write_no_more(connection, directory):
    run = claim.begin(connection, SyncRun.Trigger.MANUAL)
    slow = SyncRun.objects.get(pk=run.pk)
    SyncRun.objects.filter(pk=run.pk).update(heartbeat_at=timezone.now() - timedelta(hours=1))
    assert claim.claim(run)

    with pytest.raises(claim.ClaimLost):
        journal.write(slow, JournalPage(source="users", number=0, is_full=True, fingerprint=""), [])
    perform(slow)

    assert not JournalPage.objects.exists()
    assert SyncRun.objects.get(pk=run.pk).state == SyncRun.State.RUNNING


def test_parked_run_is_finished_by_the_next_worker(connection, directory):
    team = directory.add_group("Team", members=people(directory, 450))
    run = perform(claim.begin(connection, SyncRun.Trigger.MANUAL), deadline=0)
    parked = run.state

    outcome = run_next_due()

    assert (parked, outcome, connection.runs.count()) == ("queued", "succeeded", 1)
    assert group(connection, team).recipients == 450


def test_failed_stream_keeps_its_rows_while_the_others_go_on(db, endpoints, directory):
    connection = connect(directory, sync_contacts=True)
    press = directory.add_group("Press", members=[directory.add_contact(displayName="Paper")])
    sync(connection)

    directory.withdraw_role("OrgContact.Read.All")
    directory.add_member(press, directory.add_user(displayName="Ann"))
    run = sync(connection)

    assert (run.state, run.problem) == ("partial", "permission_missing")
    assert names(connection, press) == ["Ann", "Paper"]


@pytest.mark.parametrize(
    ("harm", "problem"),
    [
        ("expire_secret", "secret_expired"),
        ("disable_app", "app_disabled"),
        ("remove_app", "app_not_found"),
    ],
)
def test_rejected_credentials_are_told_and_keep_the_last_good_lists(connection, directory, harm, problem):
    team = directory.add_group("Team", members=people(directory, 2))
    sync(connection)

    getattr(directory, harm)()
    run = sync(connection)

    connection.refresh_from_db()
    assert (run.state, run.problem, connection.problem) == ("failed", problem, problem)
    assert (connection.failures, group(connection, team).recipients) == (1, 2)


def test_refused_delta_link_leads_to_a_full_round_in_the_same_run(connection, directory):
    team = directory.add_group("Team", members=people(directory, 2))
    sync(connection)

    directory.advance(days=8)
    directory.add_member(team, directory.add_user(displayName="New"))
    run = sync(connection)

    assert (run.state, run.kind) == ("succeeded", "full")
    assert names(connection, team) == ["New", "P0", "P1"]


def test_unreachable_graph_is_tried_again_within_the_hour(connection, directory, tenant_server):
    run = claim.begin(connection, SyncRun.Trigger.SCHEDULE)
    tenant_server.faults.add("*/delta", "503", times=None, retry_after=600)

    perform(run)

    connection.refresh_from_db()
    assert run.problem == "unavailable"
    assert connection.due_at < timezone.now() + timedelta(minutes=20)
    assert connection.due_trigger == SyncRun.Trigger.RETRY


def test_defect_is_told_as_a_defect_and_changes_nothing(connection, directory, monkeypatch):
    people(directory, 2)
    monkeypatch.setattr("directory_sync.sync.apply.counts.refresh", lambda *_: 1 / 0)

    run = sync(connection)

    assert (run.state, run.problem) == ("failed", "defect")
    assert not Recipient.objects.exists()
    assert not DeltaLink.objects.exists()


def test_disconnected_and_paused_connections_are_never_due(connection):
    for state in (Connection.State.PAUSED, Connection.State.DISCONNECTED):
        Connection.objects.filter(pk=connection.pk).update(state=state)

        assert schedule.due_count(timezone.now()) == 0
        assert not schedule.sync_now(connection)

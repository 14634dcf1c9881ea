"""SIGKILL at each named point of a run, workers that meet, and a database that goes away or is full."""

import threading
from datetime import timedelta

import pytest
from django.db import connection as database
from django.db import connections as databases
from django.utils import timezone

from directory_sync.models import SyncRun
from directory_sync.sync import claim
from directory_sync.tasks import run_next_due
from tests.faults.conftest import DELTA_LINKS, TONIGHT, Company, build_company
from tests.faults.night import Night, told
from tests.faults.snapshot import changes, snapshot
from tests.faults.workers import Workers, cut_connections, standing_still, stands_still

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]
on_postgresql = pytest.mark.only_on("postgresql")  # only a server can lose a connection
on_sqlite = pytest.mark.only_on("sqlite")  # which can be told how large it may grow


@pytest.fixture
def shared(transactional_db, endpoints, hurried, directory, tenant_server) -> Company:
    """As `company`, in a database that processes and threads see."""
    return build_company(directory, tenant_server)


@pytest.fixture
def workers(shared, tmp_path, tenant_server):
    made = Workers(tmp_path, tenant_server)
    yield made
    tenant_server.faults.clear()
    made.stop()


def dead(company: Company, stage: str) -> SyncRun:
    """The run whose worker was killed: still running as far as the database knows, and nothing was changed."""
    run = company.connection.runs.get(state="running")
    assert (run.stage, run.attempt, run.finished_at) == (stage, 1, None)
    assert changes(company.before, snapshot(company.connection)) == {}
    return run


def next_worker(company: Company, run: SyncRun) -> Night:
    """What the queue's next job makes of it: the same run, ended once."""
    before = snapshot(company.connection)
    outcome = run_next_due()
    night = told(run, before, company.server)
    assert (outcome, night.run.attempt) == (night.state, 2)
    assert company.connection.runs.count() == 3  # two of the beginning, and this one
    company.is_true()
    return night


def test_killed_in_pull_with_pages_read(shared: Company, workers: Workers):
    shared.news()
    gate = shared.server.pause_before("users/delta", nth=3)
    worker = workers.start(shared.connection, "--full")
    assert gate.wait()
    run = shared.connection.runs.get(state="running")
    workers.wait_until(lambda: run.journal.filter(source="users").count() == 2, worker)

    workers.kill(worker)

    assert dead(shared, "reading").journal.filter(source="users").count() == 2
    shared.server.faults.clear()
    shared.server.requests.reset()
    night = next_worker(shared, run)
    assert (night.state, night.words, night.changed) == ("succeeded", "", TONIGHT)
    assert shared.server.requests("users/delta") == 1  # of three pages, the one that was not kept


@pytest.mark.parametrize(
    ("point", "stage"),
    [
        (("UPDATE", "syncrun", "NEW.stage = 'planning'"), "reading"),
        (("UPDATE", "syncrun", "NEW.stage = 'applying'"), "planning"),
        (("INSERT", "recipient"), "planning"),
        (("UPDATE", "deltalink"), "planning"),
        (("DELETE", "journalpage"), "planning"),
    ],
    ids=["plan-begins", "apply-begins", "apply-writes-people", "apply-writes-links", "apply-ends"],
)
def test_killed_in_a_statement(shared: Company, workers: Workers, point, stage):
    shared.news()
    with standing_still(*point):
        worker = workers.start(shared.connection)
        workers.wait_until(stands_still, worker)

        workers.kill(worker)

    run = dead(shared, stage)
    assert run.journal.exists()
    shared.server.requests.reset()
    night = next_worker(shared, run)
    assert (night.state, night.words, night.changed) == ("succeeded", "", TONIGHT)
    assert shared.server.requests("users/delta") == 0  # it is all in the journal


def test_killed_while_planning_asks_whether_somebody_is_gone(shared: Company, workers: Workers):
    shared.directory.purge_user(shared.ids["Bo"])
    gate = shared.server.pause_before("user")
    worker = workers.start(shared.connection, "--full")
    assert gate.wait()

    workers.kill(worker)

    run = dead(shared, "planning")
    shared.server.faults.clear()
    night = next_worker(shared, run)
    assert (night.state, night.words) == ("succeeded", "")
    assert night.changed == DELTA_LINKS | {"person Bo": "removed", "group Team": "synced, 1 of 1"}


def test_killed_in_verify_has_done_its_work(shared: Company, workers: Workers):
    shared.news()
    gate = shared.server.pause_before("$count")
    worker = workers.start(shared.connection)
    assert gate.wait()

    workers.kill(worker)

    shared.server.faults.clear()
    run = shared.connection.runs.first()
    assert (run.state, run.stage, run.problem) == ("succeeded", "", "")
    assert changes(shared.before, snapshot(shared.connection)) == TONIGHT
    assert run_next_due() == "nothing due"
    shared.is_true()


def test_job_delivered_twice_while_the_first_is_at_work_does_nothing(shared: Company, workers: Workers):
    shared.news()
    gate = shared.server.pause_before("users/delta")
    worker = workers.start(shared.connection)
    assert gate.wait()

    again = [run_next_due(), run_next_due()]
    between = changes(shared.before, snapshot(shared.connection))
    gate.release()

    assert worker.wait(60) == 0
    assert (again, between) == (["nothing due"] * 2, {})
    assert list(shared.connection.runs.values_list("state", "attempt")) == [("succeeded", 1)] * 3
    assert changes(shared.before, snapshot(shared.connection)) == TONIGHT


@pytest.mark.parametrize(("where", "rounds"), [("users/delta", 2), ("groups/delta", 2), ("memberOf", 3)])
def test_worker_thought_dead_that_comes_back_writes_nothing(shared: Company, workers: Workers, where, rounds):
    shared.news()
    gate = shared.server.pause_before(where)
    worker = workers.start(shared.connection)
    assert gate.wait()
    run = shared.connection.runs.get(state="running")
    workers.wait_until(lambda: run.journal.exclude(delta_link="").count() == rounds, worker)  # then it is silent
    silent = timezone.now() - timedelta(hours=1)
    SyncRun.objects.filter(pk=run.pk).update(heartbeat_at=silent, worker="elsewhere/1/1")

    night = next_worker(shared, run)
    after = snapshot(shared.connection)
    gate.release()

    worker.wait(60)
    assert (night.state, night.changed) == ("succeeded", TONIGHT)
    assert snapshot(shared.connection) == after
    assert "taken over by another worker" in workers.printed.read_text()


def test_two_workers_racing_for_a_run_never_both_get_it(shared: Company):
    for _ in range(10):
        run = claim.queue(shared.connection, SyncRun.Trigger.MANUAL)
        start, won = threading.Barrier(2), []

        def race(run=run, start=start, won=won) -> None:
            mine = SyncRun.objects.get(pk=run.pk)
            start.wait()
            won.append(claim.claim(mine))
            databases.close_all()

        racing = [threading.Thread(target=race) for _ in range(2)]
        for each in racing:
            each.start()
        for each in racing:
            each.join()

        run.refresh_from_db()
        assert (sorted(won), run.attempt) == ([False, True], 1)
        claim.finish(run, SyncRun.State.SUCCEEDED)
    assert changes(shared.before, snapshot(shared.connection)) == {}


@on_postgresql
def test_database_connection_lost_in_apply(shared: Company, workers: Workers):
    shared.news()
    with standing_still("UPDATE", "deltalink"):
        worker = workers.start(shared.connection)
        workers.wait_until(stands_still, worker)

        cut_connections()

        assert worker.wait(60) == 1
    run = shared.connection.runs.first()
    assert (run.state, run.problem) == ("failed", "defect")
    assert changes(shared.before, snapshot(shared.connection)) == {}
    assert shared.converges().changed == TONIGHT


@on_sqlite
def test_disk_full_while_journalling(shared: Company):
    for number in range(600):
        shared.directory.add_user(displayName=f"P{number}", mail=f"p{number}@contoso.com", jobTitle="x" * 50)
    shared.directory.page_size = 200
    shared.news()
    with database.cursor() as cursor:
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA page_count")
        pages = cursor.fetchone()[0]
        cursor.execute("PRAGMA freelist_count")
        free = cursor.fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count = {pages}")
    try:
        assert free < 10
        night = shared.night()
    finally:
        with database.cursor() as cursor:
            cursor.execute("PRAGMA max_page_count = 1073741823")

    assert (night.state, night.problem, night.words, night.who) == (
        "failed",
        "defect",
        "A defect on our side",
        "operator",
    )
    assert night.changed == {}
    again = shared.converges()
    assert len([fact for fact in again.changed if fact.startswith("person P")]) == 600

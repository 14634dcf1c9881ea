"""The temporary tables of a run: gone when it is over, and never seen by another."""

import pytest
from django.db import connection as database

from directory_sync.models import SyncRun
from directory_sync.sync import claim
from directory_sync.sync.perform import perform
from directory_sync.sync.staging import Staging
from tests.sync.harness import connect, sync
from tests.sync.walks import fill, is_true

TABLES = {
    "sqlite": "SELECT name FROM sqlite_temp_master WHERE type = 'table'",
    "postgresql": "SELECT relname FROM pg_class WHERE relpersistence = 't' AND relkind = 'r'",
}


def staged() -> set[str]:
    """Temporary tables of this session that hold what a round has shown."""
    with database.cursor() as cursor:
        cursor.execute(TABLES[database.vendor])
        return {name for (name,) in cursor.fetchall()}


def test_staging_has_its_tables_until_it_is_closed(connection):
    staging = Staging(claim.begin(connection, SyncRun.Trigger.MANUAL))
    before = staged()
    staging.add("users", [])
    during = staged()

    staging.close()

    assert (before, staged()) == (set(), set())
    assert {"staged_id", "staged_link", "staged_person"} <= during


@pytest.mark.parametrize("pages", [2, 500], ids=["walked", "by delta"])
def test_no_table_is_left_by_a_run_that_succeeds(connection, directory, pages):
    fill(directory)
    directory.link_page_size = pages

    for full in (True, False, True):
        assert sync(connection, full=full).state == "succeeded"
        assert staged() == set()


@pytest.mark.parametrize("where", ["*/delta", "groups", "$batch"])
def test_no_table_is_left_by_a_run_that_fails(connection, directory, tenant_server, where):
    fill(directory)
    tenant_server.faults.add(where, "403", times=None, after={"*/delta": 2}.get(where, 0))

    run = sync(connection)

    assert run.state in ("failed", "partial")
    assert staged() == set()
    tenant_server.faults.clear()
    assert sync(connection, full=True).state == "succeeded"
    is_true(connection, directory)


def test_no_table_is_left_by_a_run_that_parks(connection, directory):
    fill(directory)

    run = perform(claim.begin(connection, SyncRun.Trigger.MANUAL), deadline=0)

    assert run.state == "queued"
    assert staged() == set()


def test_connections_one_after_the_other_do_not_see_each_other(connection, directory, tenant_server):
    fill(directory)
    other = tenant_server.add_tenant("22222222-0000-4000-8000-000000000000", seed=directory.seed)
    fill(other, 12)
    assert not set(directory.users).isdisjoint(other.users)  # the same object ids in another tenant
    other.disable_user(other.users[0])
    second = connect(other, "Other")

    for full in (False, True, False, True):
        for each in (connection, second):
            assert sync(each, full=full).state == "succeeded"
        is_true(connection, directory)
        is_true(second, other)


def test_parked_run_of_one_connection_does_not_disturb_another(connection, directory, tenant_server):
    fill(directory)
    other = tenant_server.add_tenant()
    fill(other)
    second = connect(other, "Other")
    parked = claim.begin(connection, SyncRun.Trigger.MANUAL)

    while perform(parked, deadline=0).state == "queued":
        sync(second, full=True)
        assert claim.claim(parked)

    is_true(connection, directory)
    is_true(second, other)


@pytest.mark.only_on("postgresql")
@pytest.mark.parametrize("setting", ["jit", "work_mem"])
def test_session_is_tuned_for_the_round_alone(connection, directory, setting):
    fill(directory)
    before = told(setting)

    sync(connection)

    assert told(setting) == before


def told(setting: str) -> str:
    with database.cursor() as cursor:
        cursor.execute(f"SHOW {setting}")
        return cursor.fetchone()[0]

"""Refused credentials are asked about less and less often, and recover by themselves."""

from datetime import timedelta

import pytest
from django.utils import timezone

from directory_sync.models import Connection, SyncRun
from directory_sync.sync import worker
from tests.sync.harness import sync


def hours_until_due(connection) -> int:
    connection.refresh_from_db()
    return round((connection.due_at - timezone.now()) / timedelta(hours=1))


def test_refused_credentials_are_tried_after_6_12_and_24_hours_and_then_daily(connection, directory):
    directory.expire_secret()

    waits = []
    for _ in range(4):
        sync(connection)
        waits.append(hours_until_due(connection))

    assert waits == [6, 12, 24, 24]
    assert connection.state == Connection.State.QUARANTINED


def test_connection_recovers_by_the_first_run_that_succeeds(connection, directory):
    directory.disable_app()
    sync(connection)
    directory.enable_app()

    sync(connection)

    connection.refresh_from_db()
    assert (connection.state, connection.failures, connection.problem) == ("active", 0, "")


@pytest.mark.parametrize("kind", ["503", "429", "redirect", "not_json"])
def test_what_may_pass_never_quarantines(connection, directory, tenant_server, kind):
    tenant_server.faults.add("*/delta", kind, times=1 if kind == "not_json" else None, retry_after=600)

    sync(connection)

    connection.refresh_from_db()
    assert connection.state == Connection.State.ACTIVE


def test_run_of_a_process_that_is_gone_is_free_at_once(connection, directory):
    SyncRun.objects.create(
        connection=connection,
        state=SyncRun.State.RUNNING,
        attempt=1,
        heartbeat_at=timezone.now(),
        worker=worker.name().rpartition("/")[0] + "/1",  # another process that had our id
    )

    from directory_sync.tasks import run_next_due

    assert run_next_due() == "succeeded"


def test_run_of_a_living_process_or_of_another_host_is_not_free():
    ours = worker.name()

    assert not worker.is_gone(ours)
    assert not worker.is_gone("elsewhere/1/1")
    assert not worker.is_gone("")

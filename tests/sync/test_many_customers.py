"""A thousand customers cost a worker no more at a time than ten."""

from datetime import timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_q.models import OrmQ

from directory_sync import tasks
from directory_sync.models import Connection, SyncRun
from directory_sync.sync import claim
from tests.sync.harness import connect, sync


def due_since(connection: Connection, **ago) -> None:
    Connection.objects.filter(pk=connection.pk).update(due_at=timezone.now() - timedelta(**ago))


def customers(count: int) -> None:
    """Connections that are due; nobody ever signs in to them."""
    now = timezone.now()
    owner = {"owner_name": "Ada", "owner_email": "ada@customer.example", "due_at": now}
    Connection.objects.bulk_create(
        Connection(tenant_id=f"tenant {number}", client_id="app", **owner) for number in range(count)
    )


def queries(act) -> int:
    with CaptureQueriesContext(database) as captured:
        act()
    return len(captured)


@pytest.mark.parametrize("act", [claim.claim_next, tasks.dispatch])
def test_queries_do_not_grow_with_the_number_of_customers(db, act):
    customers(10)
    few = queries(act)
    Connection.objects.all().delete()
    OrmQ.objects.all().delete()
    customers(1000)

    many = queries(act)

    assert many == few


def test_queries_of_a_quiet_run_do_not_grow_with_the_directory(connection, directory):
    directory.noise = 0.0  # or answers repeat themselves, and a quiet run has work to do
    directory.add_group("Team", members=[directory.add_user() for _ in range(3)])
    sync(connection)
    few = queries(lambda: sync(connection))
    directory.add_group("Company", members=[directory.add_user() for _ in range(60)])
    sync(connection)

    many = queries(lambda: sync(connection))

    assert many == few


def test_job_goes_on_with_whoever_has_waited_longest(connection, directory):
    failing, earlier = connect(directory, "Failing"), connect(directory, "Earlier")
    directory.disable_app(failing.client_id)
    due_since(connection, hours=1)
    due_since(failing, hours=2)
    due_since(earlier, hours=3)

    done = tasks.work_off()

    runs = SyncRun.objects.order_by("created_at").values_list("connection", "state")
    assert done == 3
    assert list(runs) == [(earlier.pk, "succeeded"), (failing.pk, "failed"), (connection.pk, "succeeded")]


def test_job_without_due_runs_does_no_harm(db):
    assert tasks.work_off() == 0
    assert not OrmQ.objects.exists()


def test_job_that_has_used_up_its_time_leaves_the_rest_to_others(connection, directory, monkeypatch):
    monkeypatch.setattr(tasks, "SLICE", 0)
    connect(directory, "Other")

    done = tasks.work_off()

    assert done == 1
    assert OrmQ.objects.filter(key="sync").count() == 1


def test_few_jobs_are_on_the_queue_however_much_is_due(db):
    customers(1000)

    assert [tasks.dispatch(), tasks.dispatch()] == [tasks.MOST_JOBS, 0]

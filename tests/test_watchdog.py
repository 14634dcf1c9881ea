"""A secret revoked by day and a night that did not happen are noticed."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django_q.models import OrmQ, Schedule

from directory_sync import schedules, tasks, watchdog
from directory_sync.models import Connection, Credential, SyncRun
from directory_sync.sync import claim
from tests.sync.harness import connect, sync


def test_probe_asks_for_a_token_and_reads_nothing(connection, directory, tenant_server):
    tenant_server.requests.reset()

    assert tasks.probe_credential(connection.pk)

    assert set(tenant_server.requests()) == {"discovery", "token"}


def test_revoked_secret_makes_the_connection_due_and_its_run_tells(connection, directory):
    sync(connection)
    directory.expire_secret()

    assert not tasks.probe_credential(connection.pk)
    assert tasks.run_next_due() == "failed"

    connection.refresh_from_db()
    assert (connection.state, connection.problem) == ("quarantined", "secret_expired")


def test_login_host_out_of_order_changes_nothing(connection, directory, tenant_server):
    sync(connection)
    tenant_server.faults.add("token", "503", times=None, retry_after=600)
    before = Connection.objects.values().get()

    assert not tasks.probe_credential(connection.pk)

    assert Connection.objects.values().get() == before


def test_every_live_connection_is_probed_whatever_is_wrong_with_one(connection, directory):
    others = [connect(directory, name) for name in ("Broken", "Expired")]
    Credential.objects.filter(connection=others[0]).update(sealed="AAAA")
    directory.expire_secret(others[1].client_id)
    Connection.objects.update(due_at=None)

    assert tasks.probe_credentials() == 3
    assert Connection.objects.exclude(due_at=None).get() == others[1]


def test_probes_let_others_go_first_after_a_while(connection, directory, monkeypatch):
    monkeypatch.setattr(tasks, "PROBING", 0)
    connect(directory, "Other")
    first, second = Connection.objects.order_by("pk")

    assert tasks.probe_credentials() == 1
    [queued] = OrmQ.objects.filter(key="now")
    assert queued.task["args"] == (first.pk,)
    assert tasks.probe_credentials(first.pk) == 1
    assert tasks.probe_credentials(second.pk) == 0


def test_connection_that_nobody_takes_up_is_told_to_support_once_a_day(connection, mailoutbox):
    now = timezone.now()
    Connection.objects.update(due_at=now - timedelta(hours=3))

    told = [watchdog.tell_of_late_runs(now + timedelta(hours=hours)) for hours in (0, 1, 24)]

    assert told == [1, 1, 1]
    assert len(mailoutbox) == 2
    assert mailoutbox[0].to == [settings.SUPPORT_EMAIL]


def test_run_that_stands_still_is_late(connection):
    claim.begin(connection, SyncRun.Trigger.MANUAL)
    SyncRun.objects.update(heartbeat_at=timezone.now() - timedelta(hours=3))

    assert watchdog.late(timezone.now()).count() == 1


def test_connection_that_is_synced_or_paused_is_not_late(connection, directory):
    sync(connection)
    assert not watchdog.late(timezone.now()).exists()

    Connection.objects.update(state=Connection.State.PAUSED, due_at=timezone.now() - timedelta(days=3))
    assert not watchdog.late(timezone.now()).exists()


def test_probe_is_due_by_the_clock_of_the_place(db):
    schedules.install()

    probe = Schedule.objects.get(name="probe credentials")
    assert timezone.localtime(probe.next_run).strftime("%H:%M") == "07:00"

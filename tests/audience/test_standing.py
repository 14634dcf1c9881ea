"""What each group's line says, and the fragment that keeps it true during a sync."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from directory_sync.audience.standing import directories, standing
from directory_sync.diagnosis import diagnose
from directory_sync.models import Connection, Group, SyncRun

from .factories import make_everyone, make_group, make_segment
from .test_pages import address, body


def stand(series, segment):
    [directory] = directories(series.organization.accesses.all(), timezone.now()).values()
    return standing(segment.group, directory)


@pytest.mark.parametrize("status", ["waiting", "synced", "held", "gone", "error"])
def test_group_stands_as_its_status_says(series, contoso, status):
    segment = make_segment(series, make_group(contoso, "Sales", status=status))

    assert stand(series, segment).state == status


def test_group_in_error_says_what_happened_and_whom_to_ask(series, contoso):
    group = make_group(contoso, "Sales", status=Group.Status.ERROR, problem="permission_missing")

    found = stand(series, make_segment(series, group))

    assert found.why == diagnose("permission_missing").title
    assert "Ada Admin" in found.ask
    assert "ada@contoso.com" in found.ask


def test_hidden_membership_is_explained(series, contoso):
    group = make_group(contoso, "Board", status=Group.Status.ERROR, problem="hidden_membership", is_hidden=True)

    assert stand(series, make_segment(series, group)).why == diagnose("hidden_membership").title


@pytest.mark.parametrize(("status", "expected"), [("synced", "syncing"), ("error", "syncing"), ("gone", "gone")])
def test_group_is_syncing_while_its_directory_is_unless_it_is_gone(series, contoso, status, expected):
    segment = make_segment(series, make_group(contoso, "Sales", status=status))
    SyncRun.objects.create(connection=contoso, state=SyncRun.State.RUNNING)

    assert stand(series, segment).state == expected


@pytest.mark.parametrize(
    ("values", "expected"), [({}, "synced"), ({"synced_at": None}, "waiting"), ({"problem": "secret_expired"}, "error")]
)
def test_full_directory_stands_as_its_connection_does(series, contoso, values, expected):
    Connection.objects.update(**values)

    assert stand(series, make_everyone(series, contoso)).state == expected


@pytest.mark.parametrize(
    ("cadence", "hours", "stale"),
    [("nightly", 30, False), ("nightly", 40, True), ("weekly", 40, False), ("weekly", 200, True)],
)
def test_list_is_stale_when_its_sync_was_missed(client, series, contoso, editor, cadence, hours, stale):
    make_segment(series, make_group(contoso, "Sales"))
    Connection.objects.update(cadence=cadence, synced_at=timezone.now() - timedelta(hours=hours))

    assert ("Stale" in body(client.get(address(series)))) is stale


def test_what_stopped_the_last_sync_is_told_with_whom_to_ask(client, series, contoso, editor):
    Connection.objects.update(problem="secret_expired")

    page = body(client.get(address(series)))

    assert diagnose("secret_expired").title in page
    assert "mailto:ada@contoso.com" in page


def test_next_sync_is_told_in_the_time_zone_of_the_schedule(client, series, contoso, editor, settings):
    settings.SYNC_TIME_ZONE = "America/New_York"
    Connection.objects.update(due_at=datetime(2101, 1, 15, 5, tzinfo=UTC))

    assert "15 January, 00:00 EST" in body(client.get(address(series)))


def test_page_asks_for_news_while_a_sync_runs_and_has_a_link_for_browsers_without_scripts(
    client, series, contoso, editor
):
    SyncRun.objects.create(connection=contoso, state=SyncRun.State.RUNNING, pages=12)

    page = body(client.get(address(series, q="Sales")))

    assert "12 pages so far" in page
    assert f'hx-get="{address(series, "status")}?q=Sales"' in page
    assert f'href="{address(series)}?q=Sales">Refresh' in page


def test_page_asks_for_news_while_a_sync_is_queued(client, series, contoso, editor):
    Connection.objects.update(due_at=timezone.now() - timedelta(seconds=1))

    assert "hx-trigger" in body(client.get(address(series)))


def test_fragment_asks_again_during_a_sync_and_shows_each_line(client, series, contoso, editor):
    segment = make_segment(series, make_group(contoso, "Sales"))
    SyncRun.objects.create(connection=contoso, state=SyncRun.State.RUNNING)

    fragment = body(client.get(address(series, "status"), headers={"HX-Request": "true"}))

    assert "hx-trigger" in fragment
    assert f'id="standing-{segment.pk}" class="standing" hx-swap-oob="true"' in fragment
    assert "<html" not in fragment


def test_fragment_stops_asking_when_the_sync_has_ended_and_brings_the_number(client, series, contoso, editor):
    SyncRun.objects.create(connection=contoso, state=SyncRun.State.SUCCEEDED)

    fragment = body(client.get(address(series, "status"), headers={"HX-Request": "true"}))

    assert "hx-trigger" not in fragment
    assert 'data-addresses="0"' in fragment


def test_paused_directory_is_told_and_asks_for_nothing(client, series, contoso, editor):
    make_segment(series, make_group(contoso, "Sales"))
    Connection.objects.update(state=Connection.State.PAUSED, due_at=timezone.now() - timedelta(days=1))

    page = body(client.get(address(series)))

    assert "Paused" in page
    assert "hx-trigger" not in page

"""How far a run is: in admin, for the link's holder, and on a terminal."""

import io
import time
from datetime import timedelta

import pytest
from django.core.management.base import OutputWrapper
from django.urls import reverse
from django.utils import timezone

from directory_sync.management.bar import bar, line
from directory_sync.models import Connection, SyncRun
from directory_sync.progress import time_left
from onboarding import status
from tests.admin import factories
from tests.admin.test_held import url_of


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def running(connection=None, *, read: int = 250, seconds: float = 60, **values) -> SyncRun:
    known = {"stage": "reading", "expected_objects": 1_000, "read_objects": read, "pages": 3}
    known |= {"started_at": timezone.now() - timedelta(seconds=seconds), "state": SyncRun.State.RUNNING}
    return SyncRun(connection=connection, **known | values)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(10, "less than a minute left"), (60, "about 3 minutes left"), (3_600, "about 3 hours left")],
)
def test_time_left_is_told_at_the_pace_so_far(seconds, told):
    assert time_left(running(seconds=seconds)) == told


@pytest.mark.parametrize("values", [{"read": 0}, {"expected_objects": 0}, {"stage": "applying"}, {"state": "queued"}])
def test_no_time_is_promised_without_a_pace(values):
    assert time_left(running(**values)) == ""


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["run", "connection", "fragment"])
def test_admin_shows_percentage_and_time_left(client, page):
    connection = factories.make_connection()
    run = running(connection)
    run.save()
    client.force_login(factories.make_staff("Auditor"))
    fragment = reverse("admin:directory_sync_connection_progress", args=[connection.pk])

    shown = client.get({"run": url_of(run), "connection": url_of(connection), "fragment": fragment}[page])

    told = shown.content.decode()
    assert '<progress max="100" value="25"' in told
    assert "About 3 minutes left" in told
    assert f'hx-get="{fragment}"' in told


@pytest.mark.django_db
def test_admin_shows_no_bar_where_nothing_was_counted(client):
    connection = factories.make_connection()
    running(connection, expected_objects=0).save()
    client.force_login(factories.make_staff("Auditor"))

    told = client.get(url_of(connection)).content.decode()

    assert "<progress" not in told
    assert "3 pages read" in told


def test_holder_of_the_link_is_told_the_same():
    assert status.progress(running()) == "Reading the directory · 3 pages read · 25 % · about 3 minutes left"


def test_line_is_a_bar_with_words():
    assert line(running()) == "[######..................]  25 %  reading  3 pages  about 3 minutes left"


@pytest.mark.django_db(transaction=True)
def test_terminal_gets_a_bar_that_is_gone_at_the_end():
    connection = factories.make_connection()
    running(connection).save()
    terminal = Terminal()

    with bar(connection, OutputWrapper(terminal)):
        until = time.monotonic() + 10
        while "25 %" not in terminal.getvalue() and time.monotonic() < until:
            time.sleep(0.02)

    assert "25 %" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_what_is_no_terminal_gets_nothing():
    out = io.StringIO()

    with bar(Connection(), OutputWrapper(out)):
        pass

    assert out.getvalue() == ""

"""Lists: found, filtered, quick, and harmless to a spreadsheet."""

import csv
import io
from datetime import timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from directory_sync import connections
from directory_sync.models import Connection, Credential, Group, Organization, SyncRun
from tests.admin import factories

pytestmark = pytest.mark.django_db
LISTS = ["organization", "connection", "group", "recipient", "syncrun", "event"]


@pytest.fixture
def auditor(client):
    client.force_login(factories.make_staff("Auditor"))
    return client


def list_url(name: str) -> str:
    return reverse(f"admin:directory_sync_{name}_changelist")


def add_rows(many: int) -> None:
    for number in range(many):
        connection = factories.make_connection(f"Organization {Organization.objects.count()}")
        factories.make_group(connection, factories.make_person(connection))
        factories.make_run(connection, created_at=timezone.now() - timedelta(hours=number))


@pytest.mark.parametrize("name", LISTS)
def test_query_count_of_a_list_does_not_grow(auditor, name):
    add_rows(10)
    auditor.get(list_url(name))
    with CaptureQueriesContext(database) as few:
        auditor.get(list_url(name) + "?all=")

    add_rows(90)
    with CaptureQueriesContext(database) as many:
        auditor.get(list_url(name) + "?all=")

    assert len(many) == len(few)


def test_query_count_of_a_connection_page_does_not_grow(auditor):
    connection = factories.make_connection("Acme", attributes=("city", "job_title"))
    url = reverse("admin:directory_sync_connection_change", args=[connection.pk])
    factories.make_group(connection)
    factories.make_run(connection)
    auditor.get(url)
    with CaptureQueriesContext(database) as few:
        auditor.get(url)

    for _ in range(12):
        factories.make_group(connection, status=Group.Status.ERROR, problem="hidden_membership")
        factories.make_run(connection)
    with CaptureQueriesContext(database) as many:
        auditor.get(url)

    assert len(many) == len(few)


@pytest.mark.parametrize("worklist", ["failing", "expiring", "held", "waiting", "stale"])
def test_worklist_holds_what_it_is_named_for(auditor, worklist):
    long_ago = timezone.now() - timedelta(days=3)
    factories.make_connection("Healthy")
    factories.make_connection("failing", failing_since=long_ago, problem="throttled")
    factories.make_connection("stale", synced_at=long_ago)
    factories.make_connection("waiting", problem="consent_missing")
    factories.make_run(factories.make_connection("held"), SyncRun.State.HELD)
    expiring = factories.make_connection("expiring")
    Credential.objects.filter(connection=expiring).update(expires_on=timezone.localdate() + timedelta(days=5))

    shown = auditor.get(list_url("connection"), {"worklist": worklist}).context["cl"].result_list

    assert [each.accesses.get().organization.name for each in shown] == [worklist]


def test_disconnected_connection_is_on_no_worklist(auditor):
    connection = factories.make_connection(
        "Acme", synced_at=None, problem="secret_expired", failing_since=timezone.now()
    )
    connections.disconnect(connection, by="test")

    counts = [count for _, count in auditor.get(reverse("admin:index")).context["worklists"]]

    assert counts == [0, 0, 0, 0, 0]


def test_connection_is_found_by_its_organization(auditor):
    wanted = factories.make_connection("Globex")
    factories.make_connection("Acme")

    shown = auditor.get(list_url("connection"), {"q": "globex"}).context["cl"].result_list

    assert list(shown) == [wanted]


def test_exported_log_holds_no_formula(auditor):
    connection = factories.make_connection("Acme")
    connections.record(connection, "noted", by="=HYPERLINK(1)", subject="+1")
    connections.record(connection, "noted", by=" -2", subject="@x")

    answer = auditor.get(reverse("admin:directory_sync_event_export"), {"verb": "noted"})

    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode())))
    assert [(row["actor"], row["subject"]) for row in rows] == [("' -2", "'@x"), ("'=HYPERLINK(1)", "'+1")]


def test_export_needs_the_right_to_see_the_log(client):
    client.force_login(factories.make_staff())

    assert client.get(reverse("admin:directory_sync_event_export")).status_code == 403


def test_no_page_shows_anything_of_a_secret(client):
    connection = factories.make_connection("Acme")
    sealed = connection.current_credential().sealed
    factories.make_run(connection)
    client.force_login(factories.make_staff(is_superuser=True))
    urls = [
        reverse("admin:index"),
        *map(list_url, ("organization", "connection", "group", "recipient", "syncrun", "event")),
    ]
    for name in ("change", "options", "disconnect"):
        urls.append(reverse(f"admin:directory_sync_connection_{name}", args=[connection.pk]))

    pages = [client.get(url).content.decode() for url in urls]

    assert not [page for page in pages if sealed in page or factories.SECRET in page]
    assert Connection.objects.get().current_credential().secret_id in "".join(pages)


def test_person_page_says_why_nothing_is_sent(auditor):
    connection = factories.make_connection()
    person = factories.make_person(connection, left_out="disabled", email="")
    group = factories.make_group(connection, person)

    page = auditor.get(reverse("admin:directory_sync_recipient_change", args=[person.pk])).content.decode()

    assert "The account is disabled in Entra" in page
    assert group.name in page


@pytest.mark.parametrize("asked", ["Lovelace", "ada@", "ada.upn", "c0ffee00", "C0FFEE"])
def test_person_is_found_by_name_address_and_part_of_an_id(auditor, asked):
    connection = factories.make_connection("Acme")
    known = {"name": "Ada Lovelace", "mail": "ada@x.example", "username": "ada.upn@x.example"}
    factories.make_person(connection, entra_id="c0ffee00-0000-4000-8000-000000000001", **known)
    factories.make_person(connection, name="Bea")

    found = auditor.get(list_url("recipient"), {"q": asked}).content.decode()

    assert "Ada Lovelace" in found
    assert "Bea" not in found


def test_search_that_fits_on_a_page_is_done_once_for_the_count_and_once_for_the_ids(auditor):
    connection = factories.make_connection("Acme")
    factories.make_person(connection, name="Ada Lovelace")

    with CaptureQueriesContext(database) as asked:
        auditor.get(list_url("recipient"), {"q": "Lovelace"})

    searches = [query["sql"] for query in asked if "LIKE" in query["sql"] and "IN (" not in query["sql"]]
    assert len(searches) == 2

"""Who came and who left, on the pages of runs and groups."""

from datetime import timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from directory_sync.models import GroupChange
from tests.admin import factories
from tests.admin.test_held import body, url_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def auditor(client):
    client.force_login(factories.make_staff("Auditor"))
    return client


def change(run, group, added=(), removed=()) -> GroupChange:
    return GroupChange.objects.create(
        run=run,
        group=group,
        added=len(added),
        removed=len(removed),
        added_ids=[person.entra_id for person in added],
        removed_ids=[person.entra_id for person in removed],
    )


def test_run_page_names_who_came_and_left_by_todays_names(auditor):
    connection = factories.make_connection()
    ada, ben = factories.make_person(connection, name="Ada"), factories.make_person(connection, name="Ben")
    group, run = factories.make_group(connection, name="Sales"), factories.make_run(connection)
    change(run, None, added=[ada])
    change(run, group, added=[ada], removed=[ben])
    type(ada).objects.filter(pk=ada.pk).update(name="Ada Lovelace")

    page = body(auditor.get(url_of(run)))

    assert "The whole connection" in page
    assert "Ada Lovelace" in page
    assert ">−1<" in page
    assert page.index("The whole connection") < page.index(">Sales<")


def test_many_names_are_cut_and_the_count_is_of_all(auditor):
    connection = factories.make_connection()
    run = factories.make_run(connection)
    change(run, None, added=[factories.make_person(connection) for _ in range(30)])

    page = body(auditor.get(url_of(run)))

    assert "+30" in page
    assert "the first 25 of 30" in page


def test_name_is_never_looked_up_in_another_connection(auditor):
    connection, other = factories.make_connection(), factories.make_connection()
    person = factories.make_person(other, name="Somebody Else")
    run = factories.make_run(connection)
    change(run, None, added=[person])

    page = body(auditor.get(url_of(run)))

    assert "Somebody Else" not in page
    assert person.entra_id in page


def test_group_page_shows_its_last_changes_latest_first(auditor):
    connection = factories.make_connection()
    group, people = factories.make_group(connection), [factories.make_person(connection) for _ in range(3)]
    for days, came in ((2, people[:1]), (1, people[:3])):
        run = factories.make_run(connection, created_at=timezone.now() - timedelta(days=days))
        change(run, group, added=came)

    page = body(auditor.get(url_of(group)))

    assert page.index(">+3<") < page.index(">+1<")


def test_query_count_of_a_runs_history_does_not_grow(auditor):
    connection = factories.make_connection()
    run = factories.make_run(connection)
    change(run, factories.make_group(connection), added=[factories.make_person(connection)])
    auditor.get(url_of(run))
    with CaptureQueriesContext(database) as few:
        auditor.get(url_of(run))

    for _ in range(20):
        change(run, factories.make_group(connection), added=[factories.make_person(connection)])
    with CaptureQueriesContext(database) as many:
        auditor.get(url_of(run))

    assert len(many) == len(few)

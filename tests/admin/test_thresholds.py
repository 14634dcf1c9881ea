"""The guard's thresholds on the options form."""

import pytest
from django.urls import reverse

from directory_sync.connections import ConnectionRefused, own_thresholds
from directory_sync.models import Connection, Event
from directory_sync.sync.guard import Thresholds
from tests.admin import factories
from tests.admin.test_acts import options_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def support(client):
    client.force_login(factories.make_staff("Support"))
    return client


def url_of(connection: Connection) -> str:
    return reverse("admin:directory_sync_connection_options", args=[connection.pk])


def test_own_thresholds_are_kept_and_logged(support):
    connection = factories.make_connection()
    asked = {"guard_people_share": "35", "guard_links_more_than": "40"}

    support.post(url_of(connection), options_of(connection, **asked))

    connection.refresh_from_db()
    assert connection.guard == {"people_share": 0.35, "links_more_than": 40}
    assert Thresholds.of(connection.guard).people_share == 0.35
    assert Event.objects.get(verb="options changed").facts == {"guard": {"from": {}, "to": connection.guard}}


def test_usual_threshold_and_none_leave_the_connection_as_it_is(support):
    connection = factories.make_connection()

    support.post(url_of(connection), options_of(connection, guard_people_share="20", guard_empty_from=""))

    connection.refresh_from_db()
    assert connection.guard == {}
    assert not Event.objects.filter(verb="options changed").exists()


def test_form_shows_own_thresholds_and_the_usual_ones_beside_them(support):
    connection = factories.make_connection(guard={"people_share": 0.35})

    page = support.get(url_of(connection)).content.decode()

    assert 'name="guard_people_share" value="35"' in page
    assert 'placeholder="20"' in page
    assert 'placeholder="500"' in page


@pytest.mark.parametrize("asked", [{"guard_people_share": "101"}, {"guard_empty_from": "-1"}])
def test_threshold_out_of_range_is_refused(support, asked):
    connection = factories.make_connection()

    answer = support.post(url_of(connection), options_of(connection, **asked))

    assert answer.status_code == 200
    connection.refresh_from_db()
    assert connection.guard == {}


@pytest.mark.parametrize("asked", [{"people_share": 1.5}, {"empty_from": -1}, {"patience": 3}])
def test_no_door_can_store_a_threshold_that_makes_no_sense(asked):
    with pytest.raises(ConnectionRefused):
        own_thresholds(asked)

"""Pages of wide rows: the same rows in the same order as Django's own, for fewer and narrower reads."""

import pytest
from django.core.paginator import Paginator
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from directory_sync import paging
from directory_sync.models import Recipient
from directory_sync.paging import LeanPaginator
from tests.admin import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def everybody():
    connection = factories.make_connection("Acme")
    for number in range(12):
        factories.make_person(connection, name=f"Person {number % 5}")
    return Recipient.objects.order_by("name", "pk")


@pytest.mark.parametrize("few", [0, 100])
@pytest.mark.parametrize("number", [1, 2, 3, "last", "nonsense", 99])
def test_page_has_the_rows_of_an_ordinary_one(everybody, monkeypatch, few, number):
    monkeypatch.setattr(paging, "FEW", few)

    page = LeanPaginator(everybody, 5).get_page(number)

    usual = Paginator(everybody, 5).get_page(number)
    assert list(page) == list(usual)
    assert (page.number, page.start_index(), page.end_index()) == (usual.number, usual.start_index(), usual.end_index())


def test_page_of_nobody_asks_for_the_count_alone(everybody):
    with CaptureQueriesContext(database) as asked:
        page = LeanPaginator(everybody.filter(name="Nobody"), 5).get_page(1)
        assert list(page) == []

    assert len(asked) == 1


def test_known_count_is_not_asked_for(everybody):
    with CaptureQueriesContext(database) as asked:
        page = LeanPaginator(everybody, 5, known=12, source=Recipient.objects).get_page(3)

    assert (len(page), page.paginator.num_pages) == (2, 3)
    assert not any("COUNT" in query["sql"] for query in asked)


def test_first_rows_come_in_their_order(everybody):
    assert paging.first(everybody, 4) == list(everybody[:4])

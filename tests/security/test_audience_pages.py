"""The audience pages name people: they stay in no cache, and take any input."""

import pytest
from django.urls import reverse

from tests.audience.factories import make_connection, make_group, make_person

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["audience", "people", "import", "status"])
def test_pages_that_name_people_are_not_cached(client, series, editor, name):
    shown = client.get(reverse(f"audience:{name}", args=[series.organization.slug, series.slug]))

    assert "no-store" in shown.headers["Cache-Control"]


def test_page_of_a_group_is_not_cached(client, series, editor):
    connection = make_connection(series.organization)
    group = make_group(connection, "Sales", [make_person(connection, "eve@contoso.com")])

    shown = client.get(reverse("audience:group", args=[series.organization.slug, series.slug, group.pk]))

    assert b"eve@contoso.com" in shown.content
    assert "no-store" in shown.headers["Cache-Control"]


@pytest.mark.parametrize("value", ["9" * 5000, "²", "٣" * 30, "-1", "1e9", "", "\x00"])
@pytest.mark.parametrize(("page", "field"), [("audience", "segments"), ("audience", "shown"), ("import", "groups")])
def test_ids_that_are_none_are_not_found(client, series, editor, page, field, value):
    answer = client.post(reverse(f"audience:{page}", args=[series.organization.slug, series.slug]), {field: value})

    assert answer.status_code == 404

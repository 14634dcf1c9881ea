"""People left out by an attribute, on the options form."""

import pytest
from django.urls import reverse

from directory_sync.models import Connection
from tests.admin import factories
from tests.admin.test_acts import options_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def support(client) -> None:
    client.force_login(factories.make_staff("Support"))


def url_of(connection: Connection) -> str:
    return reverse("admin:directory_sync_connection_options", args=[connection.pk])


def test_excluded_values_are_kept_and_make_the_connection_due(client):
    connection = factories.make_connection(due_at=None)

    client.post(url_of(connection), options_of(connection, excluded_values="employee_type: Contractor\n\ncity : Ulm"))

    connection.refresh_from_db()
    assert connection.excluded_values == [
        {"attribute": "employee_type", "value": "Contractor"},
        {"attribute": "city", "value": "Ulm"},
    ]
    assert connection.due_at is not None


def test_excluded_values_are_shown_as_they_are_entered(client):
    connection = factories.make_connection(excluded_values=[{"attribute": "city", "value": "Ulm"}])

    assert "city: Ulm</textarea>" in client.get(url_of(connection)).content.decode()


@pytest.mark.parametrize("line", ["Contractor", "employee_type:", "manager_name: Kim", "raw_address: Ulm", "nope: x"])
def test_line_that_names_no_attribute_is_told_and_nothing_is_lost(client, line):
    connection = factories.make_connection()

    page = client.post(url_of(connection), options_of(connection, excluded_values=f"city: Ulm\n{line}"))

    connection.refresh_from_db()
    assert connection.excluded_values == []
    assert f"“{line}” is not an attribute" in page.content.decode()
    assert "city: Ulm" in page.content.decode()

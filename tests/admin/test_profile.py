"""The 17 attributes as they are shown."""

import pytest
from django.urls import reverse
from django.utils import timezone

from directory_sync.models import Recipient
from directory_sync.profile import manager_of, shown
from directory_sync.sync.attributes import NAMES
from tests.admin import factories

pytestmark = pytest.mark.django_db
STORED = {
    "employeeId": "E1",
    "jobTitle": "Chef",
    "employeeHireDate": "2024-01-15T00:00:00Z",
    "employeeType": "Contractor",
    "department": "Kitchen",
    "division": "Food",
    "costCenter": "C7",
    "streetAddress": "1 Main St",
    "city": "Bern",
    "state": "BE",
    "postalCode": "3000",
    "country": "Switzerland",
    "preferredLanguage": "de-CH",
}


def make_person(*attributes: str, **values) -> Recipient:
    connection = factories.make_connection(attributes=attributes)
    return factories.make_person(connection, **values)


def test_all_seventeen_are_shown_under_the_products_names():
    person = make_person(*NAMES, attributes=STORED, enabled=True)
    boss = factories.make_person(person.connection, name="Grace", mail="grace@customer.example")

    assert shown(person, boss) == {
        "employee_id": "E1",
        "job_title": "Chef",
        "employment_start_date": "2024-01-15T00:00:00Z",
        "employment_status": "active",
        "employee_type": "Contractor",
        "department_name": "Kitchen",
        "division_name": "Food",
        "cost_center_name": "C7",
        "raw_address": "1 Main St, Bern, BE, 3000, Switzerland",
        "street_address": "1 Main St",
        "city": "Bern",
        "region": "BE",
        "postal_code": "3000",
        "country": "Switzerland",
        "manager_name": "Grace",
        "manager_email": "grace@customer.example",
        "preferred_language": "de-CH",
    }


def test_what_is_stored_for_another_attribute_is_not_shown():
    person = make_person("raw_address", attributes=STORED)

    assert shown(person) == {"raw_address": "1 Main St, Bern, BE, 3000, Switzerland"}


def test_address_leaves_out_what_is_missing():
    person = make_person("raw_address", attributes={"city": "Bern", "country": "Switzerland"})

    assert shown(person) == {"raw_address": "Bern, Switzerland"}


def test_one_organization_can_be_shown_less_than_the_connection_has():
    person = make_person("city", "country", attributes=STORED)

    assert shown(person, approved=["country"]) == {"country": "Switzerland"}


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"enabled": True}, {"employment_status": "active"}),
        ({"enabled": False}, {"employment_status": "inactive"}),
        ({"enabled": None}, {}),
        ({"enabled": False, "removed_at": timezone.now()}, {"employment_status": "terminated"}),
    ],
)
def test_employment_status_follows_from_the_account(values, status):
    assert shown(make_person("employment_status", **values)) == status


def test_manager_is_told_by_his_own_row_as_it_is_now():
    person = make_person("manager_name", manager_entra_id="boss")
    boss = factories.make_person(person.connection, entra_id="boss", name="Grace")
    Recipient.objects.filter(pk=boss.pk).update(name="Grace Hopper")

    assert shown(person, manager_of(person)) == {"manager_name": "Grace Hopper"}


@pytest.mark.parametrize("values", [{"removed_at": timezone.now()}, {"is_read": False}])
def test_manager_who_has_left_or_was_never_read_is_not_told(values):
    person = make_person("manager_name", "manager_email", manager_entra_id="boss")
    boss = factories.make_person(person.connection, entra_id="boss", name="Grace", **values)

    assert manager_of(person) is None
    assert shown(person, boss if boss.removed_at else None) == {}


def test_manager_of_another_connection_is_nobodys_manager_here():
    person = make_person("manager_name", manager_entra_id="boss")
    factories.make_person(factories.make_connection(), entra_id="boss", name="Grace")

    assert manager_of(person) is None


def test_page_of_a_person_shows_approved_attributes(client):
    client.force_login(factories.make_staff("Auditor"))
    person = make_person("job_title", attributes=STORED)

    page = client.get(reverse("admin:directory_sync_recipient_change", args=[person.pk])).content.decode()

    assert "<code>job_title</code></dt><dd>Chef" in page
    assert "Kitchen" not in page

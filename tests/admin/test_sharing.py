"""Several organizations on one connection, and what each of them sees."""

import pytest
from django.urls import reverse

from directory_sync import connections, sharing
from directory_sync.connections import ConnectionRefused
from directory_sync.models import Access, Connection, Organization
from tests.admin import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def approver(client):
    client.force_login(factories.make_staff("Approver"))
    return client


@pytest.fixture
def connection() -> Connection:
    return factories.make_connection("Acme", attributes=("city",))


@pytest.fixture
def globex() -> Organization:
    return Organization.objects.create(name="Globex")


def share_url(connection: Connection) -> str:
    return reverse("admin:directory_sync_connection_share", args=[connection.pk])


def access_url(connection: Connection, access: Access) -> str:
    return reverse("admin:directory_sync_connection_access", args=[connection.pk, access.pk])


def test_added_twice_an_organization_is_added_once_and_gets_no_attributes(approver, connection, globex):
    for _ in range(2):
        answer = approver.post(share_url(connection), {"organization": globex.pk, "sees": "all"})
        assert answer.status_code == 302

    access = factories.access_of(connection, "Globex")
    assert access.grants.count() == 0
    assert factories.grant_state(connection, "Acme", "city") == "approved"
    event = connection.events.get(verb="organization added")
    assert event.facts == {"organization": "globex", "sees": "all", "groups": []}


def test_adding_changes_nothing_for_one_that_is_there(approver, connection):
    acme = Organization.objects.get(name="Acme")
    group = factories.make_group(connection)

    approver.post(share_url(connection), {"organization": acme.pk, "sees": "listed", "group_ids": group.entra_id})

    assert factories.access_of(connection, "Acme").sees == Access.Sees.ALL


def test_organization_without_directory_sync_in_its_package_is_refused(approver, connection):
    small = Organization.objects.create(name="Small", package=Organization.Package.ESSENTIAL)

    page = approver.post(share_url(connection), {"organization": small.pk, "sees": "all"}).content.decode()

    assert "Essential package" in page
    assert not small.accesses.exists()


def test_disconnected_connection_is_not_shared(connection, globex):
    connections.disconnect(connection, by="test")

    with pytest.raises(ConnectionRefused):
        sharing.add_organization(connection, globex, by="test")


def test_listed_groups_are_all_that_an_organization_sees(approver, connection):
    sales, _other = factories.make_group(connection, name="Sales"), factories.make_group(connection)
    access = factories.access_of(connection, "Acme")

    approver.post(access_url(connection, access), {"sees": "listed", "group_ids": f" {sales.entra_id.upper()} "})

    access.refresh_from_db()
    assert list(access.groups()) == [sales]


def test_changed_twice_it_is_recorded_once(approver, connection):
    access, group = factories.access_of(connection, "Acme"), factories.make_group(connection)

    for _ in range(2):
        approver.post(access_url(connection, access), {"sees": "listed", "group_ids": group.entra_id})

    assert connection.events.filter(verb="access changed").count() == 1


@pytest.mark.parametrize(
    ("ids", "told"),
    [
        ("", "at least one group"),
        ("Sales", "Not an object ID: sales"),
        ("00000000-0000-4000-8000-00000000abcd", "has shown no group"),
    ],
)
def test_list_that_makes_no_sense_is_refused(approver, connection, ids, told):
    access = factories.access_of(connection, "Acme")

    page = approver.post(access_url(connection, access), {"sees": "listed", "group_ids": ids}).content.decode()

    assert told in page
    access.refresh_from_db()
    assert access.sees == Access.Sees.ALL


def test_group_of_another_connection_can_not_be_listed(connection):
    foreign = factories.make_group(factories.make_connection("Globex"))

    with pytest.raises(ConnectionRefused):
        sharing.change_access(
            factories.access_of(connection, "Acme"), sees="listed", group_ids=[foreign.entra_id], by="test"
        )


def test_access_of_another_connection_is_not_found(approver, connection):
    other = factories.make_connection("Globex")

    answer = approver.post(access_url(connection, factories.access_of(other, "Globex")), {"sees": "all"})

    assert answer.status_code == 404


@pytest.mark.parametrize("role", ["Support", "Auditor"])
def test_only_an_approver_hands_out_groups(client, connection, globex, role):
    client.force_login(factories.make_staff(role))
    urls = [share_url(connection), access_url(connection, factories.access_of(connection, "Acme"))]

    assert [client.post(url, {"organization": globex.pk, "sees": "all"}).status_code for url in urls] == [403, 403]
    page = client.get(reverse("admin:directory_sync_connection_change", args=[connection.pk])).content.decode()
    assert not [url for url in urls if url in page]

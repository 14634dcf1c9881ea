"""Where the pages lead support next."""

import pytest
from django.urls import reverse

from tests.admin import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def approver(client):
    client.force_login(factories.make_staff("Approver"))


def test_connections_page_leads_to_a_renew_link_that_is_filled_in(client):
    connection = factories.make_connection("Contoso")
    page = client.get(reverse("admin:directory_sync_connection_change", args=[connection.pk])).content.decode()

    address = f"{reverse('admin:onboarding_setuplink_add')}?intent=renew&amp;connection={connection.pk}"
    form = client.get(address.replace("&amp;", "&")).content.decode()
    assert address in page
    assert f'<option value="{connection.pk}" selected>' in form


def test_permission_that_a_group_lacks_is_not_called_by_the_groups_name(client):
    connection = factories.make_connection("Contoso")
    group = factories.make_group(connection, name="All-Staff", status="error", problem="permission_missing")

    page = client.get(reverse("admin:directory_sync_group_change", args=[group.pk])).content.decode()

    assert "missing: All-Staff" not in page
    assert "A permission is missing" in page

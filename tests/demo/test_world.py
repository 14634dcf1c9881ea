"""The buttons act on the tenant, and can be undone."""

import pytest

from directory_sync.models import Connection
from tests.sync.harness import sync


@pytest.fixture
def peopled(live, directory):
    """A synced connection with a guest, and a group to empty."""
    member = directory.add_user(displayName="Mia Member")
    guest = directory.add_guest("gus@partner.example", displayName="Gus Guest")
    directory.add_group("Outreach", members=[member, guest])
    sync(live)
    return live


def problem(connection):
    return Connection.objects.get(pk=connection.pk).problem


def recipients(connection):
    return connection.recipients.filter(left_out="").count()


@pytest.mark.parametrize(
    ("button", "code"), [("expire-secret", "secret_expired"), ("withdraw-consent", "permission_missing")]
)
def test_what_stops_a_sync_is_said_and_can_be_put_right(peopled, client, button, code):
    client.post(f"/demo/world/{button}/")
    sync(peopled)
    stopped_by = problem(peopled)

    client.post("/demo/world/put-right/")
    sync(peopled)

    assert stopped_by == code
    assert problem(peopled) == ""


def test_a_guest_leaves_and_comes_back(peopled, client):
    before = recipients(peopled)

    client.post("/demo/world/guest-leaves/")
    sync(peopled)
    without = recipients(peopled)
    client.post("/demo/world/put-right/")
    sync(peopled)

    assert (without, recipients(peopled)) == (before - 1, before)


def test_an_emptied_group_gets_its_members_back(peopled, client, directory):
    group = directory.find_group("Outreach")
    members = directory.members(group)

    client.post("/demo/world/empty-group/")
    emptied = directory.members(group)
    client.post("/demo/world/put-right/")

    assert emptied == set()
    assert directory.members(group) == members


def test_midnight_makes_every_live_connection_due(peopled, client):
    client.post("/demo/world/midnight/")

    assert Connection.objects.get(pk=peopled.pk).due_trigger == "schedule"
    assert "read again" in client.get("/").content.decode()


def test_a_silent_tenant_is_told(peopled, client, tmp_path):
    facts = tmp_path / "tenant" / "tenant.json"
    facts.write_text(facts.read_text().replace("https://localhost:", "https://localhost:1"))

    answer = client.post("/demo/world/withdraw-consent/", follow=True)

    assert "does not answer" in answer.content.decode()


def test_a_setup_link_comes_with_what_to_paste(peopled, client, directory, tenant_server, tmp_path):
    client.post("/demo/setup-link/")

    page = client.get("/").content.decode()

    newest = list(directory.apps.values())[-1]
    assert newest.client_id in page
    assert newest.secret in page
    assert "Open the setup link" in page

"""What the buttons do, once and twice."""

from datetime import date

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from django_q.models import OrmQ

from directory_sync import connections, grants
from directory_sync.admin import checks
from directory_sync.diagnosis import diagnose
from directory_sync.models import Connection, Credential, Editor, Event, Organization, Recipient, SyncRun
from directory_sync.sync import claim
from tests.admin import factories

pytestmark = pytest.mark.django_db
BY = {"by": "test"}


@pytest.fixture
def approver(client):
    client.force_login(factories.make_staff("Approver"))
    return client


def press(client, connection: Connection, act: str):
    return client.post(reverse("admin:directory_sync_connection_act", args=[connection.pk, act]), follow=True)


def verbs(connection: Connection) -> list[str]:
    return list(connection.events.order_by("at", "pk").values_list("verb", flat=True))[1:]


def options_of(connection: Connection, **changes) -> dict:
    fields = ("name", "owner_name", "owner_email", "cadence", "scope")
    return {name: getattr(connection, name) for name in fields} | {"scope_group_ids": ""} | changes


@pytest.mark.parametrize(
    ("door", "verb"), [(["act", "pause"], "connection paused"), (["disconnect"], "connection disconnected")]
)
def test_pressed_twice_it_happens_once(approver, door, verb):
    connection = factories.make_connection()
    url = reverse(f"admin:directory_sync_connection_{door[0]}", args=[connection.pk, *door[1:]])

    answers = [approver.post(url) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert verbs(connection) == [verb]


def test_paused_connection_does_not_run_until_resumed(approver):
    connection = factories.make_connection(due_at=timezone.now())
    press(approver, connection, "pause")
    assert claim.claim_next() is None

    press(approver, connection, "resume")

    run = claim.claim_next()
    assert run is not None
    assert verbs(connection) == ["connection paused", "connection resumed"]


def test_full_resync_makes_the_next_run_full(approver):
    connection = factories.make_connection(due_at=None)

    press(approver, connection, "full")

    run = claim.claim_next()
    assert (run.kind, run.trigger) == (SyncRun.Kind.FULL, SyncRun.Trigger.MANUAL)


def test_sync_now_is_queued_at_once(approver):
    connection = factories.make_connection(due_at=None)

    press(approver, connection, "sync")

    assert OrmQ.objects.get().key == "sync"


def test_acts_are_not_done_by_looking(approver):
    connection = factories.make_connection()

    answer = approver.get(reverse("admin:directory_sync_connection_act", args=[connection.pk, "pause"]))

    assert answer.status_code == 405


def test_check_pressed_twice_is_queued_once_with_ids_only(approver):
    connection = factories.make_connection()

    press(approver, connection, "check")
    press(approver, connection, "check")

    job = OrmQ.objects.get()
    assert job.key == "now"
    assert set(map(type, job.task["args"])) == {str, int}


def test_checks_answers_are_told_in_words(approver, connection):
    Credential.objects.filter(connection=connection).update(sealed="")
    checks.run(str(connection.pk), factories.make_staff("Support").pk)

    page = approver.get(reverse("admin:directory_sync_connection_change", args=[connection.pk])).content.decode()

    assert "Last check" in page
    assert escape(diagnose("credential_missing").cure) in page


def test_disconnect_deletes_the_secret_and_stops_the_run(approver):
    connection = factories.make_connection("Acme")
    person = factories.make_person(connection)
    run = claim.begin(connection, SyncRun.Trigger.MANUAL)

    approver.post(reverse("admin:directory_sync_connection_disconnect", args=[connection.pk]))

    assert set(Credential.objects.values_list("sealed", "slot")) == {("", Credential.Slot.RETIRED)}
    assert Recipient.objects.filter(pk=person.pk).exists()
    assert connection.delta_links.count() == 0
    with pytest.raises(claim.ClaimLost):
        claim.beat(run)


def test_disconnected_directory_can_be_connected_anew():
    connection = factories.make_connection("Acme")
    connections.disconnect(connection, **BY)

    Connection.objects.create(tenant_id=connection.tenant_id, client_id=connection.client_id, cloud=connection.cloud)

    assert Connection.objects.live().count() == 1


def test_withdrawn_attribute_is_deleted_at_once():
    connection = factories.make_connection("Acme", attributes=("job_title", "city"))
    person = factories.make_person(connection, attributes={"jobTitle": "Chef", "city": "Bern"}, facts_hash="known")

    assert grants.withdraw(factories.access_of(connection, "Acme"), "job_title", **BY)

    person.refresh_from_db()
    assert person.attributes == {"city": "Bern"}
    assert person.facts_hash == ""


def test_withdrawn_attribute_stays_for_another_organization():
    connection = factories.make_connection("Acme", "Globex", attributes=("job_title",))
    person = factories.make_person(connection, attributes={"jobTitle": "Chef"})

    grants.withdraw(factories.access_of(connection, "Acme"), "job_title", **BY)

    person.refresh_from_db()
    assert person.attributes == {"jobTitle": "Chef"}


def test_withdrawn_attribute_leaves_what_another_one_is_made_of():
    connection = factories.make_connection("Acme", attributes=("raw_address", "city"))
    person = factories.make_person(connection, attributes={"city": "Bern", "postalCode": "3000"})

    grants.withdraw(factories.access_of(connection, "Acme"), "raw_address", **BY)

    person.refresh_from_db()
    assert person.attributes == {"city": "Bern"}


def test_managers_are_forgotten_with_the_last_attribute_that_names_them():
    connection = factories.make_connection("Acme", attributes=("manager_name", "manager_email"))
    person = factories.make_person(connection, manager_entra_id="boss")
    access = factories.access_of(connection, "Acme")
    grants.withdraw(access, "manager_name", **BY)
    person.refresh_from_db()
    assert person.manager_entra_id == "boss"

    grants.withdraw(access, "manager_email", **BY)

    person.refresh_from_db()
    assert person.manager_entra_id == ""


def test_run_under_way_starts_over_when_an_attribute_is_withdrawn():
    connection = factories.make_connection("Acme", attributes=("city",))
    run = claim.begin(connection, SyncRun.Trigger.MANUAL)

    grants.withdraw(factories.access_of(connection, "Acme"), "city", **BY)

    with pytest.raises(claim.ClaimLost):
        claim.beat(run)
    assert claim.claim_next() == run


def test_deciding_twice_is_harmless():
    connection = factories.make_connection("Acme")
    access = factories.access_of(connection, "Acme")

    answers = [act(access, "city", **BY) for act in (grants.approve, grants.approve, grants.withdraw, grants.withdraw)]

    assert answers == [True, False, True, False]
    assert verbs(connection) == ["attribute approved", "attribute withdrawn"]


def test_changed_options_are_logged_without_the_owners_name(approver):
    connection = factories.make_connection(due_at=None)
    url = reverse("admin:directory_sync_connection_options", args=[connection.pk])

    approver.post(url, options_of(connection, owner_name="Grace New", sync_contacts="on"))

    connection.refresh_from_db()
    assert (connection.owner_name, connection.sync_contacts) == ("Grace New", True)
    assert connection.due_at <= timezone.now()
    facts = Event.objects.get(verb="options changed").facts
    assert facts == {"owner_name": True, "sync_contacts": {"from": False, "to": True}}


def test_wrong_group_id_is_named_and_nothing_lost(approver):
    connection = factories.make_connection()
    url = reverse("admin:directory_sync_connection_options", args=[connection.pk])
    asked = options_of(connection, scope="selected", scope_group_ids="Sales, 00000000-0000-4000-8000-000000000001")

    page = approver.post(url, asked).content.decode()

    assert "Not an object ID: sales" in page
    assert "Sales, 00000000" in page


def test_invited_editor_chooses_a_password_and_signs_in(approver, client):
    organization = Organization.objects.create(name="Acme")
    url = reverse("admin:directory_sync_organization_invite", args=[organization.pk])

    approver.post(url, {"email": "Eve@acme.example", "name": "Eve", "role": "editor"})

    eve = User.objects.get(email="Eve@acme.example")
    assert not eve.has_usable_password()
    assert Editor.objects.get(user=eve).organization == organization
    link = next(word for word in mail.outbox[0].body.split() if "/password/reset/key/" in word)
    client.logout()
    form = client.get(link.replace("http://localhost:8000", ""), follow=True)
    password = "correct-horse-battery"
    client.post(form.redirect_chain[-1][0], {"password1": password, "password2": password})
    assert client.login(username="eve@acme.example", password=password)


def test_inviting_twice_makes_one_account(approver):
    organization = Organization.objects.create(name="Acme")
    url = reverse("admin:directory_sync_organization_invite", args=[organization.pk])

    for email in ("eve@acme.example", "EVE@acme.example"):
        approver.post(url, {"email": email, "name": "Eve", "role": "editor"})

    assert Editor.objects.filter(organization=organization).count() == 1


def test_editor_is_added_by_address_of_an_account(approver):
    organization = Organization.objects.create(name="Acme")
    User.objects.create_user("eve", "eve@acme.example")
    inline = {"editors-TOTAL_FORMS": 1, "editors-INITIAL_FORMS": 0, "editors-0-email": "EVE@acme.example"}
    inline |= {"editors-0-role": "owner", "series-TOTAL_FORMS": 0, "series-INITIAL_FORMS": 0}
    url = reverse("admin:directory_sync_organization_change", args=[organization.pk])

    approver.post(url, {"name": "Acme", "slug": "acme", "package": "professional", **inline})

    assert organization.editors.get().user.username == "eve"
    assert organization.events.get().verb == "organization changed"


def test_expiry_of_the_secret_is_shown(approver):
    connection = factories.make_connection()
    Credential.objects.update(expires_on=date(2031, 5, 17))

    page = approver.get(reverse("admin:directory_sync_connection_change", args=[connection.pk])).content.decode()

    assert "May 17, 2031" in page


@pytest.mark.parametrize("act", ["sync", "resume"])
def test_organization_without_the_package_is_not_synced_by_accident(client, approver, act):
    state = Connection.State.PAUSED if act == "resume" else Connection.State.ACTIVE
    connection = factories.make_connection("Contoso", state=state, due_at=None)
    Organization.objects.update(package="essential")

    page = press(client, connection, act)

    connection.refresh_from_db()
    assert connection.due_at is None
    assert "upgrade it first" in page.content.decode()

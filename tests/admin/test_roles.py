"""Who gets where in admin."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group as Role
from django.contrib.auth.models import User
from django.core.management import call_command
from django.urls import reverse

from directory_sync.access import ROLES
from directory_sync.models import Connection, Editor, Event, Group, Organization, Recipient, SyncRun
from tests.admin import factories

pytestmark = pytest.mark.django_db
CONNECTIONS = reverse("admin:directory_sync_connection_changelist")


def change_url(shown) -> str:
    return reverse(f"admin:{shown._meta.label_lower.replace('.', '_')}_change", args=[shown.pk])


def door(connection: Connection, name: str, *args: str) -> str:
    return reverse(f"admin:directory_sync_connection_{name}", args=[connection.pk, *args])


def test_editor_gets_nowhere_in_admin(client):
    connection = factories.make_connection("Acme")
    editor = User.objects.create_user("editor", "editor@acme.example")
    Editor.objects.create(user=editor, organization=Organization.objects.get(name="Acme"))
    client.force_login(editor)

    answers = [client.get(url, follow=True) for url in (reverse("admin:index"), CONNECTIONS, change_url(connection))]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert client.post(door(connection, "act", "pause")).status_code in (302, 403)
    connection.refresh_from_db()
    assert connection.state == Connection.State.ACTIVE


def test_stranger_is_sent_to_the_one_sign_in(client):
    answer = client.get(reverse("admin:index"), follow=True)

    assert answer.redirect_chain[-1][0].startswith(reverse("account_login"))


def test_staff_without_a_role_sees_nothing(client):
    connection = factories.make_connection()
    client.force_login(factories.make_staff())

    urls = [CONNECTIONS, change_url(connection), door(connection, "progress"), door(connection, "options")]

    assert [client.get(url).status_code for url in urls] == [403] * len(urls)
    assert b"Connections" not in client.get(reverse("admin:index")).content


@pytest.mark.parametrize("role", ROLES)
def test_every_role_reads_every_list_and_page(client, role):
    connection = factories.make_connection()
    group = factories.make_group(connection, factories.make_person(connection))
    shown = [connection, group, connection.recipients.get(), factories.make_run(connection), Event.objects.first()]
    shown.append(Organization.objects.get())
    client.force_login(factories.make_staff(role))

    lists = [reverse(f"admin:{each._meta.label_lower.replace('.', '_')}_changelist") for each in shown]
    urls = [*lists, *map(change_url, shown)]

    assert {url: client.get(url).status_code for url in urls} == dict.fromkeys(urls, 200)


def test_auditor_changes_nothing(client):
    connection = factories.make_connection("Acme", attributes=("job_title",))
    client.force_login(factories.make_staff("Auditor"))
    access = factories.access_of(connection, "Acme")

    acts = [client.post(door(connection, "act", act)) for act in ("check", "sync", "full", "pause", "resume")]
    acts += [client.post(door(connection, "disconnect")), client.post(door(connection, "options"))]
    withdrawal = {"access": access.pk, "attribute": "job_title", "decision": "withdraw"}
    acts.append(client.post(door(connection, "decide"), withdrawal))
    acts.append(client.get(reverse("admin:directory_sync_organization_invite", args=[access.organization_id])))

    assert [answer.status_code for answer in acts] == [403] * len(acts)
    page = client.get(change_url(connection)).content.decode()
    assert "Sync now" not in page
    assert "Withdraw" not in page


def test_support_operates_but_does_not_approve(client):
    connection = factories.make_connection("Acme")
    client.force_login(factories.make_staff("Support"))
    asked = {"access": factories.access_of(connection, "Acme").pk, "attribute": "job_title", "decision": "approve"}

    assert client.post(door(connection, "act", "pause")).status_code == 302
    assert client.post(door(connection, "decide"), asked).status_code == 403


def test_approver_approves_an_attribute(client):
    connection = factories.make_connection("Acme")
    client.force_login(factories.make_staff("Approver"))
    asked = {"access": factories.access_of(connection, "Acme").pk, "attribute": "job_title", "decision": "approve"}

    client.post(door(connection, "decide"), asked)

    assert factories.grant_state(connection, "Acme", "job_title") == "approved"


def test_access_of_another_connection_is_not_found(client):
    connection, other = factories.make_connection("Acme"), factories.make_connection("Globex")
    client.force_login(factories.make_staff("Approver"))
    foreign = {"access": factories.access_of(other, "Globex").pk, "attribute": "job_title", "decision": "approve"}

    assert client.post(door(connection, "decide"), foreign).status_code == 404


@pytest.mark.parametrize("model", [Connection, Group, Recipient, SyncRun, Event])
def test_not_even_a_superuser_edits_facts(client, rf, model):
    request = rf.get("/")
    request.user = factories.make_staff(is_superuser=True)
    shown = admin.site._registry[model]

    may = (
        shown.has_add_permission(request),
        shown.has_change_permission(request),
        shown.has_delete_permission(request),
    )

    assert may == (False, False, False)


@pytest.mark.parametrize("label", ["django_q", "account", "mfa", "socialaccount"])
def test_pages_of_queue_and_sign_in_are_not_registered(label):
    assert not [model for model in apps.get_app_config(label).get_models() if admin.site.is_registered(model)]


def test_credentials_are_not_registered():
    assert not admin.site.is_registered(apps.get_model("directory_sync", "Credential"))


def test_migrating_again_writes_the_roles_anew():
    Role.objects.get(name="Support").permissions.clear()
    Role.objects.get(name="Auditor").delete()

    call_command("migrate", verbosity=0)

    granted = Role.objects.get(name="Support").permissions.values_list("content_type__app_label", "codename")
    assert {f"{label}.{codename}" for label, codename in granted} == ROLES["Support"]
    assert Role.objects.filter(name__in=ROLES).count() == 3

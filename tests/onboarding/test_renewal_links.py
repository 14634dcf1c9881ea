"""Who comes to a renew link, and what is left of a renewal that nobody finished."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from directory_sync.models import Connection, Credential
from onboarding import tasks
from onboarding.models import LinkRequest, SetupLink
from tests.onboarding.factories import organization, page
from tests.onboarding.renewing import WRONG, current, secret_form, with_code

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("problem", "leads_to"), [("secret_expired", "Mail me a code"), ("", "First sync")])
def test_asking_for_a_link_leads_to_renewal_when_the_secret_is_the_problem(
    client, connection, mailoutbox, problem, leads_to
):
    Connection.objects.filter(pk=connection.pk).update(problem=problem)
    for _ in range(2):
        client.post("/connect/", {"email": connection.owner_email})
        for request in LinkRequest.objects.all():
            tasks.answer_request(request.pk)

    mailed = re.search(r"/connect/[\w-]+/", mailoutbox[-1].body)[0]

    assert leads_to in client.get(mailed, follow=True).content.decode()
    assert SetupLink.objects.count() == 1


def test_staff_mail_a_renew_link_to_the_owner_of_a_connection(admin_client, connection, mailoutbox):
    owner = connection.accesses.get().organization
    asked = {"organization": owner.pk, "intent": "renew", "connection": connection.pk}

    shown = admin_client.post("/admin/onboarding/setuplink/add/", asked).content.decode()

    assert connection.owner_email in shown
    assert mailoutbox[0].to == [connection.owner_email]
    assert mailoutbox[0].subject.startswith("Renew the secret")
    assert SetupLink.objects.get().connection == connection


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"organization": "Tailspin"}, "no part in that connection"),
        ({"connection": ""}, "Choose whose secret"),
        ({"intent": "connect"}, "Leave this empty"),
        ({"intent": "connect", "connection": ""}, "This field is required"),
    ],
)
def test_staff_can_not_make_a_renew_link_that_makes_no_sense(admin_client, connection, mailoutbox, changed, told):
    owners = {"": connection.accesses.get().organization.pk, "Tailspin": organization("Tailspin").pk}
    asked = {"intent": "renew", "connection": connection.pk, **changed}
    asked["organization"] = owners[changed.get("organization", "")]

    shown = admin_client.post("/admin/onboarding/setuplink/add/", asked).content.decode()

    assert told in shown
    assert not SetupLink.objects.exists()
    assert mailoutbox == []


def test_secret_that_was_never_verified_is_destroyed_after_a_day(client, connection, token, mailoutbox):
    with_code(client, token, mailoutbox)
    client.post(page(token, "renew"), secret_form(WRONG))
    fresh = tasks.purge()["unverified_secrets"]
    Credential.objects.filter(slot="next").update(created_at=timezone.now() - timedelta(hours=25))

    purged = tasks.purge()["unverified_secrets"]

    assert (fresh, purged) == (0, 1)
    assert connection.credentials.exclude(sealed="").get() == current(connection)

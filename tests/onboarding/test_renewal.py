"""A secret runs out, and its owner renews it: through the doors, against the make-believe tenant."""

import json
import logging
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core import serializers
from django.utils import timezone
from django_q.models import OrmQ

from directory_sync.models import Credential, Event
from onboarding import links, renewal, tasks
from onboarding.models import LiveCheck, RenewalCode, SetupLink
from tests.onboarding.factories import answers, organization, page, setup_link
from tests.onboarding.renewing import WRONG, current, mailed_code, renew, secret_form, with_code, work
from tests.sync.harness import connect, sync

pytestmark = pytest.mark.django_db


def test_expired_secret_is_renewed_and_the_next_run_succeeds(
    client, connection, directory, token, mailoutbox, django_capture_on_commit_callbacks
):
    old = current(connection)
    directory.expire_secret()
    assert sync(connection).problem == "secret_expired"
    app = directory.replace_secret()
    with_code(client, token, mailoutbox)

    with django_capture_on_commit_callbacks(execute=True):
        shown = renew(client, token, app.secret, secret_id=app.secret_id)

    old.refresh_from_db()
    connection.refresh_from_db()
    assert "is in use" in shown
    assert (old.slot, old.sealed) == ("retired", "")
    assert current(connection).secret_id == app.secret_id
    assert connection.due_at <= timezone.now()
    assert "delete the old one" in mailoutbox[-1].body
    assert mailoutbox[-1].to == [connection.owner_email]
    assert Event.objects.filter(connection=connection, verb="secret renewed").count() == 1
    assert sync(connection).state == "succeeded"


def test_refused_secret_is_told_with_its_cure_and_the_old_one_stays(client, connection, token, mailoutbox):
    old = current(connection)
    with_code(client, token, mailoutbox)

    shown = renew(client, token, WRONG)

    assert 'data-code="secret_wrong"' in shown
    assert current(connection) == old
    assert not Credential.objects.filter(slot="next").exists()
    assert not Credential.objects.filter(slot="retired").exclude(sealed="").exists()
    assert sync(connection).state == "succeeded"


def test_secret_that_could_not_be_tried_is_kept_and_tried_again(
    client, connection, directory, token, mailoutbox, settings
):
    app = directory.replace_secret(keep_old=True)
    with_code(client, token, mailoutbox)
    keys, settings.SEALING_PRIVATE_KEYS = settings.SEALING_PRIVATE_KEYS, []
    shown = renew(client, token, app.secret)
    settings.SEALING_PRIVATE_KEYS = keys

    client.post(page(token, "renew_again"))
    work()

    assert "Try it again" in shown
    assert "is in use" in client.get(page(token, "renew")).content.decode()


def test_without_the_code_a_secret_is_not_taken(client, connection, token):
    client.post(page(token, "renew"), secret_form(WRONG))
    client.post(page(token, "renew_again"))

    assert not Credential.objects.filter(slot="next").exists()
    assert not LiveCheck.objects.exists()


def test_five_wrong_codes_use_the_code_up(client, connection, token, mailoutbox):
    client.post(page(token, "mail_code"))
    right = mailed_code(mailoutbox)
    wrong = "000000" if right != "000000" else "000001"
    answers = [client.post(page(token, "enter_code"), {"code": wrong}) for _ in range(5)]

    client.post(page(token, "enter_code"), {"code": right})

    assert all("not right" in answer.content.decode() for answer in answers)
    assert "renewal" not in client.cookies
    assert mailoutbox[0].to == [connection.owner_email]


def test_code_works_for_ten_minutes_and_once(client, connection, token, mailoutbox):
    link = links.find(token)
    renewal.mail_code(link)
    code = mailed_code(mailoutbox)
    RenewalCode.objects.update(created_at=timezone.now() - timedelta(minutes=11))
    late = renewal.enter_code(link, code)
    RenewalCode.objects.update(created_at=timezone.now())

    entered = [renewal.enter_code(link, f"{code[:3]} {code[3:]}"), renewal.enter_code(link, code)]

    assert late is None
    assert [bool(each) for each in entered] == [True, False]


def test_code_is_not_stored_and_six_a_day_are_the_most(client, connection, token, mailoutbox):
    for _ in range(8):
        client.post(page(token, "mail_code"))
        RenewalCode.objects.update(tries=1)

    shown = client.post(page(token, "mail_code")).content.decode()

    assert len(mailoutbox) == 6
    assert "No more codes today" in shown
    assert mailed_code(mailoutbox) not in serializers.serialize("json", RenewalCode.objects.all())


def test_pressing_the_button_for_a_code_twice_mails_one(client, token, mailoutbox):
    client.post(page(token, "mail_code"))
    client.post(page(token, "mail_code"))

    assert len(mailoutbox) == 1


def test_link_of_another_organization_can_not_renew(client, connection, token, mailoutbox):
    stranger = links.create(
        organization("Tailspin"),
        owner_name="Eve",
        owner_email="eve@other.example",
        intent="renew",
        connection=connection,
    )[1]
    with_code(client, token, mailoutbox)

    seen = client.get(page(stranger, "renew")).status_code
    posted = client.post(page(stranger, "renew"), secret_form(WRONG)).status_code

    assert (seen, posted) == (404, 404)
    assert not Credential.objects.filter(slot="next").exists()


def test_code_of_one_link_opens_no_other(client, connection, token, mailoutbox, tenant_server):
    other = connect(tenant_server.add_tenant(), "Fabrikam")
    others = links.create(
        other.accesses.get().organization, owner_name="-", owner_email="-", intent="renew", connection=other
    )[1]
    with_code(client, token, mailoutbox)

    client.post(page(others, "renew"), secret_form(WRONG))

    assert not Credential.objects.filter(slot="next").exists()


def test_connect_link_can_not_renew_and_renew_link_can_do_nothing_else(client, connection, token):
    _, connects = setup_link()
    doors = ["intake", "review", "checks", "status"]

    refused = client.get(page(connects, "renew")).status_code
    led = [client.get(page(token, door)) for door in doors]
    led += [client.post(page(token, door), answers()) for door in ("intake", "check", "send")]

    assert refused == 404
    assert {(answer.status_code, answer.headers["Location"]) for answer in led} == {(302, page(token, "renew"))}
    assert SetupLink.objects.get(intent="renew").draft == {}


def test_renew_link_without_a_live_connection_leads_nowhere(client):
    _, token = links.create(organization(), owner_name="Ida", owner_email="ida@customer.example", intent="renew")

    assert client.get(page(token), follow=True).status_code == 404


def test_double_submit_and_double_work_are_harmless(client, connection, directory, token, mailoutbox):
    app = directory.replace_secret(keep_old=True)
    with_code(client, token, mailoutbox)
    posted = secret_form(app.secret)
    client.post(page(token, "renew"), posted)
    client.post(page(token, "renew"), posted)
    work()
    for check in LiveCheck.objects.all():
        tasks.renew(check.pk)

    again = client.post(page(token, "renew"), secret_form(WRONG))

    assert "is in use" in client.get(page(token, "renew")).content.decode()
    assert again.status_code == 200
    assert connection.credentials.exclude(sealed="").count() == 1
    assert Event.objects.filter(verb="secret renewed").count() == 1
    assert sync(connection).state == "succeeded"


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"secret_value": str(uuid4())}, "looks like the Secret ID"),
        ({"secret_id": WRONG, "secret_value": ""}, "looked like the secret’s value"),
        ({"secret_expires_on": "2020-01-01"}, "has expired"),
    ],
)
def test_mistakes_are_caught_in_the_form(client, token, mailoutbox, changed, told):
    with_code(client, token, mailoutbox)

    shown = client.post(page(token, "renew"), secret_form(WRONG) | changed).content.decode()

    assert told in shown
    assert WRONG not in shown
    assert not LiveCheck.objects.exists()


def test_page_follows_the_trial_without_and_with_javascript(client, connection, token, mailoutbox):
    with_code(client, token, mailoutbox)
    client.post(page(token, "renew"), secret_form(WRONG))

    shown = client.get(page(token, "renew")).content.decode()
    fragment = client.get(page(token, "renew_standing"), headers={"HX-Request": "true"})
    work()
    after = client.get(page(token, "renew_standing"), headers={"HX-Request": "true"})

    assert "Refresh" in shown
    assert "Trying the new secret" in fragment.content.decode()
    assert after.headers["HX-Redirect"] == page(token, "renew")


def test_new_secret_is_nowhere_in_clear(
    client, connection, directory, token, mailoutbox, caplog, capsys, django_capture_on_commit_callbacks
):
    caplog.set_level(logging.DEBUG)
    app = directory.replace_secret(keep_old=True)
    with django_capture_on_commit_callbacks(execute=True):
        with_code(client, token, mailoutbox)
        bodies = [client.post(page(token, "renew"), secret_form(app.secret, secret_expires_on="never"))]
        bodies += [client.post(page(token, "renew"), secret_form(app.secret)), client.get(page(token, "renew"))]
    jobs = [repr(job.task) for job in OrmQ.objects.all()]
    with django_capture_on_commit_callbacks(execute=True):
        work()
    bodies += [client.get(page(token, "renew"))]

    everything = [body.content.decode() for body in bodies] + jobs + [caplog.text, *capsys.readouterr()]
    everything += [serializers.serialize("json", model.objects.all()) for model in (Credential, Event, LiveCheck)]
    everything += [json.dumps(SetupLink.objects.get().draft), *(str(mail.message()) + mail.body for mail in mailoutbox)]
    assert jobs
    assert "is in use" in everything[3]
    assert not [text for text in everything if app.secret in text]

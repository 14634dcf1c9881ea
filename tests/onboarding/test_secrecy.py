"""A canary goes through every door; afterwards it must be nowhere in clear."""

import json
import logging
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session
from django.core import serializers
from django_q.models import OrmQ

from directory_sync.models import Credential, Event
from onboarding import review, tasks
from onboarding.models import LiveCheck, SetupLink, Submission
from tests.onboarding.factories import CANARY, answers, page, setup_link, staff

pytestmark = pytest.mark.django_db


def test_secret_is_nowhere_in_clear(
    client, admin_client, endpoints, mailoutbox, caplog, capsys, django_capture_on_commit_callbacks
):
    caplog.set_level(logging.DEBUG)
    link, token = setup_link()
    bodies = []
    with django_capture_on_commit_callbacks(execute=True):
        bodies += [client.post(page(token), answers(client_id="wrong")), client.get(page(token))]
        bodies += [client.post(page(token), answers()), client.get(page(token, "review"))]
        client.post(page(token, "check"))
    for check in LiveCheck.objects.all():
        tasks.check(check.pk)
    bodies += [client.get(page(token, "checks"))]
    with django_capture_on_commit_callbacks(execute=True):
        bodies += [client.post(page(token, "send")), client.get(page(token))]
        sent = Submission.objects.get(link=link)
        bodies += [admin_client.get(f"/admin/onboarding/submission/{sent.pk}/change/")]
        bodies += [admin_client.get(f"/admin/onboarding/setuplink/{link.pk}/change/")]
        review.approve(sent, by=staff(is_superuser=True), attributes=["city"])
    bodies += [client.get(page(token)), admin_client.get("/admin/onboarding/submission/")]

    everything = [body.content.decode() for body in bodies]
    everything += [serializers.serialize("json", model.objects.all()) for model in (SetupLink, Submission, Event)]
    everything += [serializers.serialize("json", Credential.objects.all()), caplog.text, *capsys.readouterr()]
    everything += [json.dumps(session.get_decoded()) for session in Session.objects.all()]
    everything += [str(mail.message()) + mail.body for mail in mailoutbox]
    everything += [repr(job.task) for job in OrmQ.objects.all()]

    assert mailoutbox
    assert OrmQ.objects.exists()
    assert not [text for text in everything if CANARY in text]


def test_status_page_holds_no_ids_and_no_names(client):
    group = str(uuid4())
    _, token = setup_link()
    posted = answers(scope="selected", group_ids=group)
    client.post(page(token), posted)
    client.post(page(token, "send"))
    Submission.objects.update(
        checks=[
            {"name": f"group {group}", "ok": False, "problem": "group_not_found", "subject": group, "detail": ""},
            {"name": "group x", "ok": True, "problem": "", "subject": "x", "detail": "Board of Directors"},
        ]
    )

    shown = client.get(page(token)).content.decode()

    hidden = ["client_id", "tenant_id", "secret_id", "group_ids", "owner_name", "owner_email"]
    assert "has to be mended" in shown
    assert not [name for name in hidden if posted[name] in shown]
    assert "Board of Directors" not in shown


def test_setup_token_is_in_no_mail_but_its_own_and_in_no_log(client, mailoutbox, caplog):
    caplog.set_level(logging.DEBUG)
    _, token = setup_link()

    client.get(page(token))
    client.post(page(token), answers(client_id="wrong"))

    assert token not in caplog.text
    assert not [mail for mail in mailoutbox if token in mail.body]

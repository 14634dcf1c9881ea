"""Whatever is typed, pasted or sent by hand: kept or refused in words, never a defect."""

import json
import re

import pytest
from django.urls import reverse

from directory_sync import connections
from directory_sync.models import Access
from onboarding import links, tasks
from onboarding.forms import IntakeForm
from onboarding.models import LinkRequest, SetupLink, Submission
from onboarding.models.submission import SENT
from tests.admin.factories import make_connection
from tests.onboarding.factories import CANARY, answers, page, sent, setup_link, staff

pytestmark = pytest.mark.django_db
INVISIBLE = "\u202e\u200b\ufeff"
NASTY = [
    *("", "\x00", "\x00" * 50, "x" * 60_000, INVISIBLE, "𝕏" * 999),
    *("<script>alert(1)</script>", "';--", "{{ 7|add:7 }}"),
]


@pytest.mark.parametrize("text", NASTY)
def test_form_takes_anything_in_every_field(client, text):
    _, token = setup_link()

    posted = client.post(page(token), dict.fromkeys(IntakeForm.base_fields, text))
    shown = client.get(page(token))

    assert posted.status_code == shown.status_code == 200
    assert b"<script>alert" not in posted.content + shown.content


def test_form_takes_bytes_that_are_no_text(client):
    _, token = setup_link()

    posted = client.post(
        page(token), b"company_name=%FF%FE%ED%A0%80&save=app", content_type="application/x-www-form-urlencoded"
    )

    assert posted.status_code == 302
    assert client.get(page(token)).status_code == 200


@pytest.mark.parametrize("name", sorted({*IntakeForm.base_fields} - {"sync_contacts", "username_fallback"}))
def test_field_left_out_is_asked_for(client, name):
    _, token = setup_link()

    client.post(page(token), answers(**{name: None}))
    client.post(page(token, "send"))

    expected = 1 if name in ("group_ids", "attributes") else 0
    assert Submission.objects.count() == expected


@pytest.mark.parametrize(
    "pasted", ["'{}'", "“{}”", "Value:{}", "secret={}", "<{}>", "{},", "({})", "client_secret\u00a0{}", "{}\u200b"]
)
@pytest.mark.parametrize("field", ["secret_id", "group_ids", "company_name"])
def test_secret_in_the_wrong_field_is_not_kept_however_it_is_wrapped(client, field, pasted):
    link, token = setup_link()

    answer = client.post(page(token), answers(**{field: pasted.format(CANARY), "secret_value": ""}))

    link.refresh_from_db()
    assert CANARY not in json.dumps(link.draft, ensure_ascii=False)
    assert CANARY not in answer.content.decode()


def test_fields_that_nobody_asked_for_are_ignored(client):
    submission = sent(client, state="approved", decided_by=1, organization_id=99, connection="x", intent="renew")

    assert submission.state == Submission.State.RECEIVED
    assert submission.decided_by is None
    assert set(SENT) <= {field.name for field in Submission._meta.get_fields()}


def test_two_organizations_typed_give_access_to_one(client):
    make_connection("Globex")
    submission = sent(client, "Contoso")
    Submission.objects.filter(pk=submission.pk).update(organizations=["Contoso", "Globex"])
    client.force_login(staff("Approver"), backend="django.contrib.auth.backends.ModelBackend")

    client.post(reverse("admin:onboarding_submission_approve", args=[submission.pk]))

    submission.refresh_from_db()
    served = Access.objects.filter(connection=submission.connection)
    assert list(served.values_list("organization__name", flat=True)) == ["Contoso"]


def test_essential_package_is_refused_at_approval_and_keeps_the_submission(client):
    submission = sent(client)
    type(submission.organization).objects.update(package="essential")
    client.force_login(staff("Approver"), backend="django.contrib.auth.backends.ModelBackend")

    answer = client.post(reverse("admin:onboarding_submission_approve", args=[submission.pk]), follow=True)

    submission.refresh_from_db()
    assert submission.state == Submission.State.RECEIVED
    assert b"Essential" in answer.content


@pytest.mark.parametrize("number", ["9" * 5000, "²", "-1", "x", ""])
def test_access_that_is_no_number_is_not_found(client, number):
    connection = make_connection("Acme")
    client.force_login(staff("Approver"), backend="django.contrib.auth.backends.ModelBackend")
    asked = {"access": number, "attribute": "city", "decision": "approve"}

    answer = client.post(reverse("admin:directory_sync_connection_decide", args=[connection.pk]), asked)

    assert answer.status_code == 404


def personal(mail) -> str:
    return re.search(r"/connect/([\w-]+)/", mail.body)[1]


def test_link_asked_for_goes_to_the_stored_address_not_the_typed_one(client, mailoutbox):
    """Databases fold letters that mail servers tell apart: a dotless i is another mailbox."""
    setup_link(email="ida@customer.example")
    LinkRequest.objects.create(email="IDA@CUSTOMER.example")

    tasks.answer_request(LinkRequest.objects.get().pk)

    assert [mail.to for mail in mailoutbox] == [["ida@customer.example"]]


def test_new_owner_of_a_connection_gets_the_link_and_the_former_owner_does_not(client, mailoutbox):
    submission = sent(client)
    connection = connections.open_connection(
        connections.NewConnection(
            tenant_id=submission.tenant_id,
            client_id=submission.client_id,
            owner_name="Nora New",
            owner_email="nora@customer.example",
        ),
        submission.credential,
        [submission.organization],
        by="test",
    )
    SetupLink.objects.update(connection=connection)
    mailoutbox.clear()

    for email in ("nora@customer.example", "ida@customer.example"):
        links.answer(LinkRequest.objects.create(email=email))

    assert [mail.to for mail in mailoutbox] == [["nora@customer.example"]]
    assert "Nora New" in mailoutbox[0].body
    assert links.find(personal(mailoutbox[0])).connection == connection


def test_flood_of_requests_for_links_does_not_fill_the_queue(client):
    for number in range(links.MOST_WAITING + 20):
        links.ask(f"stranger{number}@elsewhere.example")

    answer = client.post(reverse("onboarding:ask"), {"email": "late@elsewhere.example"})

    assert answer.status_code == 302
    assert LinkRequest.objects.count() == links.MOST_WAITING

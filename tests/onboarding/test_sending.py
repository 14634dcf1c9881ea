import pytest

from onboarding import sending
from onboarding.models import Submission
from tests.onboarding.factories import answers, page, sent, setup_link, submission

pytestmark = pytest.mark.django_db


def test_sending_keeps_the_answers_as_testimony(client):
    one = sent(client, attributes=["city"], username_fallback="on")

    assert (one.state, one.attributes, one.username_fallback, one.sync_contacts) == ("received", ["city"], True, False)
    assert one.organizations == ["Contoso"]
    assert one.credential.expires_on == one.secret_expires_on
    assert one.credential.secret_id == one.secret_id


def test_sending_twice_makes_one_submission(client):
    link, token = setup_link()
    client.post(page(token), answers())

    answers_ = [client.post(page(token, "send")) for _ in range(2)]

    assert [answer.url for answer in answers_] == [page(token)] * 2
    assert Submission.objects.filter(link=link).count() == 1


def test_two_that_send_at_once_make_one_submission(client):
    link, token = setup_link()
    client.post(page(token), answers())
    link.refresh_from_db()

    made = [sending.send(link), sending.send(link)]

    assert made[1] is None
    assert Submission.objects.get() == made[0]


def test_receipt_goes_to_the_owner_and_word_to_support(
    client, settings, mailoutbox, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        one = sent(client)

    by_recipient = {mail.to[0]: mail.body for mail in mailoutbox}
    assert "/connect/" in by_recipient["ida@customer.example"]
    assert f"/admin/onboarding/submission/{one.pk}/change/" in by_recipient[settings.SUPPORT_EMAIL]
    assert "/connect/" not in by_recipient[settings.SUPPORT_EMAIL]


def test_mail_server_that_is_down_does_not_lose_the_submission(client, settings, django_capture_on_commit_callbacks):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1

    with django_capture_on_commit_callbacks(execute=True):
        one = sent(client)

    assert one.state == Submission.State.RECEIVED


def test_other_organizations_link_sends_nothing_of_this_one(client):
    mine = submission("Contoso")
    _, token = setup_link("Fabrikam")

    client.post(page(token, "send"))

    assert list(Submission.objects.all()) == [mine]

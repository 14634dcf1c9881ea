"""Mails: what they say, to whom they go, how they thin out, and that no secret is in them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.mail import EmailMultiAlternatives
from django.test import override_settings

from directory_sync import notify
from directory_sync.connections import NewConnection, draft_credential, open_connection
from directory_sync.models import Connection, Event, Organization, SyncRun
from tests.sync.harness import connect, sync

NIGHT = datetime(2026, 3, 1, 5, tzinfo=UTC)
SECRET = "Qx8~make-believe~client~secret"
OWNER, SUPPORT = "ada@customer.example", "support@hq.example"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def support(settings) -> None:
    settings.SUPPORT_EMAIL = SUPPORT


@pytest.fixture
def opened(sealing_keys) -> Connection:
    new = NewConnection(
        tenant_id="11111111-1111-4111-8111-111111111111",
        client_id="22222222-2222-4222-8222-222222222222",
        owner_name="Ada Admin",
        owner_email=OWNER,
        name="Contoso",
    )
    return open_connection(new, draft_credential(SECRET), [Organization.objects.create(name="Contoso")], by="test")


def ended(connection: Connection, state: str, problem: str = "", **facts) -> SyncRun:
    """A run that is over, and the connection as the run leaves it."""
    failing = {"problem": problem, "failing_since": facts.pop("since", NIGHT)} if state == "failed" else {}
    Connection.objects.filter(pk=connection.pk).update(**(failing or {"problem": "", "failing_since": None}))
    return SyncRun.objects.create(connection=connection, state=state, problem=problem, **facts)


def recipients(outbox) -> list[str]:
    return [address for mail in outbox for address in mail.to]


def html_of(mail: EmailMultiAlternatives) -> str:
    return mail.alternatives[0].content


def test_a_link_goes_to_its_owner_in_text_and_html(mailoutbox):
    url = "https://hq.example/connect/t0ken/"

    notify.link_sent("Contoso & Sons", "Ada", OWNER, url, "connect", NIGHT)

    (mail,) = mailoutbox
    assert mail.to == [OWNER]
    assert mail.subject == "Connect the directory of Contoso & Sons"
    assert url in mail.body
    assert url in html_of(mail)
    assert "1 March 2026" in mail.body


@pytest.mark.parametrize(("intent", "word"), [("connect", "Connect"), ("renew", "Renew"), ("change", "Change")])
def test_a_link_says_what_it_is_for(mailoutbox, intent, word):
    notify.link_sent("Contoso", "Ada", OWNER, "https://hq.example/", intent, NIGHT)

    assert mailoutbox[0].subject.startswith(word)


def test_names_are_escaped_in_html_and_left_alone_in_text(mailoutbox):
    notify.approved("<b>Contoso</b>", "Ada", OWNER, "https://hq.example/")

    assert "<b>Contoso</b>" in mailoutbox[0].body
    assert "<b>Contoso</b>" not in html_of(mailoutbox[0])


def test_a_line_break_in_a_name_cannot_add_a_header(mailoutbox):
    notify.approved("Contoso\nBcc: everybody@example.com", "Ada", OWNER)

    assert "\n" not in mailoutbox[0].subject
    assert mailoutbox[0].recipients() == [OWNER]


def test_a_submission_is_told_to_its_owner_and_to_support_each_with_their_own_page(mailoutbox):
    notify.submission_received("Contoso", "Ada", OWNER, "https://hq.example/status", "https://hq.example/admin/review")

    assert recipients(mailoutbox) == [OWNER, SUPPORT]
    assert "admin" not in mailoutbox[0].body
    assert "https://hq.example/admin/review" in mailoutbox[1].body


def test_supports_own_words_are_in_the_request_for_changes(mailoutbox):
    notify.changes_requested("Contoso", "Ada", OWNER, "https://hq.example/form", "Please add\nUser.Read.All.")

    assert "Please add\nUser.Read.All." in mailoutbox[0].body
    assert "Please add<br>User.Read.All." in html_of(mailoutbox[0])


def test_the_first_sync_is_told_once_to_owner_and_support(opened, mailoutbox):
    told = notify.after_run(ended(opened, "succeeded", users=4120, groups=7), NIGHT)
    again = notify.after_run(ended(opened, "succeeded"), NIGHT + timedelta(days=1))

    assert (told, again) == (notify.TOLD_OF_FIRST_SYNC, "")
    assert recipients(mailoutbox) == [OWNER, SUPPORT]
    assert "People read: 4,120" in mailoutbox[0].body


def test_only_support_is_led_into_the_administration(opened, mailoutbox):
    notify.after_run(ended(opened, "succeeded"), NIGHT)

    assert ["/admin/" in mail.body for mail in mailoutbox] == [False, True]


def test_what_the_customer_can_mend_is_told_to_the_customer_with_the_cure(opened, mailoutbox):
    notify.after_run(ended(opened, "failed", "secret_expired"), NIGHT)

    assert recipients(mailoutbox) == [OWNER, SUPPORT]
    assert mailoutbox[0].subject == "Sync failing: Contoso: The client secret has expired"
    assert "Certificates & secrets" in mailoutbox[0].body
    assert f"appId/{opened.client_id}" in mailoutbox[0].body


def test_what_only_we_can_mend_does_not_bother_the_customer(opened, mailoutbox):
    notify.after_run(ended(opened, "failed", "defect"), NIGHT)

    assert recipients(mailoutbox) == [SUPPORT]


def test_support_gets_what_microsoft_asks_for(opened, mailoutbox):
    notify.after_run(ended(opened, "failed", "consent_missing", request_id="0f7c1c9e-req"), NIGHT)

    assert ["0f7c1c9e-req" in mail.body for mail in mailoutbox] == [False, True]


def test_a_failure_is_told_daily_at_most(opened, mailoutbox):
    hours = [0, 6, 19, 24, 30, 47.5]

    told = [bool(notify.after_run(ended(opened, "failed", "secret_wrong"), NIGHT + timedelta(hours=h))) for h in hours]

    assert told == [True, False, False, True, False, True]


def test_another_cause_is_told_at_once(opened, mailoutbox):
    notify.after_run(ended(opened, "failed", "secret_wrong"), NIGHT)

    told = notify.after_run(ended(opened, "failed", "consent_missing"), NIGHT + timedelta(hours=1))

    assert told == notify.TOLD_OF_FAILURE


def test_a_failure_after_success_is_told_at_once(opened, mailoutbox):
    notify.after_run(ended(opened, "succeeded"), NIGHT - timedelta(days=1))
    notify.after_run(ended(opened, "failed", "secret_wrong"), NIGHT)
    notify.after_run(ended(opened, "succeeded"), NIGHT + timedelta(hours=1))
    later = NIGHT + timedelta(hours=2)

    told = notify.after_run(ended(opened, "failed", "secret_wrong", since=later), later)

    assert told == notify.TOLD_OF_FAILURE


def test_what_passes_by_itself_is_told_only_after_a_day(opened, mailoutbox):
    at_once = notify.after_run(ended(opened, "failed", "throttled"), NIGHT)
    next_night = notify.after_run(ended(opened, "failed", "throttled"), NIGHT + timedelta(days=1))

    assert (at_once, next_night) == ("", notify.TOLD_OF_FAILURE)
    assert recipients(mailoutbox) == [SUPPORT]


def test_a_disconnected_directory_is_silent(opened, mailoutbox):
    Connection.objects.filter(pk=opened.pk).update(state=Connection.State.DISCONNECTED)

    notify.after_run(ended(opened, "failed", "secret_wrong"), NIGHT)

    assert not mailoutbox


def test_a_mail_that_could_not_be_handed_over_is_tried_again_after_the_next_run(opened, mailoutbox):
    run = ended(opened, "failed", "secret_wrong")
    with override_settings(
        EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend", EMAIL_HOST="127.0.0.1", EMAIL_PORT=1
    ):
        unsent = notify.after_run(run, NIGHT)

    sent = notify.after_run(run, NIGHT + timedelta(minutes=15))

    assert (unsent, sent) == ("", notify.TOLD_OF_FAILURE)


def test_what_was_told_is_in_the_activity_log_without_names(opened, mailoutbox):
    run = ended(opened, "failed", "secret_wrong")

    notify.after_run(run, NIGHT)

    event = Event.objects.get(verb=notify.TOLD_OF_FAILURE)
    assert (event.subject, event.facts) == (str(run.pk), {"problem": "secret_wrong"})


def test_no_mail_holds_a_secret_sealed_or_open(opened, mailoutbox):
    sealed = opened.current_credential().sealed
    address = ("Contoso", "Ada", OWNER)
    notify.link_sent(*address, "https://hq.example/", "renew", NIGHT)
    notify.submission_received(*address, "https://hq.example/")
    notify.changes_requested(*address, "https://hq.example/", "Please try again.")
    notify.approved(*address, "https://hq.example/")
    notify.first_sync_done(ended(opened, "succeeded"))

    notify.sync_failing(ended(opened, "failed", "secret_wrong"))

    whole = "".join(str(mail.message()) + mail.body + html_of(mail) for mail in mailoutbox)
    assert len(mailoutbox) == 9
    assert SECRET not in whole
    assert sealed[:24] not in whole


def test_withdrawn_permission_is_told_although_the_rest_was_synced(db, endpoints, directory, mailoutbox):
    connection = connect(directory, sync_contacts=True)
    notify.after_run(sync(connection))
    mailoutbox.clear()

    directory.withdraw_role("OrgContact.Read.All")
    run = sync(connection)

    assert (run.state, notify.after_run(run)) == ("partial", notify.TOLD_OF_FAILURE)
    assert connection.owner_email in [address for mail in mailoutbox for address in mail.to]

import pytest

from directory_sync.models import Connection
from onboarding import links
from onboarding.models import LiveCheck, SetupLink, Submission
from tests.onboarding.factories import CANARY, organization, setup_link, staff, submission

pytestmark = pytest.mark.django_db
LINKS, SUBMISSIONS = "/admin/onboarding/setuplink/", "/admin/onboarding/submission/"


@pytest.fixture
def approver(client, db):
    user = staff("Approver")
    client.force_login(user)
    return user


def add_link(client):
    facts = {"organization": organization().pk, "owner_name": "Ida Admin", "owner_email": "ida@customer.example"}
    return client.post(f"{LINKS}add/", facts)


def test_new_link_is_mailed_and_its_address_shown_once(client, approver, mailoutbox):
    made = add_link(client)

    link = SetupLink.objects.get()
    token = made.context["url"].rstrip("/").rsplit("/", 1)[1]
    later = client.get(f"{LINKS}{link.pk}/change/").content.decode()
    assert links.find(token) == link
    assert token in mailoutbox[0].body
    assert token not in later
    assert link.created_by == approver
    assert token not in str(client.session.items()) + str(client.cookies)


def test_address_is_shown_when_mail_is_down(client, approver, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1

    made = add_link(client)

    assert "could not be mailed" in made.content.decode()
    assert SetupLink.objects.get().mailed_at is None


def test_link_is_resent_and_revoked_from_its_page(client, approver, mailoutbox):
    link, token = setup_link()

    resent = client.post(f"{LINKS}{link.pk}/resend/")
    client.post(f"{LINKS}{link.pk}/revoke/")

    link.refresh_from_db()
    assert links.find(token) is None
    assert resent.context["url"] in mailoutbox[0].body
    assert link.revoked_at


def test_link_stays_as_it_was_made(client, approver):
    link, _ = setup_link()
    facts = {"organization": organization("Fabrikam").pk, "owner_name": "Eve", "owner_email": "eve@elsewhere.example"}

    answer = client.post(f"{LINKS}{link.pk}/change/", facts)

    assert answer.status_code == 403
    assert SetupLink.objects.get().owner_name == "Ida Admin"


@pytest.mark.parametrize("door", ["resend", "revoke"])
def test_auditor_changes_no_link(client, door):
    client.force_login(staff("Auditor"))
    link, token = setup_link()

    answer = client.post(f"{LINKS}{link.pk}/{door}/")

    assert answer.status_code == 403
    assert links.find(token) == link


def test_queue_lists_submissions_with_age_and_checks(client, approver):
    submission(checks=[{"name": "token", "ok": False, "problem": "secret_wrong", "subject": "", "detail": ""}])

    shown = client.get(SUBMISSIONS).content.decode()

    assert "Contoso Ltd" in shown
    assert "1 to mend" in shown


def test_page_of_a_submission_shows_answers_and_no_secret(client, approver):
    one = submission()

    shown = client.get(f"{SUBMISSIONS}{one.pk}/change/").content.decode()

    assert one.tenant_id in shown
    assert "received and sealed" in shown
    assert CANARY not in shown
    assert one.credential.sealed not in shown


def test_approving_with_ticked_attributes_connects(client, approver):
    one = submission(attributes=["city", "job_title"])

    client.post(f"{SUBMISSIONS}{one.pk}/approve/", {"attributes": ["city"]})

    assert Connection.objects.get().approved_attributes() == ["city"]


def test_approving_twice_says_that_somebody_has_decided(client, approver):
    one = submission()

    client.post(f"{SUBMISSIONS}{one.pk}/approve/")
    again = client.post(f"{SUBMISSIONS}{one.pk}/approve/", follow=True)

    assert "decided already" in again.content.decode()
    assert Connection.objects.count() == 1


def test_refused_approval_is_told_in_words(client, approver):
    one = submission()
    one.organization.package = "essential"
    one.organization.save()

    answer = client.post(f"{SUBMISSIONS}{one.pk}/approve/", follow=True)

    assert "upgrade it first" in answer.content.decode()


def test_changes_are_asked_for_with_a_message(client, approver):
    one = submission()

    without = client.post(f"{SUBMISSIONS}{one.pk}/ask-for-changes/", {"message": " "})
    client.post(f"{SUBMISSIONS}{one.pk}/ask-for-changes/", {"message": "The secret is wrong."})

    one.refresh_from_db()
    assert "required" in without.content.decode()
    assert (one.state, one.message) == ("changes_requested", "The secret is wrong.")


@pytest.mark.parametrize(
    ("role", "doors"),
    [
        (None, {"change": 403, "approve": 403, "decline": 403, "ask-for-changes": 403, "check": 403, "panel": 403}),
        ("Auditor", {"change": 200, "approve": 403, "decline": 403, "ask-for-changes": 403, "check": 403}),
        ("Support", {"change": 200, "approve": 403, "decline": 403, "check": 302, "ask-for-changes": 302}),
    ],
)
def test_each_role_opens_its_doors_only(client, role, doors):
    client.force_login(staff(role))
    one = submission()

    found = {}
    for door in doors:
        send = client.get if door in ("change", "panel") else client.post
        found[door] = send(f"{SUBMISSIONS}{one.pk}/{door}/", {"message": "x"}).status_code

    assert found == doors
    assert not Connection.objects.exists()


def test_editor_without_staff_rights_is_sent_to_sign_in(client, django_user_model):
    client.force_login(django_user_model.objects.create_user(username="editor", email="editor@customer.example"))
    one = submission()

    answers = [client.get(f"{SUBMISSIONS}{one.pk}/change/"), client.post(f"{SUBMISSIONS}{one.pk}/approve/")]

    assert {answer.status_code for answer in answers} <= {302, 403}
    assert Submission.objects.get().state == Submission.State.RECEIVED


def test_get_decides_nothing(client, approver):
    one = submission()

    codes = {client.get(f"{SUBMISSIONS}{one.pk}/{door}/").status_code for door in ("approve", "decline", "check")}

    assert codes == {405}
    assert not LiveCheck.objects.exists()


def test_queue_costs_the_same_for_ten_rows_and_a_hundred(client, approver, django_assert_max_num_queries):
    for number in range(10):
        submission(f"Company {number}")
    with django_assert_max_num_queries(20) as ten:
        client.get(SUBMISSIONS)
    for number in range(10, 60):
        submission(f"Company {number}")

    with django_assert_max_num_queries(len(ten)):
        client.get(SUBMISSIONS)


def test_list_of_links_costs_the_same_for_ten_rows_and_a_hundred(client, approver, django_assert_max_num_queries):
    for number in range(10):
        setup_link(f"Company {number}")
    with django_assert_max_num_queries(20) as ten:
        client.get(LINKS)
    for number in range(10, 100):
        setup_link(f"Company {number}")

    with django_assert_max_num_queries(len(ten)):
        client.get(LINKS)

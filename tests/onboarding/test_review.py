from uuid import uuid4

import pytest

from directory_sync.connections import ConnectionRefused
from directory_sync.models import AttributeGrant, Connection, Event
from onboarding import comparison, links, review
from onboarding.models import SetupLink, Submission
from tests.onboarding.factories import answers, page, sent, staff, submission

pytestmark = pytest.mark.django_db


@pytest.fixture
def approver(db):
    return staff("Approver")


def test_approval_makes_the_submission_a_connection_that_is_due(approver):
    one = submission(username_fallback=True)

    assert review.approve(one, by=approver, attributes=["city"])

    one.refresh_from_db()
    made = one.connection
    assert (one.state, one.decided_by) == ("approved", approver)
    assert (made.tenant_id, made.client_id, made.username_fallback) == (one.tenant_id, one.client_id, True)
    assert made.due_at is not None
    assert made.current_credential() == one.credential


def test_attributes_are_approved_one_by_one(approver):
    one = submission(attributes=["city", "job_title"])

    review.approve(one, by=approver, attributes=["city"])

    grants = AttributeGrant.objects.values_list("attribute", "state", "decided_by")
    assert set(grants) == {("city", "approved", approver.pk), ("job_title", "declined", approver.pk)}


def test_attribute_that_was_not_asked_for_is_refused(approver):
    one = submission(attributes=["city"])

    with pytest.raises(ConnectionRefused, match="did not ask for: employee_id"):
        review.approve(one, by=approver, attributes=["employee_id"])

    one.refresh_from_db()
    assert one.state == Submission.State.RECEIVED


def test_approving_twice_makes_one_connection(approver):
    one = submission()
    second_window = Submission.objects.get(pk=one.pk)

    results = [review.approve(which, by=approver, attributes=[]) for which in (one, second_window)]

    assert results == [True, False]
    assert Connection.objects.count() == 1


def test_decision_is_not_taken_again_another_way(approver):
    one = submission()
    review.approve(one, by=approver, attributes=[])

    assert not review.decline(one, by=approver)
    assert not review.ask_for_changes(one, by=approver, message="too late")
    one.refresh_from_db()
    assert one.state == Submission.State.APPROVED


def test_essential_organization_can_not_be_approved(approver):
    one = submission()
    one.organization.package = "essential"
    one.organization.save()

    with pytest.raises(ConnectionRefused, match="Essential"):
        review.approve(one, by=approver, attributes=[])

    one.refresh_from_db()
    assert one.state == Submission.State.RECEIVED
    assert not Connection.objects.exists()


def test_more_than_fifteen_groups_need_a_raised_limit(approver):
    groups = [str(uuid4()) for _ in range(16)]
    one = submission(scope="selected", group_ids=groups)

    with pytest.raises(ConnectionRefused, match="16 groups"):
        review.approve(one, by=approver, attributes=[])
    review.approve(one, by=approver, attributes=[], group_ids=groups)

    assert Connection.objects.get().scope_group_ids == groups


def test_listed_groups_never_become_the_whole_directory(approver):
    one = submission(scope="selected", group_ids=[str(uuid4())])

    with pytest.raises(ConnectionRefused, match="at least one"):
        review.approve(one, by=approver, attributes=[], group_ids=[])

    assert not Connection.objects.exists()


def test_asking_for_changes_reopens_the_form_with_everything_in_it(
    client, approver, mailoutbox, django_capture_on_commit_callbacks
):
    one = sent(client, company_name="Contoso Ltd")
    with django_capture_on_commit_callbacks(execute=True):
        review.ask_for_changes(one, by=approver, message="Please list your groups.")
    token = links.new_token(one.link)

    shown = client.get(page(token)).content.decode()

    assert "Please list your groups." in shown
    assert 'value="Contoso Ltd"' in shown
    assert "Secret received" in shown
    assert "Please list your groups." in mailoutbox[-1].body


def test_changed_submission_supersedes_the_first_and_shows_the_difference(client, approver):
    one = sent(client, company_name="Contoso Ltd")
    review.ask_for_changes(one, by=approver, message="Use your full name.")
    token = links.new_token(one.link)

    posted = {**answers(company_name="Contoso Limited", secret_value=""), "tenant_id": one.tenant_id}
    client.post(page(token), posted)
    client.post(page(token, "send"))

    two = Submission.objects.get(state=Submission.State.RECEIVED)
    one.refresh_from_db()
    assert one.state == Submission.State.SUPERSEDED
    assert ("Company", "Contoso Ltd", "Contoso Limited") in comparison.differences(two)
    assert "Directory (tenant) ID" not in [name for name, _, _ in comparison.differences(two)]
    assert two.credential == one.credential


def test_declining_destroys_the_secret_and_says_so_on_the_page(client, approver):
    one = submission()

    assert review.decline(one, by=approver, message="Not your company.")

    one.credential.refresh_from_db()
    shown = client.get(page(links.new_token(one.link))).content.decode()
    assert one.credential.sealed == ""
    assert "Declined" in shown
    assert "Not your company." in shown


def test_gone_secret_can_not_be_approved(approver):
    one = submission()
    one.credential.delete()
    one.refresh_from_db()

    with pytest.raises(ConnectionRefused, match="secret of this submission is gone"):
        review.approve(one, by=approver, attributes=[])


def test_every_decision_is_in_the_activity_log(approver):
    for decide in (
        lambda one: review.approve(one, by=approver, attributes=[]),
        lambda one: review.ask_for_changes(one, by=approver, message="x"),
        lambda one: review.decline(one, by=approver),
    ):
        decide(submission(f"Company {uuid4()}"))

    logged = Event.objects.filter(actor=approver).values_list("verb", flat=True)
    assert {"submission approved", "changes requested", "submission declined"} <= set(logged)


def test_approval_is_mailed_with_an_address_of_the_status_page(
    client, approver, mailoutbox, django_capture_on_commit_callbacks
):
    one = submission()

    with django_capture_on_commit_callbacks(execute=True):
        review.approve(one, by=approver, attributes=[])

    token = mailoutbox[0].body.split("/connect/")[1].split("/")[0]
    assert "First sync" in client.get(page(token)).content.decode()


def test_nothing_live_changes_before_approval(client):
    sent(client)

    assert not Connection.objects.exists()
    assert SetupLink.objects.get().connection is None

import pytest

from directory_sync.connections import draft_credential
from directory_sync.models import Connection, SyncRun
from onboarding import links, review, status
from onboarding.models import Submission
from tests.onboarding.factories import page, staff, submission
from tests.sync.harness import sync

pytestmark = pytest.mark.django_db


def way(one: Submission) -> dict[str, str]:
    """Title → state of every station."""
    return {step.title: step.state for step in status.of(one.link).steps}


@pytest.fixture
def approved(endpoints, directory) -> Submission:
    app = directory.add_app()
    one = submission(
        tenant_id=directory.tenant_id, client_id=app.client_id, credential=draft_credential(app.secret), attributes=[]
    )
    review.approve(one, by=staff("Approver"), attributes=[])
    one.link.refresh_from_db()
    return one


def test_received_submission_waits_for_approval():
    one = submission(checks=[{"name": "token", "ok": True, "problem": "", "subject": "", "detail": ""}])

    assert way(one) == {
        "Received": "ok",
        "Checked with Entra": "ok",
        "Approved": "waiting",
        "First sync": "waiting",
        "Online": "waiting",
    }


def test_problem_of_the_checks_is_told_with_its_cure(client):
    one = submission(checks=[{"name": "token", "ok": False, "problem": "secret_wrong", "subject": "", "detail": ""}])

    shown = client.get(page(links.new_token(one.link))).content.decode()

    assert way(one)["Checked with Entra"] == "warn"
    assert 'data-code="secret_wrong"' in shown


def test_running_first_sync_shows_its_stage_and_pages(client, approved):
    SyncRun.objects.create(connection=approved.connection, state="running", stage="reading", pages=7)

    shown = client.get(page(links.new_token(approved.link))).content.decode()

    assert "Reading the directory · 7 pages read" in shown
    assert "hx-get" in shown


def test_synced_connection_is_online_and_no_longer_asks(client, approved, directory):
    directory.add_user(displayName="Zoe Zephyr", mail="zoe@contoso.com")
    sync(approved.connection)

    shown = client.get(page(links.new_token(approved.link))).content.decode()

    assert way(approved)["Online"] == "synced"
    assert "Last synced" in shown
    assert "Secret expires on" not in shown  # this credential was sealed without a date
    assert "hx-get" not in shown
    assert "Zoe" not in shown


def test_failed_first_sync_is_explained(approved, directory, tenant_server):
    Connection.objects.filter(pk=approved.connection.pk).update(problem="consent_missing")
    SyncRun.objects.create(connection=approved.connection, state="failed", problem="consent_missing")

    standing = status.of(approved.link)

    assert way(approved)["First sync"] == "failed"
    assert [diagnosis.code for diagnosis in standing.problems] == ["consent_missing"]


def test_paused_and_disconnected_are_said(approved):
    sync(approved.connection)
    words = []
    for state in (Connection.State.PAUSED, Connection.State.DISCONNECTED):
        Connection.objects.filter(pk=approved.connection.pk).update(state=state)
        approved.link.refresh_from_db()
        words.append(way(approved)["Online"])

    assert words == ["paused", "gone"]


def test_fragment_costs_the_same_however_many_runs_there_were(client, approved, django_assert_num_queries):
    token = links.new_token(approved.link)
    SyncRun.objects.create(connection=approved.connection, state="succeeded")
    with django_assert_num_queries(6):
        client.get(page(token, "status"))
    SyncRun.objects.bulk_create(SyncRun(connection=approved.connection, state="succeeded") for _ in range(100))

    with django_assert_num_queries(6):
        client.get(page(token, "status"))


def test_page_that_follows_leads_to_the_form_when_changes_are_asked_for(client):
    one = submission()
    token = links.new_token(one.link)
    review.ask_for_changes(one, by=staff("Support"), message="Please look again.")

    answer = client.get(page(token, "status"), headers={"HX-Request": "true"})

    assert answer.headers["HX-Redirect"] == page(token)

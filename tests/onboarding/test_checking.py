from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from directory_sync import connections, probe
from onboarding import checking, tasks
from onboarding.models import LiveCheck
from tests.onboarding.factories import answers, page, sent, setup_link, submission

pytestmark = pytest.mark.django_db


@pytest.fixture
def real(endpoints, directory):
    """Answers that fit an app of the make-believe tenant."""
    app = directory.add_app()
    return {"tenant_id": directory.tenant_id, "client_id": app.client_id, "secret_value": app.secret}


def check(client, token):
    """Press the button, and let a worker answer."""
    client.post(page(token, "check"))
    for waiting in LiveCheck.objects.filter(state=LiveCheck.State.QUEUED):
        tasks.check(waiting.pk)
    return client.get(page(token, "review")).content.decode()


def test_good_answers_are_confirmed_before_sending(client, real):
    _, token = setup_link()
    client.post(page(token), answers(**real))

    shown = check(client, token)

    assert "Everything works" in shown


def test_wrong_secret_is_told_with_its_cure(client, real):
    _, token = setup_link()
    client.post(page(token), answers(**{**real, "secret_value": "Wrong8Q~wrong-wrong-wrong-wrong-wrong"}))

    shown = check(client, token)

    assert 'data-code="secret_wrong"' in shown
    assert "Everything works" not in shown


def test_missing_permission_is_told_by_name(client, endpoints, directory):
    app = directory.add_app(roles=["Group.Read.All", "GroupMember.Read.All"])
    _, token = setup_link()
    client.post(page(token), answers(tenant_id=directory.tenant_id, client_id=app.client_id, secret_value=app.secret))

    shown = check(client, token)

    assert 'data-code="permission_missing"' in shown
    assert "User.Read.All" in shown


def test_listed_groups_are_found_by_name_or_told_missing(client, real, directory):
    sales, nowhere = directory.add_group("Sales in Spain"), str(uuid4())
    _, token = setup_link()
    client.post(page(token), answers(**real, scope="selected", group_ids=f"{sales} {nowhere}"))

    shown = check(client, token)

    assert "Sales in Spain" in shown
    assert 'data-code="group_not_found"' in shown


def test_guid_for_a_secret_is_recognised_by_the_worker(endpoints, directory):
    app = directory.add_app()
    probed = probe.Probed("global", directory.tenant_id, app.client_id, connections.draft_credential(str(uuid4())))

    found = probe.check_connection(probed)

    assert [answer.problem for answer in found if not answer.ok] == ["secret_is_id"]


def test_job_carries_an_id_and_nothing_else(client, real, django_capture_on_commit_callbacks):
    _, token = setup_link()
    client.post(page(token), answers(**real))

    with django_capture_on_commit_callbacks(execute=True):
        client.post(page(token, "check"))

    job = OrmQ.objects.get()
    assert job.key == "now"
    assert job.task["args"] == (LiveCheck.objects.get().pk,)


def test_page_follows_a_check_with_htmx_and_without(client, real):
    _, token = setup_link()
    client.post(page(token), answers(**real))

    plain = client.post(page(token, "check"))
    fragment = client.get(page(token, "checks")).content.decode()
    shown = client.get(page(token, "review")).content.decode()

    assert plain.url == f"{page(token, 'review')}#check"
    assert "hx-get" in fragment
    assert "<html" not in fragment
    assert ">Refresh</a>" in shown


def test_answers_about_former_ids_are_not_shown(client, real):
    _, token = setup_link()
    client.post(page(token), answers(**real))
    check(client, token)

    client.post(page(token), answers(**{**real, "client_id": str(uuid4()), "secret_value": ""}))

    assert "Everything works" not in client.get(page(token, "review")).content.decode()


def test_incomplete_draft_is_not_checked(client):
    _, token = setup_link()

    shown = client.post(page(token, "check"), headers={"HX-Request": "true"}).content.decode()

    assert "nothing to check yet" in shown
    assert not LiveCheck.objects.exists()


def test_twenty_checks_a_link(client):
    link, token = setup_link()
    client.post(page(token), answers())
    long_ago = timezone.now() - timedelta(hours=2)
    for _ in range(20):
        LiveCheck.objects.create(link=link, tenant_id=str(uuid4()), fingerprint="", created_at=long_ago)

    shown = client.post(page(token, "check"), headers={"HX-Request": "true"}).content.decode()

    assert "used up" in shown
    assert LiveCheck.objects.count() == 20


def test_ten_checks_an_hour_of_a_tenant_whichever_link_asks(client):
    tenant_id = str(uuid4())
    tokens = [setup_link(name)[1] for name in ("Contoso", "Fabrikam")]
    for token in tokens:
        client.post(page(token), answers(tenant_id=tenant_id))

    for number in range(12):
        client.post(page(tokens[number % 2], "check"))

    assert LiveCheck.objects.filter(tenant_id=tenant_id).count() == 10
    LiveCheck.objects.update(created_at=timezone.now() - timedelta(minutes=61))
    client.post(page(tokens[0], "check"))
    assert LiveCheck.objects.filter(tenant_id=tenant_id).count() == 11


def test_sending_checks_by_itself(client, real):
    one = sent(client, **real)

    tasks.check(LiveCheck.objects.get().pk)

    one.refresh_from_db()
    assert one.checks
    assert all(answer["ok"] for answer in one.checks)


def test_what_was_just_checked_is_not_asked_again_on_sending(client, real):
    link, token = setup_link()
    client.post(page(token), answers(**real))
    check(client, token)

    client.post(page(token, "send"))

    assert LiveCheck.objects.count() == 1
    assert link.submissions.get().checks


def test_check_delivered_twice_is_done_once(endpoints):
    one = submission()
    waiting = checking.repeat(one)

    assert checking.perform(waiting)
    assert not checking.perform(waiting)


def test_check_of_what_is_gone_does_no_harm():
    assert tasks.check(404) is False
    assert tasks.answer_request(404) == 0

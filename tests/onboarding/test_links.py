import re
from datetime import timedelta

import pytest
from django.utils import timezone

from onboarding import links, tasks
from onboarding.models import LinkRequest, LinkToken, SetupLink
from tests.onboarding.factories import organization, page, setup_link, submission
from tests.sync.harness import connect

pytestmark = pytest.mark.django_db


def personal_url(mail) -> str:
    return re.search(r"https?://\S+/connect/([\w-]+)/", mail.body)[1]


def ask(client, email):
    answer = client.post("/connect/", {"email": email}, follow=True)
    for request in LinkRequest.objects.all():
        tasks.answer_request(request.pk)
    return answer


def test_token_has_256_bits_and_only_its_hash_is_stored():
    link, token = setup_link()

    stored = LinkToken.objects.get(link=link)

    assert len(token) == 43
    assert re.fullmatch(r"[0-9a-f]{64}", stored.token_hash)
    assert token not in stored.token_hash


def test_opening_a_link_ten_times_changes_nothing(client):
    _, token = setup_link()
    rows = [list(model.objects.values()) for model in (SetupLink, LinkToken)]

    codes = {client.get(page(token)).status_code for _ in range(10)}

    assert codes == {200}
    assert [list(model.objects.values()) for model in (SetupLink, LinkToken)] == rows
    assert "sessionid" not in client.cookies


def test_link_lives_fourteen_days():
    link, token = setup_link()
    almost = timezone.now() + timedelta(days=14)

    SetupLink.objects.filter(pk=link.pk).update(expires_at=timezone.now() - timedelta(seconds=1))

    assert almost - timedelta(minutes=1) < link.expires_at < almost + timedelta(minutes=1)
    assert links.find(token) is None


def test_unknown_expired_and_revoked_links_get_the_same_page(client):
    _, revoked_token = revoked = setup_link("Fabrikam")
    links.revoke(revoked[0])
    expired, expired_token = setup_link("Northwind")
    SetupLink.objects.filter(pk=expired.pk).update(expires_at=timezone.now())

    pages = [client.get(page(token)) for token in ("unknown", revoked_token, expired_token)]

    assert [found.status_code for found in pages] == [404, 404, 404]
    assert len({re.sub(rb'X-CSRFToken": "\w+', b"", found.content) for found in pages}) == 1
    assert b"Fabrikam" not in pages[1].content
    assert b'href="/connect/"' in pages[0].content


def test_every_door_of_an_unknown_link_answers_404(client):
    gets = [client.get(page("unknown", name)).status_code for name in ("intake", "review", "checks", "status")]
    posts = [client.post(page("unknown", name)).status_code for name in ("intake", "check", "send")]

    assert {*gets, *posts} == {404}


def test_resending_makes_a_new_token_and_drops_the_former_one():
    link, former = setup_link()

    token = links.resend(link)

    assert links.find(former) is None
    assert links.find(token) == link


def test_revoked_link_is_not_resent():
    link, _ = setup_link()
    assert links.revoke(link)

    assert links.resend(link) is None
    assert not links.revoke(link)


def test_asking_answers_the_same_to_everybody(client, mailoutbox):
    setup_link(email="ida@customer.example")

    known = ask(client, "IDA@customer.example")
    stranger = ask(client, "stranger@elsewhere.example")

    assert re.sub(rb'X-CSRFToken": "\w+', b"", known.content) == re.sub(rb'X-CSRFToken": "\w+', b"", stranger.content)
    assert [mail.to for mail in mailoutbox] == [["ida@customer.example"]]
    assert not LinkRequest.objects.exists()


def test_asked_for_link_works_beside_the_first_one(client, mailoutbox):
    link, token = setup_link()

    ask(client, link.owner_email)

    assert links.find(personal_url(mailoutbox[0])) == link
    assert links.find(token) == link


def test_asking_again_and_again_mails_three_times_an_hour(client, mailoutbox):
    link, _ = setup_link()

    for _ in range(5):
        ask(client, link.owner_email)

    assert len(mailoutbox) == 3


def test_owner_of_a_live_connection_gets_a_link_to_its_status(client, connection, mailoutbox):
    ask(client, connection.owner_email)

    found = client.get(page(personal_url(mailoutbox[0])))

    assert found.status_code == 200
    assert connection.tenant_id not in found.content.decode()
    assert "First sync" in found.content.decode()


def test_expired_link_of_a_known_owner_is_not_mailed(client, mailoutbox):
    link, _ = setup_link()
    links.revoke(link)

    ask(client, link.owner_email)

    assert mailoutbox == []


def test_status_page_is_open_for_ninety_days(client):
    sent = submission()
    token = links.new_token(sent.link)
    SetupLink.objects.update(submitted_at=timezone.now() - timedelta(days=89), expires_at=timezone.now())

    assert client.get(page(token)).status_code == 200

    SetupLink.objects.update(submitted_at=timezone.now() - timedelta(days=91))
    assert client.get(page(token)).status_code == 404


def test_page_of_a_link_shows_nothing_of_another_organization(client, endpoints, directory):
    connect(directory, organization="Fabrikam")
    submission("Fabrikam")
    organization("Tailspin")
    _, token = setup_link("Contoso")

    shown = client.get(page(token)).content.decode()

    assert "Fabrikam" not in shown
    assert "Tailspin" not in shown


def test_opening_the_form_costs_the_same_however_many_links_there_are(client, django_assert_num_queries):
    _, token = setup_link()
    with django_assert_num_queries(2):
        client.get(page(token))
    for number in range(20):
        submission(f"Company {number}")

    with django_assert_num_queries(2):
        client.get(page(token))

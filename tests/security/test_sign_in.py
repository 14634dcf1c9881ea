"""Signing in: by whoever was invited, to nowhere else, not by trying."""

import re

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.urls import reverse

from directory_sync.invitations import invite_editor
from tests.onboarding.factories import organization

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def nothing_tried_before() -> None:
    cache.clear()


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada", "ada@hq.example", PASSWORD)


def sign_in(client, email: str = "ada@hq.example", password: str = PASSWORD, **more):
    return client.post(reverse("account_login"), {"login": email, "password": password, **more})


def test_session_is_another_one_after_signing_in(client, ada):
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies["sessionid"] = before = session.session_key

    sign_in(client)

    assert client.session["_auth_user_id"] == str(ada.pk)
    assert client.session.session_key != before


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_signing_in_leads_nowhere_else(client, ada, target):
    answer = sign_in(client, next=target)

    assert answer.status_code == 302
    assert answer.url == "/"


def test_account_that_was_closed_cannot_sign_in(client, ada):
    User.objects.update(is_active=False)

    sign_in(client)

    assert "_auth_user_id" not in client.session


def test_trying_passwords_ends_after_a_few(client, ada):
    for _ in range(6):
        sign_in(client, password="wrong")

    sign_in(client)

    assert "_auth_user_id" not in client.session


def test_limit_is_by_the_address_that_the_proxy_saw(client, ada, settings):
    """Otherwise everybody behind the proxy shares one limit, and one guesser keeps all out."""
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for number in range(12):
        client.post(
            reverse("account_login"),
            {"login": f"guess{number}@hq.example", "password": "wrong"},
            headers={"x-forwarded-for": "10.0.0.1, 203.0.113.9"},
        )

    client.post(
        reverse("account_login"),
        {"login": "ada@hq.example", "password": PASSWORD},
        headers={"x-forwarded-for": "203.0.113.10"},
    )

    assert client.session["_auth_user_id"] == str(ada.pk)


def test_editor_invited_in_capitals_can_sign_in(client, mailoutbox):
    invite_editor(organization("Globex"), email="Eve.Editor@Globex.Example", by="support")
    link = re.search(r"http://localhost:8000(\S+)", mailoutbox[0].body)[1]
    page = client.get(link, follow=True).request["PATH_INFO"]
    client.post(page, {"password1": PASSWORD, "password2": PASSWORD})

    sign_in(client, "Eve.Editor@Globex.Example")

    assert client.session["_auth_user_id"]


def test_link_to_choose_a_password_works_once(client, mailoutbox):
    invite_editor(organization("Globex"), email="eve@globex.example", by="support")
    link = re.search(r"http://localhost:8000(\S+)", mailoutbox[0].body)[1]
    page = client.get(link, follow=True).request["PATH_INFO"]
    client.post(page, {"password1": PASSWORD, "password2": PASSWORD})
    client.logout()

    again = client.get(link, follow=True)

    assert b"password1" not in again.content


def test_forgetting_a_password_answers_the_same_to_everybody(client, ada, mailoutbox):
    known = client.post(reverse("account_reset_password"), {"email": "ada@hq.example"}, follow=True)
    stranger = client.post(reverse("account_reset_password"), {"email": "nobody@hq.example"}, follow=True)

    assert known.redirect_chain == stranger.redirect_chain


def test_nobody_signs_up(client):
    client.post(reverse("account_signup"), {"email": "new@evil.example", "password1": PASSWORD, "password2": PASSWORD})

    assert not User.objects.exists()


def test_foreign_host_name_reaches_no_mail(client, ada, mailoutbox):
    answer = client.post(
        reverse("account_reset_password"), {"email": "ada@hq.example"}, headers={"host": "evil.example"}
    )

    assert answer.status_code == 400
    assert mailoutbox == []

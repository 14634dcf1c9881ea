"""What every answer carries, refusals and defects included."""

import pytest
from django.conf import settings as configured
from django.http import HttpResponse
from django.test import Client
from django.urls import path, reverse

from config.urls import urlpatterns as real_addresses
from onboarding import links
from tests.onboarding.factories import page, setup_link, staff, submission

pytestmark = pytest.mark.django_db


def break_down(request) -> HttpResponse:
    raise RuntimeError("a defect")


urlpatterns = [path("broken/", break_down), *real_addresses]


@pytest.fixture
def answers(settings):
    """One answer of each sort, by what it is."""
    settings.ROOT_URLCONF = "tests.security.test_headers"
    _, token = setup_link()
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    found = {
        "page": client.get(page(token)),
        "unknown link": client.get(page("unknown")),
        "no such page": client.get("/nothing/"),
        "defect": client.get("/broken/"),
        "forged form": client.post(page(token)),
        "wrong method": client.get(page(token, "send")),
        "redirect": client.get(reverse("home")),
        "missing slash": client.get("/connect"),
        "foreign host": client.get("/", headers={"host": "elsewhere.example"}),
        "too large": client.post(page(token), {"company_name": "x" * 3_000_000}),
        "static": client.get("/static/css/base.css"),
        "sign-in": client.get(reverse("account_login")),
    }
    b"".join(found["static"])  # reads the file to its end, which closes it
    return found


def test_policy_and_frames_are_refused_everywhere(answers):
    lacking = [what for what, answer in answers.items() if "default-src 'none'" not in policy(answer)]
    framed = [what for what, answer in answers.items() if "frame-ancestors 'none'" not in policy(answer)]

    codes = {what: answer.status_code for what, answer in answers.items()}
    assert codes["defect"] == 500
    assert codes["foreign host"] == codes["too large"] == 400
    assert (lacking, framed) == ([], [])


def policy(answer) -> str:
    return answer.headers.get("Content-Security-Policy", "")


def test_no_path_is_told_in_a_referrer(answers):
    """A stylesheet's request would otherwise name the page, token included, to whatever logs requests."""
    _, token = setup_link("Tailspin")

    shown = Client().get(page(token))

    assert shown.headers["Referrer-Policy"] == "strict-origin"
    assert b'name="referrer"' not in shown.content


@pytest.mark.parametrize("door", ["intake", "review", "checks", "status"])
def test_pages_of_a_link_are_neither_cached_nor_indexed(client, door):
    _, token = setup_link()
    sent = submission("Fabrikam")
    told = [
        client.get(page(token, door)),
        client.get(page(links.new_token(sent.link), door)),
        client.get(page("x", door)),
    ]

    assert all("no-store" in answer.headers["Cache-Control"] for answer in told)
    assert all("noindex" in answer.headers["X-Robots-Tag"] for answer in told)


def test_admin_pages_are_not_cached(client):
    client.force_login(staff("Auditor"), backend=configured.AUTHENTICATION_BACKENDS[0])

    shown = client.get(reverse("admin:directory_sync_recipient_changelist"))

    assert "no-store" in shown.headers["Cache-Control"]


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(settings):
    assert settings.SESSION_COOKIE_HTTPONLY
    assert settings.SESSION_COOKIE_SAMESITE == "Lax"

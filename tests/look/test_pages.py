"""The frame of every page: what stands in it, and that the content policy has nothing to object to."""

import re
from os.path import normpath
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.test import Client, RequestFactory

from directory_sync.brand_css import brand_css

TEMPLATES = Path(settings.BASE_DIR) / "templates"
PAGES = [path for path in TEMPLATES.rglob("*.html") if path.parent.name != "mail"]
SHEETS = list((Path(settings.BASE_DIR) / "static/css").glob("*.css"))
GOOD = ["synced", "ok", "succeeded", "approved"]
BAD = ["error", "bad", "failed", "quarantined"]
BETWEEN = [
    "waiting",
    "syncing",
    "held",
    "gone",
    "paused",
    "warn",
    "queued",
    "running",
    "partial",
    "received",
    "changes",
]


def page(template: str, **context) -> str:
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    return render_to_string(template, context, request=request)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_a_template_has_nothing_inline_and_nothing_from_elsewhere(path):
    text = re.sub(r"{%.*?%}", "", path.read_text(encoding="utf-8"))

    assert not re.search(r"\sstyle=|<style|\son\w+=\"|<script(?![^>]*\bsrc=)(?![^>]*json)", text)
    assert not re.search(r"(?:\ssrc|<link[^>]*\shref)=\"(?:https?:|//|data:)", text)


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_a_style_sheet_names_only_files_that_are_there(path):
    named = re.findall(r"url\(\"?([^\")]+)\"?\)", path.read_text(encoding="utf-8"))

    assert all(finders.find(normpath(f"css/{address}")) for address in named)


@pytest.mark.parametrize("state", [*GOOD, *BAD, *BETWEEN])
def test_a_state_is_an_icon_and_a_word(state):
    sheet = Path(finders.find("css/base.css")).read_text(encoding="utf-8")

    assert re.search(rf"\.state-{state}\b[^{{}}]*{{[^}}]*--icon:", sheet)
    assert render_to_string("includes/state.html", {"state": state, "label": "Word"}) == (
        f'<span class="state state-{state}">Word</span>'
    )


def test_the_frame_can_be_used_from_the_keyboard_and_by_ear():
    frame = page("base.html")

    assert '<a class="skip" href="#main">' in frame
    assert '<main id="main"' in frame
    assert 'role="status" aria-live="polite"' in frame
    assert settings.SUPPORT_EMAIL in frame


@pytest.mark.parametrize("template", ["403.html", "403_csrf.html", "404.html", "500.html"])
def test_an_error_page_says_what_to_do(template):
    told = page(template)

    assert told.count("<h1>") == 1
    assert told.count("<li>") >= 2


def test_the_page_for_a_defect_needs_no_context():
    assert "on our side" in render_to_string("500.html")


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["login/", "password/reset/", "password/reset/done/"])
def test_sign_in_pages_wear_the_frame(client: Client, address):
    answer = client.get(f"/accounts/{address}")

    assert answer.status_code == 200
    assert b'class="bar"' in answer.content
    assert b"sign up" not in answer.content.lower()


@pytest.mark.django_db
def test_the_signed_in_can_leave_by_post(client: Client):
    client.force_login(get_user_model().objects.create_user("ann", "ann@example.com"))

    menu = client.get("/accounts/logout/").content.decode()

    assert "ann@example.com" in menu
    assert '<form method="post" action="/accounts/logout/"><input type="hidden" name="csrfmiddlewaretoken"' in menu


def test_the_accent_comes_as_a_style_sheet(settings):
    settings.PRODUCT_ACCENT = "#7a1fa2"

    answer = brand_css(RequestFactory().get("/brand.css"))

    assert answer["Content-Type"].startswith("text/css")
    assert b"--accent: #7a1fa2;" in answer.content


@pytest.mark.django_db
def test_a_page_of_allauth_has_one_primary_button_and_hints_that_may_be_lists(client: Client):
    user = get_user_model().objects.create_user("ann", "ann@example.com", "correct horse battery")
    client.force_login(user)

    form = client.get("/accounts/password/change/").content.decode()

    assert form.count('class="button primary"') == 1
    assert not re.search(r"<p[^>]*>\s*<ul", form)

"""Addresses that are keys stand in no line of the log, whoever writes it and why."""

import logging
import logging.config
from io import StringIO

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from directory_sync.invitations import password_url
from onboarding import links
from tests.onboarding.factories import answers, page, setup_link, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def log(monkeypatch) -> StringIO:
    """What the process writes to standard error, under the project's own configuration."""
    text = StringIO()
    monkeypatch.setattr("sys.stderr", text)
    logging.config.dictConfig(settings.LOGGING)
    logging.getLogger().setLevel(logging.DEBUG)
    return text


@pytest.fixture(autouse=True)
def logging_as_before():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def test_token_of_a_link_is_masked_in_every_refusal(client, log):
    _, token = setup_link()
    closed, closed_token = setup_link("Fabrikam")
    links.revoke(closed)

    client.get(page(token, "send"))
    client.get(page(closed_token))
    client.get(f"/connect/{token}/nothing-here/")
    client.get(f"/connect/{token}")
    Client(enforce_csrf_checks=True).post(page(token), answers())

    assert "/connect/***/send/" in log.getvalue()
    assert log.getvalue().count("/connect/***") >= 4
    assert token not in log.getvalue()
    assert closed_token not in log.getvalue()


def test_token_is_masked_in_the_trace_of_a_defect(log):
    _, token = setup_link()
    try:
        raise ValueError(f"cannot answer /connect/{token}/review/")
    except ValueError:
        logging.getLogger("directory_sync").exception("broken at %s", page(token))

    assert "broken at /connect/***/" in log.getvalue()
    assert token not in log.getvalue()


def test_key_for_choosing_a_password_is_masked(log):
    url = password_url(staff())
    key = url.split("/")[-2]

    logging.getLogger("django.request").warning("Forbidden: %s", url)

    assert "/accounts/password/reset/key/***" in log.getvalue()
    assert key not in log.getvalue()


def test_what_holds_no_key_stays_readable(client, log):
    client.get("/connect")
    client.get("/audience/no/such/page/at/all/")

    assert "/audience/no/such/page/at/all/" in log.getvalue()
    assert reverse("onboarding:ask") == "/connect/"


def test_defects_are_mailed_to_nobody(settings, client, log, mailoutbox):
    """A report by mail would hold the address, and the headers, of the request."""
    settings.ADMINS = [("Ada", "ada@hq.example")]

    logging.getLogger("django.request").error("Internal Server Error: /connect/abc/")

    assert mailoutbox == []
    assert logging.getLogger("django").handlers == []

"""Mails can be read where no mail leaves the machine, and their HTML can do nothing."""

from datetime import timedelta

import pytest
from django.utils import timezone

from demo import outbox
from directory_sync import notify


@pytest.fixture
def sent(demo):
    expires_at = timezone.now() + timedelta(days=14)
    notify.link_sent("Zoë & Sons", "Ida", "ida@fabrikam.example", "http://localhost/x/", "connect", expires_at)
    return demo


def test_outbox_lists_what_was_sent(sent, client):
    page = client.get("/demo/outbox/").content.decode()

    assert "Zoë &amp; Sons" in page
    assert "ida@fabrikam.example" in page


def test_a_mails_time_is_when_it_was_sent(sent):
    [mail] = outbox.mails()

    assert abs(timezone.now() - mail.at) < timedelta(minutes=1)


def test_html_of_a_mail_is_framed_without_scripts(sent, client):
    [mail] = outbox.mails()

    answer = client.get(f"/demo/outbox/{mail.name}/html/")

    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script-src" not in policy
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert b'<base target="_top">' in answer.content


def test_page_of_a_mail_frames_only_our_own(sent, client):
    [mail] = outbox.mails()

    answer = client.get(f"/demo/outbox/{mail.name}/")

    assert "frame-src 'self'" in answer["Content-Security-Policy"]
    assert "http://localhost/x/" in answer.content.decode()


def test_unknown_mails_are_not_found(sent, client):
    assert client.get("/demo/outbox/nothing/").status_code == 404

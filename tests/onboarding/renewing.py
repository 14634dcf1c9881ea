"""What an owner does to renew a secret, as tests need it."""

import re
from datetime import timedelta
from uuid import uuid4

from django.utils import timezone

from directory_sync.models import Credential
from onboarding import tasks
from onboarding.models import LiveCheck
from tests.onboarding.factories import page

WRONG = "Wrong8Q~wrong-wrong-wrong-wrong-wrong"


def with_code(client, token, mailoutbox) -> None:
    """Ask for a code, read it in the mail, enter it."""
    client.post(page(token, "mail_code"))
    client.post(page(token, "enter_code"), {"code": mailed_code(mailoutbox)})


def mailed_code(mailoutbox) -> str:
    return re.search(r"\b\d{6}\b", mailoutbox[-1].body)[0]


def secret_form(secret: str, **changed) -> dict[str, str]:
    in_a_year = (timezone.localdate() + timedelta(days=365)).isoformat()
    return {"secret_value": secret, "secret_id": str(uuid4()), "secret_expires_on": in_a_year, **changed}


def renew(client, token, secret: str, **changed) -> str:
    """Post the form, let a worker try the secret, and return the page."""
    client.post(page(token, "renew"), secret_form(secret, **changed))
    work()
    return client.get(page(token, "renew")).content.decode()


def work() -> None:
    for waiting in LiveCheck.objects.filter(state=LiveCheck.State.QUEUED):
        tasks.renew(waiting.pk)


def current(connection) -> Credential:
    return connection.credentials.get(slot="current")

"""An open setup link, with ids and a secret to paste into it: an app registration that is connected nowhere yet."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from directory_sync.models import Organization
from onboarding import links
from onboarding.forms import IntakeForm

from . import cast, remote

SECRET_LASTS = timedelta(days=180)


def make_link() -> None:
    """Register an app in the tenant, make a link for the third organization, mail it, and keep both to be shown."""
    made = remote.call("add_app", tenant=remote.facts()["tenant_id"])
    owner_name, owner_email = cast.SETUP_OWNER
    organization = Organization.objects.get(name=cast.FABRIKAM)
    link, token = links.create(organization, owner_name=owner_name, owner_email=owner_email)
    links.send(link, token)
    to_paste = {
        "client_id": made["client_id"],
        "tenant_id": remote.facts()["tenant_id"],
        "secret_value": made["secret"],
        "secret_id": made["secret_id"],
        "secret_expires_on": expiry(),
    }
    _file().touch(mode=0o600)
    _file().write_text(json.dumps({"token": token, "to_paste": to_paste}))


def expiry() -> str:
    """A day that a new secret's expiry could be, as the form takes it."""
    return (timezone.localdate() + SECRET_LASTS).isoformat()


def make_link_unless_there() -> None:
    """The first link; later ones are made by a button."""
    if current() is None:
        make_link()


def current() -> dict[str, Any] | None:
    """The last link made: `token`, `to_paste` ((label of the field, make-believe value), …), `is_open`."""
    if not _file().exists():
        return None
    kept = json.loads(_file().read_text())
    link = links.find(kept["token"])
    labels = IntakeForm.base_fields
    kept["to_paste"] = [(labels[name].label, value) for name, value in kept["to_paste"].items()]
    return {**kept, "is_open": link is not None and link.submitted_at is None and link.connection_id is None}


def _file() -> Path:
    return Path(settings.VAR_DIR) / "setup.json"

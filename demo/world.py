"""Buttons that change the world, through the tenant's control surface, and one that puts it right again."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from directory_sync import tasks
from directory_sync.models import Connection, Recipient, SyncRun
from directory_sync.sync import schedule

from . import remote

Cure = tuple[str, dict[str, Any]]  # a verb of the control surface and its arguments
EMPTIED = "Outreach"
ROLE = "User.Read.All"


class NothingToChange(Exception):
    """The world is so already; the text says how."""


@dataclass(frozen=True)
class Change:
    """A button. `make` changes the world of a connection and returns what would put it right."""

    name: str
    label: str
    means: str
    told: str
    make: Callable[[Connection], list[Cure]]


def _expire_secret(connection: Connection) -> list[Cure]:
    app = connection.client_id
    secret = remote.app(app)["secret"]
    remote.call("expire_secret", tenant=connection.tenant_id, app=app)
    return [("replace_secret", {"app": app, "value": secret})]


def _withdraw_consent(connection: Connection) -> list[Cure]:
    remote.call("withdraw_role", tenant=connection.tenant_id, role=ROLE, app=connection.client_id)
    return [("grant_role", {"role": ROLE, "app": connection.client_id})]


def _empty_group(connection: Connection) -> list[Cure]:
    group = remote.call("find_group", tenant=connection.tenant_id, name=EMPTIED)
    members = remote.call("members", tenant=connection.tenant_id, group=group)
    if not members:
        raise NothingToChange(f"{EMPTIED} is empty already.")
    remote.call("empty_group", tenant=connection.tenant_id, group=group)
    return [("add_member", {"group": group, "member": member}) for member in members]


def _guest_leaves(connection: Connection) -> list[Cure]:
    known = Recipient.objects.filter(connection=connection, user_type="Guest", left_out="")
    gone = {verb_arguments["user"] for verb, verb_arguments in _cures() if verb == "restore_user"}
    guest = known.exclude(entra_id__in=gone).order_by("name").first()
    if guest is None:
        raise NothingToChange("No guest is left.")
    remote.call("soft_delete_user", tenant=connection.tenant_id, user=guest.entra_id)
    return [("restore_user", {"user": guest.entra_id})]


CHANGES = {
    change.name: change
    for change in (
        Change(
            "expire-secret",
            "Expire the secret",
            "Entra refuses the client secret from now on.",
            "The client secret has expired in Entra.",
            _expire_secret,
        ),
        Change(
            "withdraw-consent",
            "Withdraw consent",
            f"The customer’s administrator takes {ROLE} back.",
            f"{ROLE} has been withdrawn in Entra.",
            _withdraw_consent,
        ),
        Change(
            "empty-group",
            "Empty a group",
            f"Everybody is taken out of {EMPTIED}.",
            f"{EMPTIED} has no members in Entra any more.",
            _empty_group,
        ),
        Change(
            "guest-leaves",
            "A guest leaves",
            "A guest’s account goes to Entra’s recycle bin.",
            "A guest’s account has been deleted in Entra.",
            _guest_leaves,
        ),
    )
}


def change(name: str) -> str:
    """Do one of CHANGES to the first live connection, and tell it in words.

    Raises NothingToChange, and TenantSilent when the tenant's process is away.
    """
    connection = Connection.objects.live().order_by("created_at").first()
    if connection is None:
        raise NothingToChange("No directory is connected.")
    wanted = CHANGES[name]
    cures = [(verb, {"tenant": connection.tenant_id, **arguments}) for verb, arguments in wanted.make(connection)]
    _keep([*_cures(), *cures])
    return wanted.told


def put_right() -> int:
    """Undo every change, the last one first; returns how many things were set right."""
    cures = _cures()
    for verb, arguments in reversed(cures):
        remote.call(verb, **arguments)
    _keep([])
    return len(cures)


def is_changed() -> bool:
    """Whether there is something to put right."""
    return bool(_cures())


def midnight() -> int:
    """Make every live connection due, as the clock does at midnight, and queue the runs; returns how many are due."""
    due = [schedule.sync_now(each, SyncRun.Trigger.SCHEDULE) for each in Connection.objects.live()]
    tasks.dispatch()
    return sum(due)


def _cures() -> list[Cure]:
    return [(verb, arguments) for verb, arguments in json.loads(_file().read_text())] if _file().exists() else []


def _keep(cures: list[Cure]) -> None:
    _file().write_text(json.dumps(cures))


def _file() -> Path:
    return Path(settings.VAR_DIR) / "world.json"

"""A connection's life: opened, changed, paused, disconnected. Every door goes through these functions."""

import uuid
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from . import probe, vault
from .models import (
    Access,
    AttributeGrant,
    Connection,
    Credential,
    DeltaLink,
    Event,
    JournalPage,
    Organization,
    SyncRun,
)
from .sync import schedule
from .sync.attributes import NAMES
from .sync.guard import Thresholds

MOST_LISTED_GROUPS = 15


class ConnectionRefused(Exception):
    """The connection can't be opened; the text says why and what to do."""


@dataclass(frozen=True)
class NewConnection:
    """What an approval decides. `attributes` are the approved ones, for every organization named."""

    tenant_id: str
    client_id: str
    owner_name: str
    owner_email: str
    name: str = ""
    cloud: str = Connection.CloudName.GLOBAL
    group_ids: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    declined_attributes: tuple[str, ...] = field(default=())
    username_fallback: bool = False
    sync_contacts: bool = False


def draft_credential(secret: str, *, secret_id: str = "", expires_on: date | None = None) -> Credential:
    """Seal a secret the moment it arrives, into a credential that belongs to nothing yet."""
    credential = Credential(id=uuid.uuid4(), secret_id=secret_id, expires_on=expires_on)
    credential.sealed = vault.seal(secret, credential.id)
    credential.save(force_insert=True)
    return credential


@transaction.atomic
def open_connection(
    new: NewConnection, credential: Credential, organizations: Iterable[Organization], *, by: str, user=None
) -> Connection:
    """Make the credential's directory a live connection of these organizations, due for its first sync.

    The credential is moved, never copied. Raises ConnectionRefused for an organization whose package has no
    Directory Sync, for an unknown attribute, and when the app registration is connected already.
    """
    organizations = list(organizations)
    for organization in organizations:
        if not organization.may_sync:
            raise ConnectionRefused(
                f"{organization} is on the Essential package, which has no Directory Sync; upgrade it first."
            )
    unknown = {*new.attributes, *new.declined_attributes} - set(NAMES)
    if unknown:
        raise ConnectionRefused(f"Unknown attributes: {', '.join(sorted(unknown))}. Known are: {', '.join(NAMES)}.")
    connection = _create(new)
    Credential.objects.filter(pk=credential.pk).update(connection=connection, slot=Credential.Slot.CURRENT)
    for organization in organizations:
        access = Access.objects.create(connection=connection, organization=organization)
        _decide(access, new, user)
    record(connection, "connection opened", by=by, user=user)
    return connection


def _create(new: NewConnection) -> Connection:
    now = timezone.now()
    try:
        with transaction.atomic():
            return Connection.objects.create(
                name=new.name,
                cloud=new.cloud,
                tenant_id=new.tenant_id.strip().lower(),
                client_id=new.client_id.strip().lower(),
                owner_name=new.owner_name,
                owner_email=new.owner_email,
                username_fallback=new.username_fallback,
                sync_contacts=new.sync_contacts,
                scope=Connection.Scope.SELECTED if new.group_ids else Connection.Scope.DIRECTORY,
                scope_group_ids=list(dict.fromkeys(id.strip().lower() for id in new.group_ids)),
                due_at=now,
                due_trigger=SyncRun.Trigger.APPROVAL,
            )
    except IntegrityError:
        raise ConnectionRefused(
            "This app registration is connected already; change that connection or disconnect it first."
        ) from None


def _decide(access: Access, new: NewConnection, user) -> None:
    decided = [(name, AttributeGrant.State.APPROVED) for name in dict.fromkeys(new.attributes)]
    decided += [(name, AttributeGrant.State.DECLINED) for name in dict.fromkeys(new.declined_attributes)]
    AttributeGrant.objects.bulk_create(
        AttributeGrant(access=access, attribute=name, state=state, decided_by=user, decided_at=timezone.now())
        for name, state in decided
    )


def record(connection: Connection, verb: str, *, by: str, user=None, subject: str = "", **facts) -> Event:
    """Enter an act concerning this connection in the activity log."""
    return Event.objects.create(
        connection=connection, verb=verb, actor_label=by, actor=user, subject=subject, facts=facts
    )


@dataclass(frozen=True)
class Options:
    """What staff may change of a live connection; cloud, tenant and app registration never change."""

    name: str
    owner_name: str
    owner_email: str
    cadence: str
    username_fallback: bool
    sync_contacts: bool
    exclude_guests: bool
    scope: str
    scope_group_ids: tuple[str, ...]
    guard: dict[str, float]  # thresholds; those that are the usual ones are left out
    excluded_values: list[dict[str, str]] = field(default_factory=list)  # {"attribute": …, "value": …}


# Of the owner only that it changed is logged, not who it was.
LOGGED_BY_NAME_ONLY = {"name", "owner_name", "owner_email"}
DECIDES_WHO_IS_REACHED = {
    *("username_fallback", "sync_contacts", "exclude_guests", "excluded_values", "scope", "scope_group_ids"),
}


@transaction.atomic
def change_options(connection: Connection, options: Options, *, by: str, user=None) -> list[str]:
    """Write the options that differ, and return their names; what needs another reading makes the connection due.

    Raises ConnectionRefused for a disconnected connection, for listed groups without an id or with a wrong one, and
    for thresholds that make no sense.
    """
    # Without the key: rows that a run is about to commit refer to the connection, and hold it.
    live = Connection.objects.select_for_update(no_key=True).live().filter(pk=connection.pk).first()
    if live is None:
        raise ConnectionRefused("This connection is disconnected; connect the directory anew.")
    wanted = asdict(options) | {"scope_group_ids": _group_ids(options), "guard": own_thresholds(options.guard)}
    changed = {name: value for name, value in wanted.items() if value != getattr(live, name)}
    if not changed:
        return []
    facts: dict[str, Any] = {
        name: True if name in LOGGED_BY_NAME_ONLY else {"from": getattr(live, name), "to": value}
        for name, value in changed.items()
    }
    Connection.objects.filter(pk=live.pk).update(**changed)
    if "cadence" in changed:
        Connection.objects.filter(pk=live.pk).update(due_at=schedule.next_midnight(timezone.now(), options.cadence))
    if changed.keys() & DECIDES_WHO_IS_REACHED:
        schedule.sync_now(live)
    record(live, "options changed", by=by, user=user, **facts)
    return list(changed)


def _group_ids(options: Options) -> list[str]:
    """The listed groups in one spelling, each once."""
    if options.scope == Connection.Scope.DIRECTORY:
        return []
    ids = list(dict.fromkeys(id.strip().lower() for id in options.scope_group_ids if id.strip()))
    if not ids:
        raise ConnectionRefused("List at least one group's object ID, or sync the whole directory.")
    if wrong := [id for id in ids if not is_object_id(id)]:
        raise ConnectionRefused(f"Not an object ID: {', '.join(wrong)}.")
    return ids


def own_thresholds(asked: dict[str, float]) -> dict[str, float]:
    """The guard's thresholds that differ from the usual ones. Raises ConnectionRefused for one that makes no sense."""
    usual = asdict(Thresholds())
    if unknown := asked.keys() - usual:
        raise ConnectionRefused(f"Unknown thresholds: {', '.join(sorted(unknown))}.")
    if wrong := [name for name, value in asked.items() if value < 0 or (name.endswith("share") and value > 1)]:
        raise ConnectionRefused(f"Out of range: {', '.join(wrong)}.")
    return {name: value for name, value in asked.items() if value != usual[name]}


def is_object_id(text: str) -> bool:
    """Whether this is a GUID as Entra shows it, with hyphens and without braces."""
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def pause(connection: Connection, *, by: str, user=None) -> bool:
    """No more runs until resumed; a run under way ends first. False when it is not running by the clock anyway."""
    runs_by_clock = Connection.objects.filter(
        pk=connection.pk, state__in=[Connection.State.ACTIVE, Connection.State.QUARANTINED]
    )
    return _move(runs_by_clock, connection, "connection paused", by, user, state=Connection.State.PAUSED)


def resume(connection: Connection, *, by: str, user=None) -> bool:
    """Take a paused connection up again, at once. False when it is not paused; raises ConnectionRefused as below."""
    _demand_package(connection)
    paused = Connection.objects.filter(pk=connection.pk, state=Connection.State.PAUSED)
    return _move(
        paused,
        connection,
        "connection resumed",
        by,
        user,
        state=Connection.State.ACTIVE,
        due_at=timezone.now(),
        due_trigger=SyncRun.Trigger.MANUAL,
    )


@transaction.atomic
def disconnect(connection: Connection, *, by: str, user=None) -> bool:
    """End the connection for good. False when somebody already has.

    1. No run starts any more, and the one under way loses its claim, so that it can write nothing.
    2. Its secrets are gone at once, and so are the links and pages with which a run would go on.
    3. Synced people stay until `purge`: editors keep a grace period to make other arrangements.
    """
    live = Connection.objects.live().filter(pk=connection.pk)
    if not _move(
        live, connection, "connection disconnected", by, user, state=Connection.State.DISCONNECTED, due_at=None
    ):
        return False
    now = timezone.now()
    connection.runs.active().update(state=SyncRun.State.DISMISSED, attempt=F("attempt") + 1, finished_at=now)
    Credential.objects.filter(connection=connection).update(sealed="", slot=Credential.Slot.RETIRED, retired_at=now)
    DeltaLink.objects.filter(connection=connection).delete()
    JournalPage.objects.filter(run__connection=connection).delete()
    return True


def _move(rows, connection: Connection, verb: str, by: str, user, **changes) -> bool:
    """The conditional UPDATE and its entry in the log, both or neither."""
    with transaction.atomic():
        if not rows.update(**changes):
            return False
        record(connection, verb, by=by, user=user)
    return True


def request_sync(connection: Connection, *, by: str, user=None, full: bool = False) -> bool:
    """Make the connection due now. False when its state allows no run.

    Raises ConnectionRefused when none of its organizations has a package with Directory Sync any more.
    """
    _demand_package(connection)
    with transaction.atomic():
        if not schedule.sync_now(connection, schedule.FULL_RESYNC if full else SyncRun.Trigger.MANUAL):
            return False
        record(connection, "full resync requested" if full else "sync requested", by=by, user=user)
    return True


def _demand_package(connection: Connection) -> None:
    organizations = Organization.objects.filter(accesses__connection=connection)
    if not any(organization.may_sync for organization in organizations):
        raise ConnectionRefused(
            "No organization of this connection has a package with Directory Sync: upgrade it first."
        )


def check(connection: Connection, *, by: str, user=None) -> Event:
    """Do the live checks and enter their answers in the log. Needs the private key: workers only."""
    checks = probe.check_connection(connection)
    ok = all(each.ok for each in checks)
    return record(connection, "connection checked", by=by, user=user, ok=ok, checks=[asdict(each) for each in checks])

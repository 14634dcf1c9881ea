"""A connection's life: opened, changed, paused, disconnected. Every door goes through these functions."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db import IntegrityError, transaction
from django.utils import timezone

from . import vault
from .models import Access, AttributeGrant, Connection, Credential, Event, Organization, SyncRun
from .sync.attributes import NAMES

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

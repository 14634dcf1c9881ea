"""From a connection to a Graph client that can read it. The secret is in clear only inside the token source."""

import time
from typing import Protocol

from django.conf import settings

from .. import vault
from ..graph.auth import TokenSource
from ..graph.client import GraphClient
from ..graph.clouds import Cloud
from ..graph.errors import AccessDenied
from ..graph.kept import Documents
from ..models import Credential

DISCOVERED = Documents()  # by this process, since it started


class Directory(Protocol):
    """What it takes to sign in: a connection, or answers of the intake that are not one yet."""

    @property
    def cloud(self) -> str: ...
    @property
    def tenant_id(self) -> str: ...
    @property
    def client_id(self) -> str: ...
    def current_credential(self) -> Credential | None: ...


def cloud_of(connection: Directory) -> Cloud:
    """The connection's cloud, at the addresses of the settings."""
    return cloud_named(connection.cloud)


def cloud_named(name: str) -> Cloud:
    """`global` or `usgov_l4`, at the addresses of the settings."""
    endpoints = settings.ENTRA_ENDPOINTS[name]
    return Cloud(name, endpoints["login_url"].rstrip("/"), endpoints["graph_url"].rstrip("/"))


def open_client(connection: Directory, *, seconds: float | None = None) -> GraphClient:
    """A client signed in as the connection's app registration; it gives up after `seconds`.

    Raises AccessDenied `credential_missing` without a credential, and the vault's errors.
    """
    credential = connection.current_credential()
    if credential is None or not credential.sealed:
        raise AccessDenied(code="credential_missing")
    cloud = cloud_of(connection)
    secret = vault.open_sealed(credential.sealed, credential.pk)
    tokens = TokenSource(cloud, connection.tenant_id, connection.client_id, secret, documents=DISCOVERED)
    deadline = None if seconds is None else time.monotonic() + seconds
    return GraphClient(cloud, tokens, deadline=deadline)

"""The live checks of a connection: does Entra accept it, and what has to be mended."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from . import vault
from .graph import clouds
from .graph.client import GraphClient
from .graph.errors import GraphError
from .graph.reads import read_groups
from .models import Connection, Credential
from .sync.sign_in import cloud_of, open_client

# One role of each row is enough ("permissions-reference").
ROLES: dict[str, tuple[str, ...]] = {
    "User.Read.All": ("User.Read.All", "Directory.Read.All"),
    "Group.Read.All": ("Group.Read.All", "GroupMember.Read.All", "Directory.Read.All"),
    "GroupMember.Read.All": ("GroupMember.Read.All", "Group.Read.All", "Directory.Read.All"),
    "OrgContact.Read.All": ("OrgContact.Read.All", "Directory.Read.All"),
}
READS = {
    "users": "/users?$select=id,displayName,accountEnabled&$top=5",
    "groups": "/groups?$select=id,displayName&$top=5",
    "contacts": "/contacts?$select=id,displayName&$top=5",
}


@dataclass(frozen=True)
class Check:
    """One question and its answer. `problem` is a code of the diagnosis catalogue, "" when all is well."""

    name: str
    ok: bool
    problem: str = ""
    subject: str = ""
    detail: str = ""
    request_id: str = ""


@dataclass(frozen=True)
class Probed:
    """Answers of the intake, to be checked before they become a connection."""

    cloud: str
    tenant_id: str
    client_id: str
    credential: Credential | None
    scope_group_ids: tuple[str, ...] = ()
    sync_contacts: bool = False

    def current_credential(self) -> Credential | None:
        return self.credential


def check_connection(connection: Connection | Probed) -> list[Check]:
    """Ask Entra and Graph, in the order in which a fault shows; stops at the first that hides the rest."""
    return list(_checks(connection))


def _checks(connection: Connection | Probed) -> Iterator[Check]:
    tenant = _tenant(connection)
    yield tenant
    if not tenant.ok:
        return
    try:
        client = open_client(connection, seconds=120)
    except (vault.SealingKeyMissing, vault.CannotOpen):
        yield Check("token", ok=False, problem="sealing_key")
        return
    except GraphError as error:
        yield _failed("token", error)
        return
    with client:
        try:
            roles = client.roles()
        except GraphError as error:
            yield _failed("token", error, "secret_is_id" if _secret_is_id(connection, error) else "")
            return
        yield Check("token", ok=True)
        yield from _permissions(connection, roles)
        yield from _reads(connection, client)
        yield from _groups(connection, client)


def _tenant(connection: Connection | Probed) -> Check:
    """Whether the tenant exists, in a cloud that we serve, and in the one that was named."""
    cloud = cloud_of(connection)
    try:
        facts = clouds.discover(cloud, connection.tenant_id)
    except GraphError as error:
        return _failed("tenant", error)
    if refused := clouds.refused(facts):
        return Check("tenant", ok=False, problem=refused)
    if not clouds.matches(cloud, facts):
        return Check("tenant", ok=False, problem="wrong_cloud")
    return Check("tenant", ok=True)


def needed_roles(connection: Connection | Probed) -> list[str]:
    """The application permissions that the connection's options ask for."""
    return [role for role in ROLES if connection.sync_contacts or role != "OrgContact.Read.All"]


def _permissions(connection: Connection | Probed, roles: frozenset[str]) -> Iterator[Check]:
    """A token without any role is the mark of delegated permissions, or of consent that nobody gave."""
    for role in needed_roles(connection):
        if roles & set(ROLES[role]):
            yield Check(f"permission {role}", ok=True, subject=role)
        else:
            problem = "permission_missing" if roles else "consent_missing"
            yield Check(f"permission {role}", ok=False, problem=problem, subject=role)


def _reads(connection: Connection | Probed, client: GraphClient) -> Iterator[Check]:
    for name, path in READS.items():
        if name == "contacts" and not connection.sync_contacts:
            continue
        try:
            client.get(path)
        except GraphError as error:
            yield _failed(f"read {name}", error)
        else:
            yield Check(f"read {name}", ok=True)


def _groups(connection: Connection | Probed, client: GraphClient) -> Iterator[Check]:
    """Each listed group: found, and its name."""
    if not connection.scope_group_ids:
        return
    try:
        answers = read_groups(client, connection.scope_group_ids, select=("id", "displayName"))
    except GraphError as error:
        yield _failed("groups", error)
        return
    for id, answer in answers.items():
        if isinstance(answer, GraphError):
            problem = "group_not_found" if answer.code == "not_found" else answer.code
            yield Check(f"group {id}", ok=False, problem=problem, subject=id, request_id=answer.request_id)
        else:
            yield Check(f"group {id}", ok=True, subject=id, detail=str(answer.get("displayName") or ""))


def _secret_is_id(connection: Connection | Probed, error: GraphError) -> bool:
    """Whether a secret that Entra refused has the form of an id: the wrong column was copied."""
    credential = connection.current_credential()
    if error.code != "secret_wrong" or credential is None:
        return False
    try:
        UUID(vault.open_sealed(credential.sealed, credential.pk))
    except ValueError:
        return False
    return True


def _failed(name: str, error: GraphError, problem: str = "") -> Check:
    return Check(name, ok=False, problem=problem or error.code, subject=error.subject, request_id=error.request_id)

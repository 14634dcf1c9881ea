"""The Graph host: who is asking, what may he read, which route answers."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from demo.tenant import batch, delta, reads
from demo.tenant.directory import Directory
from demo.tenant.login import CLOUDS
from demo.tenant.messages import GraphError, Request, Response
from demo.tenant.tokens import read_claims

if TYPE_CHECKING:  # the server imports this module
    from demo.tenant.server import TenantServer

READERS = {
    "user": {"User.Read.All", "Directory.Read.All"},
    "group": {"Group.Read.All", "GroupMember.Read.All", "Directory.Read.All"},
    "orgContact": {"OrgContact.Read.All", "Directory.Read.All"},
    "device": {"Device.Read.All", "Directory.Read.All"},
    "servicePrincipal": {"Application.Read.All", "Directory.Read.All"},
    "organization": {"Organization.Read.All", "User.Read.All", "Directory.Read.All"},
}
COLLECTIONS = {"users": "user", "groups": "group", "contacts": "orgContact", "devices": "device"}
SINGULAR = {"users": "user", "groups": "group", "contacts": "contact", "devices": "device"}
DELTA = re.compile(r"(microsoft\.graph\.)?delta(\(\))?", re.IGNORECASE)


@dataclass
class Context:
    """A request that came with a good token."""

    server: "TenantServer"
    directory: Directory
    request: Request
    roles: frozenset[str]

    def may_read(self, kind: str) -> bool:
        """Whether the token's roles cover a kind of object."""
        return bool(READERS[kind] & self.roles)

    def demand(self, kind: str) -> None:
        """403 unless the kind may be read."""
        if not self.may_read(kind):
            raise GraphError(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")

    @property
    def metadata(self) -> str:
        """Where the address of every context begins."""
        return f"{self.server.graph_url}/v1.0/$metadata"

    @property
    def sees_hidden_members(self) -> bool:
        """Whether HiddenMembership groups show who is in them."""
        return "Member.Read.Hidden" in self.roles


def segments_of(request: Request) -> list[str]:
    """The path without the version; 400 for another version."""
    version, *segments = [part for part in request.path.split("/") if part] or [""]
    if version != "v1.0":
        raise GraphError(400, "BadRequest", f"Invalid version: {version}")
    return segments


def kind_of(request: Request) -> str:
    """What the request counter calls it: `users/delta`, `users`, `user`, `members`, `$count`, `$batch` …"""
    segments = [part for part in request.path.split("/") if part][1:]
    if not segments:
        return "other"
    if len(segments) == 2 and DELTA.fullmatch(segments[1]):
        return f"{segments[0]}/delta"
    if segments[-1] == "$count" or segments[-1].endswith("getByIds"):
        return segments[-1].removeprefix("microsoft.graph.")
    names = [part for part in segments if not part.startswith("microsoft.graph.")]
    if len(names) == 2 and names[0] in SINGULAR:
        return SINGULAR[names[0]]
    return names[-1]


def tenant_of(request: Request) -> str:
    """The tenant a request's token names; empty without a good one. Keeps the claims with the request."""
    scheme, _, token = request.header("Authorization").partition(" ")
    request.claims = (read_claims(token) or {}) if scheme.lower() == "bearer" else {}
    return str(request.claims.get("tid", ""))


def answer(server: "TenantServer", request: Request) -> Response:
    """Route a request that reached the Graph host."""
    return routed(Context(server, *_authenticate(server, request)))


def routed(context: Context) -> Response:
    """The answer of the route that a request names."""
    request, segments = context.request, segments_of(context.request)
    if segments == ["$batch"] and request.method == "POST":
        return batch.answer(context)
    if segments[:1] == ["directoryObjects"] and segments[1:] in (["getByIds"], ["microsoft.graph.getByIds"]):
        return reads.by_ids(context)
    if request.method != "GET" or not segments:
        raise GraphError(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")
    if segments == ["organization"]:
        context.demand("organization")
        return reads.organization(context)
    if segments[0] not in COLLECTIONS:
        raise GraphError(400, "BadRequest", f"Resource not found for the segment '{segments[0]}'.")
    kind = COLLECTIONS[segments[0]]
    context.demand(kind)
    if len(segments) == 2 and DELTA.fullmatch(segments[1]):
        return delta.answer(context, segments[0], kind)
    return reads.answer(context, kind, segments[1:])


def _authenticate(server: "TenantServer", request: Request) -> tuple[Directory, Request, frozenset[str]]:
    claims = request.claims
    if not request.header("Authorization"):
        raise _unauthenticated("Access token is empty.")
    directory = server.directory(request.tenant_id)
    if directory is None or not claims:
        raise _unauthenticated("CompactToken parsing failed with error code: 80049217")
    if claims["exp"] <= directory.timestamp:
        raise _unauthenticated("Lifetime validation failed, the token is expired.")
    own, asked = CLOUDS[directory.cloud].graph_host, CLOUDS[server.cloud].graph_host
    if own != asked:
        raise _unauthenticated("InvalidCloudInstance: the token was issued for another cloud instance.")
    roles = claims.get("roles", [])
    if server.faults.revoked(request):
        app = directory.apps.get(claims["appid"])
        if app is None or not app.enabled:
            raise GraphError(401, "Authorization_IdentityNotFound", "The identity of the calling app is not known.")
        roles = app.roles
    return directory, request, frozenset(roles)


def _unauthenticated(message: str) -> GraphError:
    return GraphError(401, "InvalidAuthenticationToken", message, WWW_Authenticate='Bearer realm=""')

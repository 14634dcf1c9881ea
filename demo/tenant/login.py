"""The login host: discovery documents and client-credentials tokens (reference-error-codes)."""

import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from demo.tenant.apps import App
from demo.tenant.directory import Directory
from demo.tenant.messages import LoginError, Request, Response, json_response
from demo.tenant.tokens import issue_access_token

if TYPE_CHECKING:  # the server imports this module
    from demo.tenant.server import TenantServer

TENANT_TEXT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[a-z0-9-]+(\.[a-z0-9-]+)+", re.IGNORECASE)


@dataclass(frozen=True)
class Cloud:
    """What a discovery document tells about a cloud (v2-protocols-oidc, deployments)."""

    login_host: str
    graph_host: str
    region: str
    sub_region: str | None
    instance: str


CLOUDS = {
    "global": Cloud("login.microsoftonline.com", "graph.microsoft.com", "EU", None, "microsoftonline.com"),
    "gcc": Cloud("login.microsoftonline.com", "graph.microsoft.com", "NA", "GCC", "microsoftonline.com"),
    "usgov_l4": Cloud("login.microsoftonline.us", "graph.microsoft.us", "USGov", "DODCON", "microsoftonline.us"),
    "usgov_l5": Cloud("login.microsoftonline.us", "dod-graph.microsoft.us", "USGov", "DOD", "microsoftonline.us"),
    "china": Cloud(
        "login.chinacloudapi.cn", "microsoftgraph.chinacloudapi.cn", "AS", None, "partner.microsoftonline.cn"
    ),
}
CLOUDS["gcc_high"], CLOUDS["dod"] = CLOUDS["usgov_l4"], CLOUDS["usgov_l5"]


def answer(server: "TenantServer", request: Request) -> Response:
    """Route a request that reached the login host."""
    tenant, _, rest = request.path.lstrip("/").partition("/")
    if rest.lower() == "v2.0/.well-known/openid-configuration":
        return json_response(_discovery(server, _tenant(server, tenant, error="invalid_tenant")))
    if rest.lower() == "oauth2/v2.0/token" and request.method == "POST":
        return _token(server, _tenant(server, tenant), request)
    return Response(404, b"Not Found", {"Content-Type": "text/plain"})


def kind_of(request: Request) -> str:
    """What the request counter calls it."""
    path = request.path.lower()
    if path.endswith("/openid-configuration"):
        return "discovery"
    return "token" if path.endswith("/token") else "foreign"


def _tenant(server: "TenantServer", name: str, error: str = "invalid_request") -> Directory:
    if not TENANT_TEXT.fullmatch(name):
        text = f"Specified tenant identifier '{name}' is neither a valid DNS name, nor a valid external domain."
        raise LoginError(900023, text, error)
    if directory := server.directory(name):
        return directory
    text = (
        f"Tenant '{name}' not found. Check to make sure you have the correct tenant ID and are signing into "
        "the correct cloud. Check with your subscription administrator, this may happen if there are no active "
        "subscriptions for the tenant."
    )
    raise LoginError(90002, text, error)


def _discovery(server: "TenantServer", directory: Directory) -> dict[str, object]:
    cloud, base = CLOUDS[directory.cloud], f"{server.login_url}/{directory.tenant_id}"
    document: dict[str, object] = {
        "token_endpoint": f"{base}/oauth2/v2.0/token",
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": f"{base}/discovery/v2.0/keys",
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": f"{base}/v2.0",
        "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
        "tenant_region_scope": cloud.region,
        "cloud_instance_name": cloud.instance,
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": cloud.graph_host,
    }
    if cloud.sub_region:
        document["tenant_region_sub_scope"] = cloud.sub_region
    return document


def _token(server: "TenantServer", directory: Directory, request: Request) -> Response:
    form = dict(parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True))
    for name in ("grant_type", "client_id", "scope"):
        if not form.get(name):
            raise LoginError(900144, f"The request body must contain the following parameter: '{name}'.")
    if form["grant_type"] != "client_credentials":
        text = f"The app requested an unsupported grant type '{form['grant_type']}'."
        raise LoginError(70003, text, "unsupported_grant_type")
    if CLOUDS[directory.cloud].login_host != CLOUDS[server.cloud].login_host:
        raise LoginError(900382, "Confidential Client is not supported in Cross Cloud request.")
    with directory.lock:
        app = _known_app(directory, form["client_id"])
        _check_secret(directory, app, form.get("client_secret", ""))
        resource = _resource(server, form["scope"])
        token = issue_access_token(directory.tenant_id, _claims(directory, app, resource))
    life = directory.token_life_seconds
    return json_response(
        {"token_type": "Bearer", "expires_in": life, "ext_expires_in": life, "access_token": token},
        headers={"Cache-Control": "no-store, no-cache"},
    )


def _known_app(directory: Directory, client_id: str) -> App:
    app = directory.apps.get(client_id)
    if app is None:
        text = (
            f"Application with identifier '{client_id}' was not found in the directory '{directory.name}'. This can "
            "happen if the application has not been installed by the administrator of the tenant or consented to "
            "by any user in the tenant. You may have sent your authentication request to the wrong tenant."
        )
        raise LoginError(700016, text, "unauthorized_client")
    if not app.has_service_principal:
        text = (
            f"The client application {client_id} is missing service principal in the tenant {directory.tenant_id}. "
            "See instructions here: https://go.microsoft.com/fwlink/?linkid=2225119"
        )
        raise LoginError(7000229, text, "invalid_client", 401)
    if not app.enabled:
        text = f"Application '{client_id}'(Directory sync) is disabled."
        raise LoginError(7000112, text, "unauthorized_client")
    return app


def _check_secret(directory: Directory, app: App, given: str) -> None:
    if not given:
        text = "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type."
        raise LoginError(7000216, text, "invalid_client", 401)
    matching = [secret for secret in app.secrets if secrets.compare_digest(secret.value.encode(), given.encode())]
    if not matching:
        text = (
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, "
            f"not the client secret ID, for a secret added to app '{app.client_id}'."
        )
        raise LoginError(7000215, text, "invalid_client", 401)
    if all(secret.expires_at is not None and secret.expires_at <= directory.timestamp for secret in matching):
        text = (
            f"The provided client secret keys for app '{app.client_id}' are expired. Visit the Azure portal to create "
            "new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for "
            "added security: https://aka.ms/certCreds."
        )
        raise LoginError(7000222, text, "invalid_client", 401)


def _resource(server: "TenantServer", scope: str) -> str:
    """The audience a scope asks for; MSAL may add the OpenID scopes beside it."""
    wanted = [name for name in scope.split() if name not in ("openid", "profile", "offline_access")]
    resource, _, name = (wanted[0] if wanted else "").rpartition("/")
    if name != ".default" or len(wanted) != 1:
        text = f"The provided value for the input parameter 'scope' isn't valid. The scope {scope} isn't valid."
        raise LoginError(70011, text, "invalid_scope")
    resource = resource.rstrip("/")
    if resource != server.graph_url and urlsplit(resource).netloc != CLOUDS[server.cloud].graph_host:
        text = f"The resource principal named {resource} was not found in the tenant."
        raise LoginError(500011, text, "invalid_resource")
    return resource


def _claims(directory: Directory, app: App, audience: str) -> dict[str, object]:
    now = int(directory.timestamp)
    issuer = f"https://sts.windows.net/{directory.tenant_id}/"
    claims: dict[str, object] = {
        "aud": audience,
        "iss": issuer,
        "iat": now,
        "nbf": now,
        "exp": now + directory.token_life_seconds,
        "app_displayname": "Directory sync",
        "appid": app.client_id,
        "appidacr": "1",
        "idp": issuer,
        "idtyp": "app",
        "oid": app.object_id,
        "sub": app.object_id,
        "tenant_region_scope": CLOUDS[directory.cloud].region,
        "tid": directory.tenant_id,
        "uti": secrets.token_urlsafe(16),
        "ver": "1.0",
    }
    if app.roles:  # without consent the token comes, but has no such claim (v2-oauth2-client-creds-grant-flow)
        claims["roles"] = sorted(app.roles)
    return claims

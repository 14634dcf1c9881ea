"""The two clouds we serve, and how a tenant tells which one it lives in."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests

from .codes import login_error
from .errors import AccessDenied, Unavailable
from .kept import open_session
from .transport import Timeout, exchange, parsed

_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,254}")
_ISSUED_BY = re.compile(r"/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:/|$)", re.IGNORECASE)
_NOT_A_TENANT = {"common", "organizations", "consumers"}


@dataclass(frozen=True)
class Cloud:
    """Where to sign in and where Graph is; both addresses are HTTPS, without a slash at the end."""

    name: str
    login_url: str
    graph_url: str

    def __post_init__(self) -> None:
        for url in (self.login_url, self.graph_url):
            if not url.startswith("https://") or url.endswith("/"):
                raise ValueError("A cloud's addresses begin with https:// and end without a slash.")

    @property
    def scope(self) -> str:
        """All application permissions that were consented to ("v2-oauth2-client-creds-grant-flow")."""
        return f"{self.graph_url}/.default"

    @property
    def graph_host(self) -> str:
        return urlsplit(self.graph_url).netloc.lower()


# "deployments"
GLOBAL = Cloud("global", "https://login.microsoftonline.com", "https://graph.microsoft.com")
USGOV_L4 = Cloud("usgov_l4", "https://login.microsoftonline.us", "https://graph.microsoft.us")
NAMES = (GLOBAL.name, USGOV_L4.name)


@dataclass(frozen=True)
class TenantFacts:
    """What a tenant's discovery document says; all but the id may be empty."""

    tenant_id: str
    region_scope: str
    region_sub_scope: str
    graph_host: str


def authority(cloud: Cloud, tenant: str) -> str:
    """The tenant's address at the login host.

    Raises AccessDenied `tenant_id_malformed` for what can't be the id or a domain of one tenant.
    """
    if not _TENANT.fullmatch(tenant) or tenant.lower() in _NOT_A_TENANT:
        raise AccessDenied(code="tenant_id_malformed")
    return f"{cloud.login_url}/{tenant}"


def discover(
    cloud: Cloud, tenant: str, *, session: requests.Session | None = None, timeout: Timeout = (5, 20)
) -> TenantFacts:
    """Ask the cloud's login host, without credentials, about a tenant id or domain.

    One request. Raises AccessDenied (`tenant_not_found`, …), Unavailable, UnexpectedResponse.
    Source: "v2-protocols-oidc".
    """
    url = f"{authority(cloud, tenant)}/v2.0/.well-known/openid-configuration"
    if session is None:
        with open_session() as own:
            response = exchange(own, "GET", url, timeout=timeout)
    else:
        response = exchange(session, "GET", url, timeout=timeout)
    body = parsed(response)
    if response.status_code != 200:
        raise login_error(response.status_code, response.headers, body)
    if not isinstance(body, dict):
        raise Unavailable(code="unavailable", status=200)
    issued_by = _ISSUED_BY.search(str(body.get("issuer")))
    if not issued_by:
        raise AccessDenied(code="tenant_id_malformed", status=200)
    return TenantFacts(
        tenant_id=issued_by[1].lower(),
        region_scope=str(body.get("tenant_region_scope") or ""),
        region_sub_scope=str(body.get("tenant_region_sub_scope") or ""),
        graph_host=str(body.get("msgraph_host") or "").lower(),
    )


def refused(facts: TenantFacts) -> str:
    """Why we can't serve this tenant's cloud: `cloud_dod` (L5), `cloud_china`, or "".

    GCC High (L4) lives at the same login host as DoD and is served.
    """
    dod = {facts.region_scope.upper(), facts.region_sub_scope.upper()}
    if "DOD" in dod or facts.graph_host.startswith("dod-graph."):
        return "cloud_dod"
    if facts.graph_host.endswith(".chinacloudapi.cn"):
        return "cloud_china"
    return ""


def matches(cloud: Cloud, facts: TenantFacts) -> bool:
    """Whether the tenant lives in this cloud: a login host may also know tenants of others."""
    microsofts = {GLOBAL.name: GLOBAL.graph_host, USGOV_L4.name: USGOV_L4.graph_host}.get(cloud.name)
    return facts.graph_host in ("", cloud.graph_host, microsofts)

"""The one place where Microsoft's codes become ours."""

import re
from collections.abc import Mapping
from typing import Any

from .errors import AccessDenied, DeltaLinkExpired, GraphError, Unavailable, UnexpectedResponse
from .patience import retry_after

# AADSTS numbers of the token endpoint and of tenant discovery ("reference-error-codes").
# Numbers missing here become `login_error`, with the number kept for whoever reads the log.
LOGIN_CODES: dict[int, tuple[type[GraphError], str]] = {
    90002: (AccessDenied, "tenant_not_found"),
    900023: (AccessDenied, "tenant_id_malformed"),
    700016: (AccessDenied, "app_not_found"),
    70002: (AccessDenied, "secret_wrong"),  # the older number of 7000215
    7000215: (AccessDenied, "secret_wrong"),
    7000222: (AccessDenied, "secret_expired"),
    70001: (AccessDenied, "app_disabled"),
    7000112: (AccessDenied, "app_disabled"),
    7000229: (AccessDenied, "service_principal_missing"),
    650052: (AccessDenied, "service_principal_missing"),
    7000216: (AccessDenied, "credential_missing"),
    7000218: (AccessDenied, "credential_missing"),
    700025: (AccessDenied, "app_is_public_client"),
    65001: (AccessDenied, "consent_missing"),
    65004: (AccessDenied, "consent_missing"),
    90094: (AccessDenied, "consent_missing"),
    65005: (AccessDenied, "permission_missing"),
    650056: (AccessDenied, "permission_missing"),
    650057: (AccessDenied, "permission_missing"),
    53003: (AccessDenied, "conditional_access"),
    530032: (AccessDenied, "blocked_by_policy"),
    530035: (AccessDenied, "blocked_by_policy"),
    500021: (AccessDenied, "blocked_by_policy"),
    500022: (AccessDenied, "blocked_by_policy"),
    1000031: (AccessDenied, "blocked_by_policy"),
    # The scope names the Graph of the chosen cloud, so a scope that is not known means the other cloud.
    70011: (AccessDenied, "wrong_cloud"),
    1002012: (AccessDenied, "wrong_cloud"),
    500011: (AccessDenied, "wrong_cloud"),
    700023: (AccessDenied, "wrong_cloud"),
    90038: (AccessDenied, "wrong_cloud"),
    900382: (AccessDenied, "wrong_cloud"),
    900432: (AccessDenied, "wrong_cloud"),
    90055: (Unavailable, "throttled"),
    650051: (Unavailable, "unavailable"),  # the service principal is still being created
    50033: (Unavailable, "unavailable"),
    90006: (Unavailable, "unavailable"),
    90012: (Unavailable, "unavailable"),
    90024: (Unavailable, "unavailable"),
    90033: (Unavailable, "unavailable"),
    90090: (Unavailable, "unavailable"),
}

# `error.code` of Graph, lower case ("errors", "throttling", "delta-query-overview"). A code is more
# telling than the status: Microsoft has sent some of these with several.
GRAPH_CODES: dict[str, tuple[type[GraphError], str]] = {
    "authorization_requestdenied": (AccessDenied, "permission_missing"),
    "authorization_identitynotfound": (AccessDenied, "service_principal_missing"),
    "insufficient_claims": (AccessDenied, "conditional_access"),
    "invalidauthenticationtoken": (AccessDenied, "token_rejected"),
    "request_resourcenotfound": (UnexpectedResponse, "not_found"),
    "resourcenotfound": (UnexpectedResponse, "not_found"),
    "notimplemented": (UnexpectedResponse, "unsupported_property"),
    "toomanyrequests": (Unavailable, "throttled"),
    "request_throttledtemporarily": (Unavailable, "throttled"),
    "activitylimitreached": (Unavailable, "throttled"),
    "serviceunavailable": (Unavailable, "unavailable"),
    "servicenotavailable": (Unavailable, "unavailable"),
    "service_internalservererror": (Unavailable, "unavailable"),
    "directory_replicaunavailable": (Unavailable, "unavailable"),
    "directory_concurrencyviolation": (Unavailable, "unavailable"),
    "syncstatenotfound": (DeltaLinkExpired, "delta_link_expired"),
    "resyncrequired": (DeltaLinkExpired, "delta_link_expired"),
    "resyncchangesapplydifferences": (DeltaLinkExpired, "delta_link_expired"),
    "resyncchangesuploaddifferences": (DeltaLinkExpired, "delta_link_expired"),
    "invaliddeltatoken": (DeltaLinkExpired, "delta_link_expired"),
    "directory_expiredpagetoken": (DeltaLinkExpired, "delta_link_expired"),
    "directorypagetokennotfoundexception": (DeltaLinkExpired, "delta_link_expired"),
}

GRAPH_STATUSES: dict[int, tuple[type[GraphError], str]] = {
    401: (AccessDenied, "token_rejected"),
    403: (AccessDenied, "permission_missing"),
    408: (Unavailable, "timeout"),
    410: (DeltaLinkExpired, "delta_link_expired"),
    429: (Unavailable, "throttled"),
    501: (UnexpectedResponse, "unsupported_property"),
}

# The least permission that opens what stands at the beginning of a path ("permissions-reference").
PERMISSIONS = {
    "users": "User.Read.All",
    "groups": "GroupMember.Read.All",
    "contacts": "OrgContact.Read.All",
    "organization": "Organization.Read.All",
}

_NAMED_PROPERTY = re.compile(r"\bpropert(?:y|ies)(?: named)? '([A-Za-z]\w{0,63})'", re.IGNORECASE)
_CODE = re.compile(r"[A-Za-z][\w.]{0,79}")
_REQUEST_ID = re.compile(r"[0-9A-Fa-f-]{8,40}")
_AADSTS = re.compile(r"AADSTS(\d{4,8})")
_OAUTH_ERROR = re.compile(r"[a-z_]{3,40}")


def login_error(status: int, headers: Mapping[str, str], body: Any) -> GraphError:
    """Name what the login host refused with.

    `body` is the parsed JSON, or anything else when there was none. Nothing of it is repeated but the
    AADSTS number or OAuth's word, and the correlation id.
    """
    body = body if isinstance(body, dict) else {}
    number = _aadsts(body)
    kind, code = LOGIN_CODES.get(number, (UnexpectedResponse, "login_error"))
    if number not in LOGIN_CODES and (status == 429 or status >= 500):
        kind, code = Unavailable, "throttled" if status == 429 else "unavailable"
    facts = {
        "code": code,
        "status": status,
        "microsoft_code": f"AADSTS{number}" if number else _shaped(_OAUTH_ERROR, body.get("error")),
        "request_id": _shaped(_REQUEST_ID, body.get("correlation_id")),
    }
    return _build(kind, headers, facts)


def graph_error(status: int, headers: Mapping[str, str], body: Any, *, path: str = "") -> GraphError:
    """Name what Graph refused with; `path` tells which permission a 403 is about.

    `headers` is case-insensitive. Sources: "errors", "resolve-auth-errors", "throttling".
    """
    error = body.get("error") if isinstance(body, dict) else None
    error = error if isinstance(error, dict) else {}
    inner = error.get("innerError") or error.get("innererror")
    inner = inner if isinstance(inner, dict) else {}
    codes = [_shaped(_CODE, error.get("code")), _shaped(_CODE, inner.get("code"))]
    kind, code = _classify(status, codes)
    subject = ""
    if code == "permission_missing":
        subject = needed_permission(path)
    elif status in (400, 501) and issubclass(kind, UnexpectedResponse):
        subject = _named_property(error)
        code = "unsupported_property" if subject or _asks_sharepoint(error) else code
    facts = {
        "code": code,
        "status": status,
        "microsoft_code": codes[0],
        "request_id": _shaped(_REQUEST_ID, headers.get("request-id") or inner.get("request-id")),
        "subject": subject,
    }
    return _build(kind, headers, facts)


def needed_permission(path: str) -> str:
    """The application permission for a path such as `/groups/{id}/members`, or ""."""
    if re.search(r"/(transitive)?member(s|of)\b", path, re.IGNORECASE):
        return PERMISSIONS["groups"]
    return PERMISSIONS.get(re.split(r"[/?(]", path.removeprefix("/"))[0], "")


def _classify(status: int, codes: list[str]) -> tuple[type[GraphError], str]:
    if status == 403 and codes[0] == "UnknownError":
        return AccessDenied, "conditional_access"  # "errors": so speaks Conditional Access
    for code in codes:
        if code.lower() in GRAPH_CODES:
            return GRAPH_CODES[code.lower()]
    if status in GRAPH_STATUSES:
        return GRAPH_STATUSES[status]
    if status >= 500:
        return Unavailable, "unavailable"
    return UnexpectedResponse, "redirected" if 300 <= status < 400 else "unexpected_response"


def _build(kind: type[GraphError], headers: Mapping[str, str], facts: dict[str, Any]) -> GraphError:
    if issubclass(kind, Unavailable):
        return kind(retry_after=retry_after(headers), **facts)
    return kind(**facts)


def _aadsts(body: dict) -> int:
    """The number from `error_codes`, else from the text, else 0."""
    listed = body.get("error_codes")
    numbers = [number for number in listed if isinstance(number, int)] if isinstance(listed, list) else []
    if numbers:
        return numbers[0]
    found = _AADSTS.search(str(body.get("error_description", "")))
    return int(found[1]) if found else 0


def _named_property(error: dict) -> str:
    found = _NAMED_PROPERTY.search(str(error.get("message", "")))
    return found[1] if found else ""


def _asks_sharepoint(error: dict) -> bool:
    """A property that lives in SharePoint was selected in a tenant that has none."""
    return "does not have a SPO license" in str(error.get("message", ""))


def _shaped(shape: re.Pattern[str], value: object) -> str:
    """The value if it looks as it should, so that an answer can't put words into our logs."""
    return value if isinstance(value, str) and shape.fullmatch(value) else ""

"""`/users/delta`, `/groups/delta` and `/contacts/delta` (delta-query-overview)."""

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import orjson

from demo.tenant.increments import incremental_round
from demo.tenant.messages import JSON, GraphError, Request, Response
from demo.tenant.pages import Round, View
from demo.tenant.ready import packed
from demo.tenant.rounds import initial_round
from demo.tenant.tokens import open_link, seal_link

if TYPE_CHECKING:  # the routing imports this module
    from demo.tenant.graph import Context

TOKEN_LIFE = 7 * 86400  # seconds, for directory objects
NOT_TRACKED = {
    "signInActivity", "mailboxSettings", "aboutMe", "birthday", "hireDate", "interests", "mySite", "pastProjects",
    "preferredName", "responsibilities", "schools", "skills", "licenseAssignmentStates", "deviceEnrollmentLimit",
    "print", "cloudLicensing", "isArchived", "hideFromAddressLists", "hideFromOutlookClients",
}  # fmt: skip
DEFAULT_SELECT = {
    "user": "businessPhones displayName givenName jobTitle mail mobilePhone officeLocation preferredLanguage surname "
    "userPrincipalName",
    "group": "createdDateTime description displayName groupTypes isAssignableToRole mail mailEnabled mailNickname "
    "membershipRule membershipRuleProcessingState onPremisesSyncEnabled proxyAddresses securityEnabled visibility "
    "members",
    "orgContact": "addresses companyName department displayName givenName jobTitle mail mailNickname "
    "onPremisesSyncEnabled phones proxyAddresses surname",
}
ID_FILTER = re.compile(r"\s*id\s+eq\s+'([0-9a-f-]+)'\s*", re.IGNORECASE)


def answer(context: "Context", resource: str, kind: str) -> Response:
    """One page of a round. The first request decides everything; tokens carry it on."""
    tokens = {name.lower(): value for name, value in context.request.query.items()}
    skip, token = tokens.get("$skiptoken"), tokens.get("$deltatoken")
    with context.directory.lock:
        if skip:
            state = _opened(context, skip, resource)
        elif token and token != "latest":
            state = _next_round(context, resource, _opened(context, token, resource))
        else:
            state = _first_state(context, resource, kind)
        if token == "latest" or context.request.fault == "empty_directory":
            names = context.request.query.get("$select", "")
            return _written(context, resource, _delta_link(context, resource, state), b"[]", names)
        page = _page(context, resource, state)
    if context.server.prerender and not skip and "a" not in state:
        _write_ahead(context, resource, state)
    return page


def _write_ahead(context: "Context", resource: str, state: dict[str, Any]) -> None:
    """Have all pages of an initial round ready before its first one leaves."""
    with context.directory.lock:
        current = _round(context, state)
    for number in range(1, len(current.pages) - 1):
        if (number, "") not in current.written:
            with context.directory.lock:
                _page(context, resource, {**state, "p": number})


def _first_state(context: "Context", resource: str, kind: str) -> dict[str, Any]:
    request, directory = context.request, context.directory
    names = [name.strip() for name in request.query.get("$select", "").split(",") if name.strip()]
    for name in names:
        if name in NOT_TRACKED or name in directory.untracked:
            raise GraphError(501, "NotImplemented", f"Property '{name}' is not supported for change tracking.")
    select = names or DEFAULT_SELECT[kind].split()
    return {
        "r": resource,
        "k": kind,
        "s": [name for name in select if name != "id"],
        "i": _filtered_ids(request),
        "n": _page_size(request, directory.page_size),
        "t": directory.log.sequence,
        "p": 0,
    }


def _filtered_ids(request: Request) -> list[str]:
    text = request.query.get("$filter", "")
    if not text:
        return []
    found = [ID_FILTER.fullmatch(part) for part in re.split(r"\s+or\s+", text)]
    if len(found) > 50 or None in found:
        raise GraphError(400, "Request_UnsupportedQuery", "The specified filter is not supported for delta queries.")
    return [match[1].lower() for match in found if match]


def _page_size(request: Request, ceiling: int) -> int:
    wish = re.search(r"odata\.maxpagesize=(\d+)", request.header("Prefer"))
    return max(1, min(int(wish[1]), ceiling)) if wish else ceiling


def _opened(context: "Context", token: str, resource: str) -> dict[str, Any]:
    state = open_link(context.directory.tenant_id, token)
    if state is None or state["r"] != resource:
        raise GraphError(400, "BadRequest", "Badly formed token.")
    return state


def _next_round(context: "Context", resource: str, state: dict[str, Any]) -> dict[str, Any]:
    """The first page after a delta link; 410 or 400 when the link is older than seven days."""
    directory, request = context.directory, context.request
    if directory.timestamp - state["d"] > TOKEN_LIFE:
        if directory.expiry_answer == "400":
            message = "The sync state generation is not found. The delta token is expired and data must be "
            raise GraphError(400, "syncStateNotFound", message + "synchronized again.")
        start = f"{context.server.graph_url}/v1.0/{resource}/delta?$select={','.join(state['s'])}&$deltatoken="
        raise GraphError(410, "Gone", "The delta token is no longer valid.", Location=start)
    minimal = "return=minimal" in request.header("Prefer").replace(" ", "")
    size = _page_size(request, directory.page_size)
    return {**state, "a": state["t"], "t": directory.log.sequence, "p": 0, "m": minimal, "n": size}


def _round(context: "Context", state: dict[str, Any]) -> Round:
    directory = context.directory
    view = View(
        kind=state["k"],
        select=tuple(state["s"]),
        hidden_members=context.sees_hidden_members,
        ids=tuple(state["i"]),
        minimal=state.get("m", False),
        page_size=state["n"],
        link_page_size=directory.link_page_size,
        noise=directory.noise,
    )
    if "a" in state:
        after, until = state["a"], state["t"]
        if after == until and not view.noise:
            return Round([[]])
        return directory.recent.get(
            (view, after, until), lambda: incremental_round(directory, view, after, until), keep=_has_more_pages
        )
    found = directory.rounds.get((view, state["t"]), lambda: initial_round(directory, view, state["t"]))
    if found is None:
        raise GraphError(400, "Directory_ExpiredPageToken", "The specified page token value has expired.")
    return found


def _has_more_pages(found: Round) -> bool:
    return len(found.pages) > 1


def _page(context: "Context", resource: str, state: dict[str, Any]) -> Response:
    current, number = _round(context, state), state["p"]
    names = "" if number else context.request.query.get("$select", "")
    if number + 1 >= len(current.pages):
        return _written(context, resource, _delta_link(context, resource, state), current.value(number), names)
    if (number, names) in current.written:
        return Response(200, current.written[number, names], {"Content-Type": JSON})
    token = seal_link(context.directory.tenant_id, {**state, "p": number + 1})
    link = f'"@odata.nextLink":"{_url(context, resource)}?$skiptoken={token}"'
    response = _written(context, resource, link, current.value(number), names)
    if "a" not in state:  # every client that starts anew gets these same pages
        response.content = current.written[number, names] = packed(response.body)
    return response


def _delta_link(context: "Context", resource: str, state: dict[str, Any]) -> str:
    kept = {name: state[name] for name in ("r", "k", "s", "i", "t")}
    token = seal_link(context.directory.tenant_id, {**kept, "d": context.directory.timestamp})
    return f'"@odata.deltaLink":"{_url(context, resource)}?$deltatoken={token}"'


def _written(context: "Context", resource: str, link: str, value: bytes, names: str) -> Response:
    suffix = f"({quote(names, safe=',')})" if names else ""
    opening = orjson.dumps(f"{context.metadata}#{resource}{suffix}")
    body = b'{"@odata.context":%b,%b,"value":%b}' % (opening, link.encode(), value)
    return Response(200, body, {"Content-Type": JSON})


def _url(context: "Context", resource: str) -> str:
    return f"{context.server.graph_url}/v1.0/{resource}/delta"

"""Plain reads: collections, single objects, managers, members and counts."""

import re
from bisect import bisect_right
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import orjson

from demo.tenant.delta import DEFAULT_SELECT
from demo.tenant.filters import matching
from demo.tenant.messages import GraphError, Response, json_response
from demo.tenant.store import COLLECTIONS, Entry
from demo.tenant.tokens import open_link, seal_link

if TYPE_CHECKING:  # the routing imports this module
    from demo.tenant.graph import Context

DEFAULTS = {kind: [name for name in names.split() if name != "members"] for kind, names in DEFAULT_SELECT.items()} | {
    "device": ["accountEnabled", "deviceId", "displayName", "operatingSystem", "operatingSystemVersion"],
    "servicePrincipal": ["appId", "displayName"],
}
NAMES = {"user": "users", "group": "groups", "orgContact": "contacts", "device": "devices"}
RELATIONS = ("members", "transitiveMembers", "memberOf", "transitiveMemberOf", "directReports")
SHAREPOINT = {"aboutMe", "birthday", "hireDate", "interests", "mySite", "pastProjects", "skills", "schools"}


def answer(context: "Context", kind: str, segments: list[str]) -> Response:
    """A collection, an object, its manager or one of its relations, perhaps cast, perhaps counted."""
    counting = segments[-1:] == ["$count"]
    if counting:
        segments = segments[:-1]
    with context.directory.lock:
        if not segments:
            found = (entry.id for entry in context.directory.living(kind))
            return _listing(context, found, kind, counting=counting, name=NAMES[kind])
        entry = _living(context, kind, segments[0])
        if len(segments) == 1:
            context_url = f"{_metadata(context)}#{NAMES[kind]}/$entity"
            return json_response({"@odata.context": context_url, **_rendered(context, entry)})
        if segments[1:] == ["manager"]:
            return _manager(context, entry)
        if segments[1] in RELATIONS and len(segments) <= 3:
            cast = segments[2].removeprefix("microsoft.graph.") if len(segments) == 3 else ""
            return _relation(context, entry, segments[1], cast, counting=counting)
    raise GraphError(400, "BadRequest", f"Resource not found for the segment '{segments[1]}'.")


def by_ids(context: "Context") -> Response:
    """`POST /directoryObjects/getByIds`: up to 1,000 ids, unknown ones left out (directoryobject-getbyids)."""
    body = _json_body(context)
    ids, types = body.get("ids", []), [str(name).lower() for name in body.get("types") or []]
    if not isinstance(ids, list) or len(ids) > 1000:
        raise GraphError(400, "Request_BadRequest", "Too many ids. The maximum is 1000.")
    with context.directory.lock:
        entries = [context.directory.find(str(entry_id).lower()) for entry_id in dict.fromkeys(ids)]
        found = [entry for entry in entries if entry is not None and not entry.deleted]
        wanted = [entry for entry in found if not types or entry.kind.lower() in types or "directoryobject" in types]
        items = [_rendered(context, entry, typed=True) for entry in wanted]
    return json_response({"@odata.context": f"{_metadata(context)}#directoryObjects", "value": items})


def organization(context: "Context") -> Response:
    """`/organization`: one entry, the tenant itself."""
    directory = context.directory
    tenant = {
        "id": directory.tenant_id,
        "displayName": directory.name,
        "countryLetterCode": "US",
        "tenantType": "AAD",
        "verifiedDomains": [{"name": directory.domain, "isDefault": True, "isInitial": True, "type": "Managed"}],
    }
    return json_response({"@odata.context": f"{_metadata(context)}#organization", "value": [tenant]})


def _json_body(context: "Context") -> dict[str, Any]:
    try:
        body = orjson.loads(context.request.body)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise GraphError(400, "BadRequest", "Unable to read JSON request payload.")
    return body


def _metadata(context: "Context") -> str:
    return f"{context.server.graph_url}/v1.0/$metadata"


def _living(context: "Context", kind: str, key: str) -> Entry:
    entry = context.directory.tables[kind].get(key.lower())
    if entry is None and kind == "user" and "@" in key:
        named = (user for user in context.directory.living("user"))
        entry = next((user for user in named if user.properties.get("userPrincipalName") == key), None)
    if entry is None or entry.deleted:
        message = f"Resource '{key}' does not exist or one of its queried reference-property objects are not present."
        raise GraphError(404, "Request_ResourceNotFound", message)
    return entry


def _manager(context: "Context", entry: Entry) -> Response:
    manager = context.directory.find(entry.manager) if entry.manager else None
    if manager is None or manager.deleted:
        message = "Resource 'manager' does not exist or one of its queried reference-property objects are not present."
        raise GraphError(404, "Request_ResourceNotFound", message)
    url = f"{_metadata(context)}#directoryObjects/$entity"
    return json_response({"@odata.context": url, **_rendered(context, manager, typed=True)})


def _relation(context: "Context", entry: Entry, name: str, cast: str, *, counting: bool) -> Response:
    if name in ("members", "transitiveMembers"):
        _check_cast(entry, cast)
    found = [other for other in _related(context, entry, name) if cast in ("", other.kind)]
    metadata_name = NAMES.get(cast, "directoryObjects")
    return _listing(context, (other.id for other in found), cast, counting=counting, name=metadata_name)


def _check_cast(entry: Entry, cast: str) -> None:
    """A Microsoft 365 group holds users only, and a cast to something else is refused."""
    if cast not in ("", "user") and "Unified" in entry.properties.get("groupTypes", []):
        raise GraphError(400, "Request_UnsupportedQuery", f"The cast to '{cast}' is not supported for this group.")


def _related(context: "Context", entry: Entry, name: str) -> Iterable[Entry]:
    directory = context.directory
    if name == "directReports":
        return [user for user in directory.living("user") if user.manager == entry.id]
    if name in ("memberOf", "transitiveMemberOf"):
        ids = directory.groups_of(entry.id, transitive=name == "transitiveMemberOf")
        groups = [directory.tables["group"][group] for group in ids]
        return [group for group in groups if not _hidden(context, group)]
    if name == "transitiveMembers":
        if _hidden(context, entry):
            return []
        return [directory.entry(member) for member in directory.transitive_members(entry.id)]
    # known-issues: v1.0 does not list service principals among the direct members
    visible = [] if _hidden(context, entry) else directory.visible_members(entry)
    return [member for member in visible if member.kind != "servicePrincipal"]


def _hidden(context: "Context", group: Entry) -> bool:
    return not context.sees_hidden_members and group.properties.get("visibility") == "HiddenMembership"


def _listing(context: "Context", ids: Iterable[str], kind: str, *, counting: bool, name: str) -> Response:
    """One page in the order of ids, so that changes between pages neither skip nor repeat anybody."""
    request, directory = context.request, context.directory
    advanced = request.header("ConsistencyLevel").lower() == "eventual"
    if counting and not advanced:
        raise GraphError(400, "Request_BadRequest", "$count is not currently supported.")
    text = request.query.get("$filter", "")
    key = ("listing", request.path, text, context.roles, directory.log.sequence)
    ordered = directory.recent.get(key, lambda: sorted(matching(directory, ids, text)))
    if counting:
        return Response(200, str(len(ordered)).encode(), {"Content-Type": "text/plain"})
    start = _start(context, ordered)
    shown = ordered[start : start + _top(context)]
    page: dict[str, Any] = {"@odata.context": f"{_metadata(context)}#{name}"}
    if advanced and request.query.get("$count") == "true" and not start:
        page["@odata.count"] = len(ordered)
    if start + len(shown) < len(ordered):
        page["@odata.nextLink"] = _next_link(context, shown[-1])
    typed = not kind
    page["value"] = [_rendered(context, directory.entry(entry_id), typed=typed) for entry_id in shown]
    return json_response(page)


def _top(context: "Context") -> int:
    text = context.request.query.get("$top", "100")
    if not text.isdigit() or not 1 <= int(text) <= 999:
        message = f"Invalid page size specified: '{text}'. Must be between 1 and 999 inclusive."
        raise GraphError(400, "Request_UnsupportedQuery", message)
    # known issue: with $expand a page is cut to 100 whatever $top says
    return min(int(text), 100) if "$expand" in context.request.query else int(text)


def _start(context: "Context", ordered: list[str]) -> int:
    token = context.request.query.get("$skiptoken")
    if not token:
        return 0
    state = open_link(context.directory.tenant_id, token)
    if state is None or state.get("path") != context.request.path:
        raise GraphError(400, "Directory_ExpiredPageToken", "The specified page token value has expired.")
    return bisect_right(ordered, state["after"])


def _next_link(context: "Context", last_shown: str) -> str:
    request = context.request
    token = seal_link(context.directory.tenant_id, {"path": request.path, "after": last_shown})
    options = {**request.query, "$skiptoken": token}
    query = "&".join(f"{name}={quote(value, safe=',$()')}" for name, value in options.items())
    return f"{context.server.graph_url}{quote(request.path, safe='/$')}?{query}"


def _rendered(context: "Context", entry: Entry, *, typed: bool = False) -> dict[str, Any]:
    """An object as plain reads show it: unset is null; unreadable kinds are null but for type and id."""
    selected = [name for name in context.request.query.get("$select", "").split(",") if name]
    if SHAREPOINT.intersection(selected):
        raise GraphError(501, "NotImplemented", "This operation target is not yet supported.")
    item: dict[str, Any] = {"@odata.type": f"#microsoft.graph.{entry.kind}"} if typed else {}
    item["id"] = entry.id
    readable = context.may_read(entry.kind)
    for name in selected or DEFAULTS[entry.kind]:
        if name != "id":
            empty: list[str] | None = [] if name in COLLECTIONS and readable else None
            item[name] = entry.properties.get(name, empty) if readable else None
    if entry.kind == "user" and readable and (expand := context.request.query.get("$expand", "")):
        item |= _expanded_manager(context, entry, expand)
    return item


def _expanded_manager(context: "Context", entry: Entry, expand: str) -> dict[str, Any]:
    found = re.fullmatch(r"manager(\(\$select=([\w,]+)\))?", expand)
    if found is None:
        raise GraphError(400, "Request_UnsupportedQuery", f"The expand '{expand}' is not supported.")
    manager = context.directory.find(entry.manager) if entry.manager else None
    if manager is None or manager.deleted:
        return {}
    names = found[2].split(",") if found[2] else DEFAULTS[manager.kind]
    shown = {name: manager.properties.get(name) for name in names}
    return {"manager": {"@odata.type": f"#microsoft.graph.{manager.kind}", **shown, "id": manager.id}}

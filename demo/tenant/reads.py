"""Plain reads: collections, single objects, managers, members and counts."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import orjson

from demo.tenant.filters import matching
from demo.tenant.listings import listing
from demo.tenant.messages import GraphError, Response, json_response
from demo.tenant.rendering import renderer
from demo.tenant.store import Entry

if TYPE_CHECKING:  # the routing imports this module
    from demo.tenant.graph import Context

NAMES = {"user": "users", "group": "groups", "orgContact": "contacts", "device": "devices"}
RELATIONS = ("members", "transitiveMembers", "memberOf", "transitiveMemberOf", "directReports")
SMALL = 100  # relations that are sorted again sooner than looked up


def answer(context: "Context", kind: str, segments: list[str]) -> Response:
    """A collection, an object, its manager or one of its relations, perhaps cast, perhaps counted."""
    counting = segments[-1:] == ["$count"]
    if counting:
        segments = segments[:-1]
    with context.directory.lock:
        if not segments:
            return listing(context, lambda: _everybody(context, kind), NAMES[kind], typed=False, counting=counting)
        entry = _living(context, kind, segments[0])
        if len(segments) == 1:
            context_url = f"{context.metadata}#{NAMES[kind]}/$entity"
            return json_response({"@odata.context": context_url, **renderer(context)(entry)})
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
        items = [*map(renderer(context, typed=True), wanted)] if wanted else []
    return json_response({"@odata.context": f"{context.metadata}#directoryObjects", "value": items})


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
    return json_response({"@odata.context": f"{context.metadata}#organization", "value": [tenant]})


def _json_body(context: "Context") -> dict[str, Any]:
    try:
        body = orjson.loads(context.request.body)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise GraphError(400, "BadRequest", "Unable to read JSON request payload.")
    return body


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
    url = f"{context.metadata}#directoryObjects/$entity"
    return json_response({"@odata.context": url, **renderer(context, typed=True)(manager)})


def _relation(context: "Context", entry: Entry, name: str, cast: str, *, counting: bool) -> Response:
    if name in ("members", "transitiveMembers"):
        _check_cast(entry, cast)
    metadata_name = NAMES.get(cast, "directoryObjects")
    return listing(
        context, lambda: _order(context, entry, name, cast), metadata_name, typed=not cast, counting=counting
    )


def _everybody(context: "Context", kind: str) -> list[str]:
    """Ids of a whole collection, or of those that a filter keeps, in order."""
    directory, text = context.directory, context.request.query.get("$filter", "")
    everybody = directory.ordered(kind)
    if not text:
        return everybody
    return directory.orders.get((kind, text, directory.log.sequence), lambda: [*matching(directory, everybody, text)])


def _order(context: "Context", entry: Entry, name: str, cast: str) -> list[str]:
    """Ids of a relation in order, kept when it takes more than one page: the next one is sure to be asked for."""
    directory, text = context.directory, context.request.query.get("$filter", "")

    def found() -> list[str]:
        ids = [other.id for other in _related(context, entry, name) if cast in ("", other.kind)]
        return sorted(matching(directory, ids, text))

    key = (entry.id, name, cast, text, context.sees_hidden_members, directory.log.sequence)
    return directory.orders.get(key, found, keep=lambda ids: len(ids) > SMALL)


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
        return directory.reachable(entry.id).values()
    # known-issues: v1.0 does not list service principals among the direct members
    visible = [] if _hidden(context, entry) else directory.visible_members(entry)
    return [member for member in visible if member.kind != "servicePrincipal"]


def _hidden(context: "Context", group: Entry) -> bool:
    return not context.sees_hidden_members and group.properties.get("visibility") == "HiddenMembership"

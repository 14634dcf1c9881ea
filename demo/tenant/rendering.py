"""Objects as plain reads show them."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from demo.tenant.delta import DEFAULT_SELECT
from demo.tenant.messages import GraphError
from demo.tenant.store import COLLECTIONS, Entry

if TYPE_CHECKING:  # the routing imports what imports this module
    from demo.tenant.graph import Context

Item = dict[str, Any]
DEFAULTS = {kind: [name for name in names.split() if name != "members"] for kind, names in DEFAULT_SELECT.items()} | {
    "device": ["accountEnabled", "deviceId", "displayName", "operatingSystem", "operatingSystemVersion"],
    "servicePrincipal": ["appId", "displayName"],
}
SHAREPOINT = {"aboutMe", "birthday", "hireDate", "interests", "mySite", "pastProjects", "skills", "schools"}


def renderer(context: "Context", *, typed: bool = False) -> Callable[[Entry], Item]:
    """What makes items of entries: unset is null; unreadable kinds are null but for type and id."""
    selected = [name for name in context.request.query.get("$select", "").split(",") if name]
    if SHAREPOINT.intersection(selected):
        raise GraphError(501, "NotImplemented", "This operation target is not yet supported.")
    expand = context.request.query.get("$expand", "")
    kinds = {kind: (context.may_read(kind), _blanks(selected or names)) for kind, names in DEFAULTS.items()}

    def rendered(entry: Entry) -> Item:
        readable, blanks = kinds[entry.kind]
        item: Item = {"@odata.type": f"#microsoft.graph.{entry.kind}"} if typed else {}
        item["id"] = entry.id
        held = entry.properties
        for name, blank in blanks:
            item[name] = held.get(name, blank) if readable else None
        if expand and entry.kind == "user" and readable:
            item |= _expanded_manager(context, entry, expand)
        return item

    return rendered


def _blanks(names: list[str]) -> list[tuple[str, Any]]:
    """What a property that was never set is shown as."""
    return [(name, [] if name in COLLECTIONS else None) for name in names if name != "id"]


def _expanded_manager(context: "Context", entry: Entry, expand: str) -> Item:
    found = re.fullmatch(r"manager(\(\$select=([\w,]+)\))?", expand)
    if found is None:
        raise GraphError(400, "Request_UnsupportedQuery", f"The expand '{expand}' is not supported.")
    manager = context.directory.find(entry.manager) if entry.manager else None
    if manager is None or manager.deleted:
        return {}
    names = found[2].split(",") if found[2] else DEFAULTS[manager.kind]
    shown = {name: manager.properties.get(name) for name in names}
    return {"manager": {"@odata.type": f"#microsoft.graph.{manager.kind}", **shown, "id": manager.id}}

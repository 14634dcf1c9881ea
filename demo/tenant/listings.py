"""Pages of plain reads: by `$top` and `$skiptoken`, in the order of ids."""

from bisect import bisect_right
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import orjson

from demo.tenant.messages import JSON, GraphError, Response
from demo.tenant.rendering import renderer
from demo.tenant.tokens import open_link, seal_link

if TYPE_CHECKING:  # the routing imports what imports this module
    from demo.tenant.graph import Context

Order = Callable[[], list[str]]


def listing(context: "Context", order: Order, metadata: str, *, typed: bool, counting: bool) -> Response:
    """One page of what `order` finds, or how many that is; changes between pages neither skip nor repeat anybody."""
    request, directory = context.request, context.directory
    advanced = request.header("ConsistencyLevel").lower() == "eventual"
    if counting:
        if not advanced:
            raise GraphError(400, "Request_BadRequest", "$count is not currently supported.")
        return Response(200, str(len(order())).encode(), {"Content-Type": "text/plain"})
    counted = advanced and request.query.get("$count") == "true"
    key = (request.path, *request.query.items(), context.roles, counted)
    content = directory.answers.get(
        directory.log.sequence, key, lambda: _written(context, order(), metadata, typed=typed, counted=counted)
    )
    return Response(200, content, {"Content-Type": JSON})


def _written(context: "Context", ordered: list[str], metadata: str, *, typed: bool, counted: bool) -> bytes:
    start = _start(context, ordered)
    shown = ordered[start : start + _top(context)]
    page: dict[str, Any] = {"@odata.context": f"{context.metadata}#{metadata}"}
    if counted and not start:
        page["@odata.count"] = len(ordered)
    if start + len(shown) < len(ordered):
        page["@odata.nextLink"] = _next_link(context, shown[-1])
    entries = [context.directory.entry(entry_id) for entry_id in shown]
    page["value"] = [*map(renderer(context, typed=typed), entries)] if entries else []
    return orjson.dumps(page)


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

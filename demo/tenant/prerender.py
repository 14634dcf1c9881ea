"""Listings and delta rounds written before somebody asks for them."""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from demo.tenant import graph
from demo.tenant.directory import Directory
from demo.tenant.messages import GraphError, Request

if TYPE_CHECKING:  # the server imports what imports this module
    from demo.tenant.server import TenantServer

NEXT_LINK = re.compile(rb'"@odata\.nextLink":"([^"]+)"')


def prerender(server: "TenantServer", directory: Directory, paths: Sequence[str] = (), app: str | None = None) -> int:
    """Write every page of these listings, as that app will get them; how many pages they have.

    Paths are those of a client, query included: `/users/delta?$select=displayName`. `{id}` stands for each group in
    turn. Initial delta rounds are written whole on first use from now on. It holds until the directory changes;
    ValueError for a path that is refused.
    """
    server.prerender = True
    roles = frozenset(directory.app(app).roles)
    return sum(_follow(server, directory, target, roles) for path in paths for target in _targets(directory, path))


def _targets(directory: Directory, path: str) -> Iterator[str]:
    target = "/v1.0/" + path.lstrip("/")
    if "{id}" not in target:
        yield target
        return
    for group in directory.groups:
        yield target.replace("{id}", group)


def _follow(server: "TenantServer", directory: Directory, target: str, roles: frozenset[str]) -> int:
    pages = 0
    while target:
        try:
            response = graph.routed(graph.Context(server, directory, Request("GET", target, {}), roles))
        except GraphError as error:
            raise ValueError(f"{target}: {error.status} {error.code}") from error
        pages += 1
        found = NEXT_LINK.search(response.body)
        target = found[1].decode().removeprefix(server.graph_url) if found else ""
    return pages

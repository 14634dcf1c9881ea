"""Documents of Graph, spoiled on purpose: what is allowed but odd, and what is wrong and looks right."""

from collections.abc import Callable
from itertools import count
from typing import Any

from demo.tenant.pages import Item

FOREIGN_PATH = "/v1.0/foreign?$skiptoken=elsewhere"
STRANGERS = ("ffffffff-0001-4000-8000-000000000001", "ffffffff-0002-4000-8000-000000000002")
_counter = count(1)


def spoil_document(kind: str, document: Item, target: str, graph_url: str, login_url: str) -> None:
    """Change a page, or an object, in place; `target` is what was asked for."""
    links = {
        "foreign_next_link": login_url + FOREIGN_PATH,
        "repeated_next_link": graph_url + target,
        "endless_next_link": _numbered(graph_url + target, "endless"),
        "empty_page": _numbered(graph_url + target, "again"),
    }
    if kind in links or kind == "no_links":
        document.pop("@odata.nextLink", None)
        document.pop("@odata.deltaLink", None)
    if kind in links:
        document["@odata.nextLink"] = links[kind].replace("delta&", "delta?&")
    if kind == "empty_directory":
        document.pop("@odata.nextLink", None)
    if kind in VALUES and "value" in document:
        document["value"] = VALUES[kind](document["value"])
    if kind == "no_account_enabled":
        for item in document.get("value", [document]):
            item.pop("accountEnabled", None)


def _numbered(url: str, name: str) -> str:
    return f"{url.partition(f'&{name}=')[0]}&{name}={next(_counter)}"


def _in_pieces(items: list[Item]) -> list[Item]:
    """Each link of a group in an entry of its own that has only the id, before and after the properties."""
    pieces = []
    for item in items:
        links = item.pop("members@delta", [])
        pieces += [{"id": item["id"], "members@delta": [link]} for link in links[:1]]
        pieces.append(item)
        pieces += [{"id": item["id"], "members@delta": [link]} for link in links[1:]]
    return pieces


def _with_strangers(items: list[Item]) -> list[Item]:
    """Removals of objects and of members that nobody has heard of, for a reason that nobody knows."""
    for item in items:
        if "members@delta" in item:
            item["members@delta"].append({"id": STRANGERS[0], "@removed": {"reason": "archived"}})
    return [{"id": STRANGERS[1], "@removed": {"reason": "archived"}}, *items, {"id": STRANGERS[0], "@removed": {}}]


def _bare(items: list[Item]) -> list[Item]:
    """Type and id alone, as Graph shows members that the app may not read (permissions-overview)."""
    return [
        {name: value if name in ("id", "@odata.type") else None for name, value in item.items()}
        if item.get("@odata.type") != "#microsoft.graph.group"
        else item
        for item in items
    ]


def _id_and_links(item: Item) -> Item:
    return {name: value for name, value in item.items() if name == "id" or "@" in name}


def _without_links(items: list[Item]) -> list[Item]:
    for item in items:
        item.pop("members@delta", None)
    return items


VALUES: dict[str, Callable[[list[Any]], list[Any]]] = {
    "empty_directory": lambda _items: [],
    "empty_page": lambda _items: [],
    "missing_page": lambda _items: [],
    "half_page": lambda items: items[::2],
    "replay": lambda items: [*items, *items],
    "pieces": _in_pieces,
    "strangers": _with_strangers,
    "bare": _bare,
    "no_members": _without_links,
    "ids_only": lambda items: [_id_and_links(item) for item in items],
}

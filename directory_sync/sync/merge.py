"""Occurrences of an object, merged in arrival order: Graph may send one several times, in pieces, on any page."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ..graph.reads import Change, changes

_ID = re.compile(r"[\w-]{1,36}", re.ASCII)
_LINKS = ("members@delta", "manager@delta")


@dataclass(slots=True)
class Seen:
    """What a round says of one object.

    `afresh`: what is not in `properties` is empty rather than unchanged. `links`: member id → its kind, or
    None for a link that was taken away.
    """

    kind: str = ""
    properties: dict[str, Any] = field(default_factory=dict)
    manager: str | None = None
    removed: str = ""
    afresh: bool = False
    links: dict[str, str | None] = field(default_factory=dict)

    def add(self, change: Change) -> None:
        if change.removed:
            self.removed = change.removed
            self.properties = {}
            self.manager = None
            return
        if self.removed:  # gone and back within one round: it comes as if new
            self.removed, self.afresh = "", True
        self.kind = change.kind or self.kind
        self.properties |= change.properties
        if change.manager is not None:
            self.manager = change.manager
        for link in change.added:
            self.links[link.id] = link.kind
        for member in change.dropped:
            self.links[member] = None


def merged(pages: Iterable[list[dict[str, Any]]], *, is_full: bool) -> dict[str, Seen]:
    """Object id → what the round said of it. `pages`: raw objects, in the order they were read.

    An object of which no page had more than its id has not been told empty: its page is missing.
    """
    seen: dict[str, Seen] = {}
    for items in pages:
        for change in changes(objects(items)):
            entry = seen.get(change.id)
            if entry is None:
                entry = seen[change.id] = Seen(afresh=is_full)
            entry.add(change)
    for entry in seen.values():
        entry.afresh = entry.afresh and bool(entry.properties)
    return seen


def objects(items: Iterable[Any]) -> Iterator[dict[str, Any]]:
    """The entries that are objects with an id as our rows hold it; ids, those of links too, in one letter case."""
    for item in items:
        if isinstance(item, dict) and (id := object_id(item.get("id"))):
            links = {name: list(objects(item[name])) for name in _LINKS if isinstance(item.get(name), list)}
            yield item | {"id": id} | links


def object_id(value: Any) -> str:
    """The id as our rows have it, "" for what can't be one."""
    return value.lower() if isinstance(value, str) and _ID.fullmatch(value) else ""

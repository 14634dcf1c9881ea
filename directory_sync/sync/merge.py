"""Occurrences of an object, merged in arrival order: Graph may send one several times, in pieces, on any page."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ..graph.reads import Change, changes


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
    """Object id → what the round said of it. `pages`: raw objects, in the order they were read."""
    seen: dict[str, Seen] = {}
    for items in pages:
        for change in changes(items):
            entry = seen.get(change.id)
            if entry is None:
                entry = seen[change.id] = Seen(afresh=is_full)
            entry.add(change)
    return seen

"""Pages: what a client asked to see, and how objects and their links are spread over pages."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from demo.tenant.ready import Ready
from demo.tenant.store import Entry, Store

Item = dict[str, Any]


class Fragment(NamedTuple):
    """A place on a page: an object, perhaps with a slice of its links, perhaps bare of properties."""

    id: str
    links: tuple[Item | str, ...] = ()
    bare: bool = False
    removed: str = ""


class View(NamedTuple):
    """What a client asked to see, baked into its tokens."""

    kind: str
    select: tuple[str, ...]
    hidden_members: bool = True
    ids: tuple[str, ...] = ()
    minimal: bool = False
    page_size: int = 200
    link_page_size: int = 500
    noise: float = 0.0

    @property
    def links(self) -> bool:
        """Whether members are wanted."""
        return self.kind == "group" and "members" in self.select


@dataclass
class Round:
    """Pages, rendered when asked for; `written` holds whole answers, by number and `$select`, for the next client."""

    pages: list[list[Any]]
    render: Callable[[Any], Item] = field(repr=False, default=lambda item: item)
    written: dict[tuple[int, str], bytes | Ready] = field(default_factory=dict, repr=False)

    def value(self, number: int) -> bytes:
        """The JSON array of a page."""
        return orjson.dumps([self.render(place) for place in self.pages[number]])


def paginate(fragments: list[Fragment], view: View) -> list[list[Fragment]]:
    """Fill pages up to both limits; what is left of a group's links goes on with its id on the next page."""
    if not view.links:
        starts = range(0, len(fragments) or 1, view.page_size)
        return [fragments[start : start + view.page_size] for start in starts]
    pages: list[list[Fragment]] = [[]]
    room = view.link_page_size
    for whole in fragments:
        start, end = 0, len(whole.links)
        while True:
            if len(pages[-1]) >= view.page_size or (start < end and not room):
                pages.append([])
                room = view.link_page_size
            part = whole.links[start : start + room]
            pages[-1].append(Fragment(whole.id, part, whole.bare or start > 0, whole.removed))
            start += len(part)
            room -= len(part)
            if start >= end:
                break
    return pages


def insert_empty_pages(pages: list[list[Any]], noise: float, dice: random.Random) -> None:
    """Pages without anything on them are normal."""
    for place in range(len(pages), -1, -1):
        if dice.random() < 0.15 * noise:
            pages.insert(place, [])


def properties_of(entry: Entry, names: Iterable[str]) -> Item:
    """The properties among `names` that were ever set, null for those cleared since."""
    item = {name: entry.properties[name] for name in names if name in entry.properties}
    item["id"] = entry.id
    return item


def reference(entry_id: str, kind: str, removed: str = "") -> Item:
    """An entry of members@delta or manager@delta."""
    link: Item = {"@odata.type": f"#microsoft.graph.{kind}", "id": entry_id}
    if removed:
        link["@removed"] = {"reason": removed}
    return link


def tombstone(entry_id: str, reason: str) -> Item:
    """An object that is gone (delta-query-overview)."""
    return {"id": entry_id, "@removed": {"reason": reason}}


def visible_links(store: Store, entry: Entry, view: View) -> Iterable[str]:
    """Direct members a round may show: nobody from the recycle bin, nobody of a hidden membership."""
    if not view.links or not entry.members or membership_is_hidden(entry, view):
        return ()
    return (member for member in entry.members if member not in store.recycle_bin)


def membership_is_hidden(entry: Entry, view: View) -> bool:
    """Whether the client may not know who is in the group."""
    return not view.hidden_members and entry.properties.get("visibility") == "HiddenMembership"


def link_references(store: Store, links: Iterable[Item | str]) -> list[Item]:
    """Entries of members@delta for ids (entries that are ready stay as they are)."""
    references = []
    for link in links:
        if not isinstance(link, str):
            references.append(link)
        elif member := store.find(link):
            references.append(reference(link, member.kind))
    return references

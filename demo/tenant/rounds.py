"""What a delta round shows: initial rounds from the tables, later ones from the change log.

A round is a list of pages, fixed when it is first asked for and kept for a while, so that the pages of a
large one are rendered and compressed once.
"""

import itertools
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from demo.tenant.changes import Change
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
    """Pages, rendered when asked for; `bodies` holds what was sent, for the next client."""

    pages: list[list[Any]]
    render: Callable[[Any], Item | None] = field(repr=False, default=lambda item: item)
    values: dict[int, bytes] = field(default_factory=dict, repr=False)
    bodies: dict[int, tuple[bytes, bytes]] = field(default_factory=dict, repr=False)

    def value(self, number: int) -> bytes:
        """The JSON array of a page."""
        if number not in self.values:
            items = (self.render(place) for place in self.pages[number])
            self.values[number] = orjson.dumps([item for item in items if item is not None])
        return self.values[number]


def initial_round(store: Store, view: View, sequence: int) -> Round | None:
    """Everything there is, as of now; None when `sequence` is no longer now (the listing has expired)."""
    if sequence != store.log.sequence:
        return None
    dice = random.Random(f"{store.seed} {view.kind} {sequence}")
    fragments = [
        Fragment(entry.id, tuple(_visible_links(store, entry, view)))
        for entry in store.living(view.kind)
        if not view.ids or entry.id in view.ids
    ]
    if view.noise:
        fragments = _disturb(store, fragments, view, dice)
    pages = _paginate(fragments, view)
    if view.noise:
        _insert_empty_pages(pages, view.noise, dice)
    return Round(pages, lambda fragment: _render_fragment(store, view, fragment))


def incremental_round(store: Store, view: View, after: int, until: int) -> Round:
    """What changed with `after < sequence <= until`, in one or (with noise) two passes over the log."""
    dice = random.Random(f"{store.seed} {view.kind} {after} {until}")
    bounds = [after, until]
    if dice.random() < view.noise:
        bounds[0] = max(0, after - dice.randint(1, 6))
    if dice.random() < view.noise:
        bounds.insert(1, dice.randint(bounds[0], until))
    items: list[tuple[Item, list[Item]]] = []
    for start, end in itertools.pairwise(bounds):
        seen = _touched(store.log.between(view.kind, start, end), view)
        last = [_changed_item(store, view, entry_id, touched) for entry_id, touched in seen.items()]
        batch = [item for item in last if item is not None]
        if view.noise:
            dice.shuffle(batch)
        items += batch
    if view.noise:
        repeats = [item for item in batch if dice.random() < 0.1 * view.noise]
        items += repeats
    pages = _paginate_items(items, view)
    if view.noise:
        _insert_empty_pages(pages, view.noise, dice)
    return Round(pages)


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


def _visible_links(store: Store, entry: Entry, view: View) -> Iterable[str]:
    if not view.links or not entry.members or _membership_is_hidden(entry, view):
        return ()
    return (member for member in entry.members if member not in store.recycle_bin)


def _membership_is_hidden(entry: Entry, view: View) -> bool:
    return not view.hidden_members and entry.properties.get("visibility") == "HiddenMembership"


def _disturb(store: Store, fragments: list[Fragment], view: View, dice: random.Random) -> list[Fragment]:
    """Shuffle, split, repeat, and speak of objects nobody has heard of: all of it allowed."""
    extra: list[Fragment] = []
    for number, fragment in enumerate(fragments):
        if dice.random() >= 0.08 * view.noise:
            continue
        cut = dice.randint(0, len(fragment.links))
        overlap = max(0, cut - 1)
        extra.append(fragment._replace(links=fragment.links[overlap:]))
        fragments[number] = fragment._replace(links=fragment.links[:cut])
    stranger = random.Random(dice.random())
    for _ in range(3):
        if dice.random() < 0.3 * view.noise:
            extra.append(Fragment(_strange_id(stranger), removed=dice.choice(["changed", "deleted"])))
    if view.links and fragments and dice.random() < view.noise:
        place = dice.randrange(len(fragments))
        link = reference(_strange_id(stranger), "user", "deleted")
        fragments[place] = fragments[place]._replace(links=(*fragments[place].links, link))
    fragments += extra
    dice.shuffle(fragments)
    return _bare_repeats(fragments, dice)


def _bare_repeats(fragments: list[Fragment], dice: random.Random) -> list[Fragment]:
    seen: set[str] = set()
    for number, fragment in enumerate(fragments):
        if fragment.id in seen and dice.random() < 0.5:
            fragments[number] = fragment._replace(bare=True)
        seen.add(fragment.id)
    return fragments


def _strange_id(dice: random.Random) -> str:
    return f"ffffffff-{dice.getrandbits(16):04x}-4000-8000-{dice.getrandbits(48):012x}"


def _paginate(fragments: list[Fragment], view: View) -> list[list[Fragment]]:
    """Fill pages up to both limits; what is left of a group's links goes on with its id on the next page."""
    pages: list[list[Fragment]] = [[]]
    room = view.link_page_size
    for whole in fragments:
        rest, bare = whole.links, whole.bare
        while True:
            if len(pages[-1]) >= view.page_size or (rest and not room):
                pages.append([])
                room = view.link_page_size
            part, rest = rest[:room], rest[room:]
            pages[-1].append(whole._replace(links=part, bare=bare))
            room -= len(part)
            if not rest:
                break
            bare = True
    return pages


def _paginate_items(items: list[tuple[Item, list[Item]]], view: View) -> list[list[Item]]:
    fragments = [Fragment(str(number), tuple(links)) for number, (_, links) in enumerate(items)]

    def finished(fragment: Fragment) -> Item:
        item = items[int(fragment.id)][0]
        item = {"id": item["id"]} if fragment.bare else dict(item)
        return {**item, "members@delta": list(fragment.links)} if fragment.links else item

    return [[finished(fragment) for fragment in page] for page in _paginate(fragments, view)]


def _insert_empty_pages(pages: list[list[Any]], noise: float, dice: random.Random) -> None:
    for place in range(len(pages), -1, -1):
        if dice.random() < 0.15 * noise:
            pages.insert(place, [])


def _render_fragment(store: Store, view: View, fragment: Fragment) -> Item | None:
    if fragment.removed:
        return tombstone(fragment.id, fragment.removed)
    entry = store.find(fragment.id)
    if entry is None or entry.deleted:
        return tombstone(fragment.id, "changed" if entry else "deleted")
    item = {"id": entry.id} if fragment.bare else properties_of(entry, view.select)
    if entry.manager and not fragment.bare and "manager" in view.select:
        manager = store.find(entry.manager)
        if manager is not None and not manager.deleted:
            item["manager@delta"] = [reference(manager.id, manager.kind)]
    if links := _link_references(store, fragment.links):
        item["members@delta"] = links
    return item


def _link_references(store: Store, links: Iterable[Item | str]) -> list[Item]:
    references = []
    for link in links:
        if not isinstance(link, str):
            references.append(link)
        elif member := store.find(link):
            references.append(reference(link, member.kind))
    return references


@dataclass
class Touched:
    """What the log says of one object within a span."""

    fresh: bool = False
    removed: str = ""
    names: set[str] = field(default_factory=set)
    links: dict[str, tuple[str, bool]] = field(default_factory=dict)
    managers: list[str | None] = field(default_factory=list)


def _touched(changes: list[Change], view: View) -> dict[str, Touched]:
    found: dict[str, Touched] = {}
    for change in changes:
        if view.ids and change.id not in view.ids:
            continue
        touched = found.setdefault(change.id, Touched())
        if change.what in ("created", "restored"):
            touched.fresh, touched.removed = True, ""
        elif change.what == "removed":
            touched.fresh, touched.removed = False, change.detail
        elif change.what == "set":
            touched.names |= change.detail
        elif change.what == "link":
            member, kind, added = change.detail
            touched.links[member] = (kind, added)
        else:
            touched.managers += change.detail
    return found


def _changed_item(store: Store, view: View, entry_id: str, touched: Touched) -> tuple[Item, list[Item]] | None:
    entry = store.tables[view.kind].get(entry_id)
    if touched.removed or entry is None or entry.deleted:
        return tombstone(entry_id, touched.removed or ("changed" if entry else "deleted")), []
    names = touched.names & set(view.select)
    links = _changed_links(store, view, entry, touched)
    managers = _changed_managers(store, entry, touched) if "manager" in view.select else []
    if not (touched.fresh or names or links or managers):
        return None
    minimal = view.minimal and not touched.fresh
    item = properties_of(entry, names if minimal else view.select)
    if managers:
        item["manager@delta"] = managers
    return item, links


def _changed_links(store: Store, view: View, entry: Entry, touched: Touched) -> list[Item]:
    if not view.links or _membership_is_hidden(entry, view):
        return []
    links = {}
    if touched.fresh:
        links = {link["id"]: link for link in _link_references(store, _visible_links(store, entry, view))}
    for member, (kind, added) in touched.links.items():
        links[member] = reference(member, kind, "" if added else "deleted")
    return list(links.values())


def _changed_managers(store: Store, entry: Entry, touched: Touched) -> list[Item]:
    current = touched.managers[-1] if touched.managers else None
    if touched.fresh:
        current = entry.manager
    former = {manager for manager in touched.managers if manager and manager != current}
    changed = [reference(manager, _kind(store, manager), "deleted") for manager in sorted(former)]
    if current and (touched.fresh or touched.managers):
        changed.append(reference(current, _kind(store, current)))
    return changed


def _kind(store: Store, entry_id: str) -> str:
    entry = store.find(entry_id)
    return entry.kind if entry else "user"

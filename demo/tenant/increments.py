"""Later rounds of delta: what the change log says happened since a token was issued."""

import random
from dataclasses import dataclass, field
from itertools import pairwise

from demo.tenant.changes import Change
from demo.tenant.pages import (
    Fragment,
    Item,
    Round,
    View,
    insert_empty_pages,
    link_references,
    membership_is_hidden,
    paginate,
    properties_of,
    reference,
    tombstone,
    visible_links,
)
from demo.tenant.store import Entry, Store


def incremental_round(store: Store, view: View, after: int, until: int) -> Round:
    """What changed with `after < sequence <= until`, in one or (with noise) two passes over the log."""
    dice = random.Random(f"{store.seed} {view.kind} {after} {until}")
    bounds = [after, until]
    if dice.random() < view.noise:
        bounds[0] = max(0, after - dice.randint(1, 6))
    if dice.random() < view.noise:
        bounds.insert(1, dice.randint(bounds[0], until))
    items: list[tuple[Item, list[Item]]] = []
    for start, end in pairwise(bounds):
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
        insert_empty_pages(pages, view.noise, dice)
    return Round(pages)


def _paginate_items(items: list[tuple[Item, list[Item]]], view: View) -> list[list[Item]]:
    fragments = [Fragment(str(number), tuple(links)) for number, (_, links) in enumerate(items)]

    def finished(fragment: Fragment) -> Item:
        item = items[int(fragment.id)][0]
        item = {"id": item["id"]} if fragment.bare else dict(item)
        return {**item, "members@delta": list(fragment.links)} if fragment.links else item

    return [[finished(fragment) for fragment in page] for page in paginate(fragments, view)]


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
            touched.links[change.detail[0]] = change.detail[1:]
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
    if not view.links or membership_is_hidden(entry, view):
        return []
    links = {}
    if touched.fresh:
        links = {link["id"]: link for link in link_references(store, visible_links(store, entry, view))}
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

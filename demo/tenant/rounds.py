"""Initial rounds of delta: everything there is, in an order nobody can rely on."""

import random

from demo.tenant.pages import (
    Fragment,
    Item,
    Round,
    View,
    insert_empty_pages,
    link_references,
    paginate,
    properties_of,
    reference,
    tombstone,
    visible_links,
)
from demo.tenant.store import Store


def initial_round(store: Store, view: View, sequence: int) -> Round | None:
    """Everything there is, as of now; None when `sequence` is no longer now (the listing has expired)."""
    if sequence != store.log.sequence:
        return None
    dice = random.Random(f"{store.seed} {view.kind} {sequence}")
    fragments = [
        Fragment(entry.id, tuple(visible_links(store, entry, view)))
        for entry in store.living(view.kind)
        if not view.ids or entry.id in view.ids
    ]
    if view.noise:
        fragments = _disturb(store, fragments, view, dice)
    pages = paginate(fragments, view)
    if view.noise:
        insert_empty_pages(pages, view.noise, dice)
    return Round(pages, lambda fragment: _render_fragment(store, view, fragment))


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


def _render_fragment(store: Store, view: View, fragment: Fragment) -> Item:
    if fragment.removed:
        return tombstone(fragment.id, fragment.removed)
    entry = store.find(fragment.id)
    if entry is None or entry.deleted:
        return tombstone(fragment.id, "changed" if entry else "deleted")
    item: Item = {"id": entry.id} if fragment.bare else properties_of(entry, view.select)
    if entry.manager and not fragment.bare and "manager" in view.select:
        manager = store.find(entry.manager)
        if manager is not None and not manager.deleted:
            item["manager@delta"] = [reference(manager.id, manager.kind)]
    if links := link_references(store, fragment.links):
        item["members@delta"] = links
    return item

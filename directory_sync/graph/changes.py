"""What the raw objects of a delta page say."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

Removal = Literal["", "changed", "deleted"]

UNCHANGED = None
_LINKS = {"members", "owners", "manager"}


@dataclass(frozen=True)
class Link:
    """The far end of a membership; `kind` as in `Change`."""

    id: str
    kind: str


@dataclass(frozen=True)
class Change:
    """One occurrence of an object; the same object may occur again, to be merged in arrival order.

    `kind` is Microsoft's type name ("user", "group", "orgContact", "device", "servicePrincipal", …), or
    "" where the stream tells it. `removed` is "changed" for what can be restored, "deleted" for what is
    gone for good. `properties` holds only what was sent: null is cleared, absent was not sent.
    `manager` is an id, "" when cleared, UNCHANGED (None) when nothing was said.
    """

    id: str
    kind: str
    removed: Removal
    properties: dict[str, Any]
    added: tuple[Link, ...]
    dropped: tuple[str, ...]
    manager: str | None


def changes(items: Iterable[dict[str, Any]]) -> Iterator[Change]:
    """Parse raw objects of any of the three streams, in their order.

    Objects without an id, which Graph never sends, are skipped: nothing can be known from them.
    Sources: "delta-query-users", "delta-query-groups"; manager: change-tracking.md of api-guidelines.
    """
    for item in items:
        if item.get("id"):
            yield _change(item)


def _change(item: dict[str, Any]) -> Change:
    members = _last_by_id(item.get("members@delta"))
    return Change(
        id=item["id"],
        kind=kind_of(item),
        removed=_removal(item),
        properties=properties(item),
        added=tuple(Link(id, kind_of(entry)) for id, entry in members.items() if "@removed" not in entry),
        dropped=tuple(id for id, entry in members.items() if "@removed" in entry),
        manager=_manager(item.get("manager@delta")),
    )


def kind_of(item: dict[str, Any]) -> str:
    """`user` for an `@odata.type` of `#microsoft.graph.user`; "" when there is none."""
    return _kind(str(item.get("@odata.type") or ""))


@lru_cache(maxsize=100)
def _kind(odata_type: str) -> str:
    return odata_type.rpartition(".")[2].removeprefix("#")


def properties(item: dict[str, Any]) -> dict[str, Any]:
    """The plain properties of a raw object, without id, annotations and links."""
    return {name: value for name, value in item.items() if "@" not in name and name != "id" and name not in _LINKS}


def has_limited_info(item: dict[str, Any]) -> bool:
    """Whether a member came with its id and type alone.

    So Graph shows members of a type the app may not read ("permissions-overview"): a symptom of a
    missing permission, not an empty object. Only meaningful when more than the id was selected.
    """
    return all(value is None for value in properties(item).values())


def _removal(item: dict[str, Any]) -> Removal:
    """An unknown reason counts as restorable, which forgets less."""
    if "@removed" not in item:
        return ""
    removed = item["@removed"]
    return "deleted" if isinstance(removed, dict) and removed.get("reason") == "deleted" else "changed"


def _last_by_id(entries: Any) -> dict[str, dict[str, Any]]:
    """Link entries by id, the later of two about the same id winning, in arrival order."""
    last: dict[str, dict[str, Any]] = {}
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and entry.get("id"):
            last.pop(entry["id"], None)
            last[entry["id"]] = entry
    return last


def _manager(entries: Any) -> str | None:
    """A replacement is one removed and one added entry, in either order."""
    last = _last_by_id(entries)
    current = [id for id, entry in last.items() if "@removed" not in entry]
    if current:
        return current[-1]
    return "" if last else UNCHANGED

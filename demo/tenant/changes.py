"""The change log of a directory, indexed so that a delta round costs what changed and no more."""

from bisect import bisect_right
from operator import attrgetter
from typing import Any, NamedTuple


class Change(NamedTuple):
    """One thing that happened.

    `what` is `created`, `restored`, `set` (detail: names of properties), `link` (detail: member id,
    member kind, added), `manager` (detail: old id, new id) or `removed` (detail: `changed`, `deleted`).
    """

    sequence: int
    id: str
    what: str
    detail: Any = None


class ChangeLog:
    """Changes of each kind of object, in the order they happened."""

    def __init__(self) -> None:
        self.sequence = 0
        self.muted = False
        self._by_kind: dict[str, list[Change]] = {}

    def add(self, kind: str, entry_id: str, what: str, detail: Any = None) -> None:
        """Append a change; does nothing while muted."""
        if self.muted:
            return
        self.sequence += 1
        self._by_kind.setdefault(kind, []).append(Change(self.sequence, entry_id, what, detail))

    def touch(self) -> None:
        """Use up a number, so that whatever was computed before counts as old."""
        self.sequence += 1

    def between(self, kind: str, after: int, until: int) -> list[Change]:
        """Changes with `after < sequence <= until`."""
        changes = self._by_kind.get(kind, [])
        start = bisect_right(changes, after, key=attrgetter("sequence"))
        end = bisect_right(changes, until, lo=start, key=attrgetter("sequence"))
        return changes[start:end]

"""Listings already written and compressed, kept until the directory changes."""

from collections.abc import Callable
from typing import Any

from demo.tenant.ready import Ready, packed

LIMIT = 2 * 1024**3  # bytes


class Answers:
    """Bodies under their keys. Callers hold the directory's lock."""

    def __init__(self) -> None:
        self._sequence = 0
        self._held = 0
        self._kept: dict[Any, bytes | Ready] = {}

    def get(self, sequence: int, key: Any, write: Callable[[], bytes]) -> bytes | Ready:
        """The body kept under the key since that point of the change log, or a new one."""
        if sequence != self._sequence:
            self._sequence, self._held = sequence, 0
            self._kept.clear()
        found = self._kept.get(key)
        if found is None:
            found = packed(write())
            if self._held < LIMIT:  # one who reads everything in turn gains nothing from throwing the oldest away
                self._kept[key] = found
                self._held += len(found.deflated if isinstance(found, Ready) else found)
        return found

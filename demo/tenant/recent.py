"""What was worked out recently, kept because the next page needs it again."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any


class Recent:
    """`limit` results under their keys, the least recently used thrown away. Callers hold the directory's lock."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept: OrderedDict[tuple[Any, ...], Any] = OrderedDict()

    def get(self, key: tuple[Any, ...], make: Callable[[], Any], keep: Callable[[Any], bool] = bool) -> Any:
        """The result kept under the key, or a new one, kept if it is worth it."""
        found = self._kept.get(key)
        if found is None:
            found = make()
        if keep(found):
            self._kept[key] = found
            self._kept.move_to_end(key)
            if len(self._kept) > self._limit:
                self._kept.popitem(last=False)
        return found

"""Pages of wide rows, of which a directory has a hundred thousand."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

FEW = 2_000


def first(rows: QuerySet[Any], most: int) -> list[Any]:
    """The first of them in their order."""
    return _read(list(rows.values_list("pk", flat=True)[:most]), rows.model.objects)


def _read(ids: list[Any], source: Any) -> list[Any]:
    rows = source.in_bulk(ids)
    return [rows[id] for id in ids if id in rows]


class LeanPaginator(Paginator):
    """Puts ids alone in order, and reads the rows of one page by them: whole rows are slow to sort.

    `known`: how many there are, where that has been counted already. `source`: what the rows are read from, where
    the condition that chose them costs too much to be asked twice.
    """

    def __init__(
        self, rows: QuerySet[Any], *args: Any, known: int | None = None, source: Any = None, **options: Any
    ) -> None:
        super().__init__(rows, *args, **options)
        self._rows = rows
        self._source = rows if source is None else source
        if known is not None:
            self.count = known

    def page(self, number: int | str) -> Page:
        number = self.validate_number(number)
        return Page(_read(self._ids((number - 1) * self.per_page), self._source), number, self)

    def _ids(self, start: int) -> list[Any]:
        """Those of the page. With a LIMIT, PostgreSQL looks for the few of a search along everybody by name."""
        stop = min(start + self.per_page, self.count)
        ordered = self._rows.values_list("pk", flat=True)
        if self.count == 0:
            return []
        return list(ordered)[start:stop] if self.count <= FEW else list(ordered[start:stop])

"""What a run has read so far, page by page, so that another worker can go on where one stopped."""

import zlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import orjson
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from ..models import JournalPage, SyncRun
from .claim import beat

KEPT_FOR = timedelta(hours=12)  # next links are to be used promptly (delta-query-overview)


def write(
    run: SyncRun,
    page: JournalPage,
    items: list[dict[str, Any]],
    also: Callable[[list[dict[str, Any]]], None] | None = None,
    *,
    objects: int | None = None,
    expected: int | None = None,
) -> None:
    """Keep one answer; refused with ClaimLost when the run has gone to another worker.

    `also` is done with the items in the same transaction. For the bar: `objects`, how many were read by that, all
    items unless said; `expected`, how many there are, once known.
    """
    page.run = run
    page.body = zlib.compress(orjson.dumps(items), 1)
    read = len(items) if objects is None else objects
    counted = {} if expected is None else {"expected_objects": expected}
    with transaction.atomic():
        beat(run, pages=F("pages") + 1, read_objects=F("read_objects") + read, **counted)
        page.save(force_insert=True)
        if also:
            also(items)


def items(run: SyncRun, source: str) -> Iterator[list[dict[str, Any]]]:
    """The objects of each page of a source, in the order they were read."""
    for body in run.journal.filter(source=source).order_by("number").values_list("body", flat=True).iterator(20):
        yield orjson.loads(zlib.decompress(body))


def last_page(run: SyncRun, source: str) -> JournalPage | None:
    """Where reading of this source stopped."""
    return run.journal.filter(source=source).defer("body").order_by("-number").first()


def first_page(run: SyncRun, source: str) -> JournalPage | None:
    """Where reading of this source began."""
    return run.journal.filter(source=source).defer("body").order_by("number").first()


def next_number(run: SyncRun, source: str) -> int:
    """The number of the page to be kept next."""
    last = last_page(run, source)
    return last.number + 1 if last else 0


def discard(run: SyncRun, source: str | None = None) -> None:
    """Forget what was read, of one source or of all."""
    pages = run.journal.all() if source is None else run.journal.filter(source=source)
    pages.delete()


def discard_if_old(run: SyncRun) -> None:
    """Start over when the last page is so old that its links can't be trusted."""
    newest = run.journal.order_by("-read_at").values_list("read_at", flat=True).first()
    if newest and newest < timezone.now() - KEPT_FOR:
        discard(run)

"""Nights after the first sync: without changes, with a thousandth changed, with as many changes at every size."""

import statistics
from types import SimpleNamespace
from typing import Any

from benchmarks.stand import Stand
from benchmarks.syncing import SIZES
from benchmarks.warm import WarmWorker

TIMES = 3
SHARE = 0.001
SAME_EVERYWHERE = 110  # people, groups and links changed at every size: a thousandth of S
FIGURES = ("seconds", "run_seconds", "requests", "peak_rss_mib", "kind", "users", "groups", "memberships", "tenant")


def run_quiet(stand: Stand) -> dict[str, Any]:
    """The middle one of several nights in which nothing changed, and rows written in all of them together."""
    installation = stand.synced()
    with WarmWorker(installation) as worker:
        worker.night()  # warms up, and sees what the first run left to see
    installation.database.watch_writes()
    before = installation.database.written()
    with WarmWorker(installation) as worker:
        worker.night()
        stand.rest()
        nights = [worker.night() for _ in range(TIMES)]
    after = installation.database.written()
    return {**_middle(nights), "written": {table: after[table] - before.get(table, 0) for table in after}}


def run_changed(stand: Stand) -> dict[str, Any]:
    """A night after 0.1 % of people, groups and links have changed."""
    return _night_after(stand, SHARE)


def run_same(stand: Stand) -> dict[str, Any]:
    """A night after as many changes as a thousandth of S is, whatever the size."""
    return _night_after(stand, SAME_EVERYWHERE / sum(SIZES[stand.size]))


def _night_after(stand: Stand, share: float) -> dict[str, Any]:
    """The middle one of several such nights, each with changes of its own."""
    installation = stand.synced()
    installation.database.watch_writes()
    nights, changes = [], []
    with WarmWorker(installation) as worker:
        worker.night()
        before = installation.database.written()
        for _ in range(TIMES):
            changes.append(stand.tenant.call("churn", share=share))
            stand.rest()
            nights.append(worker.night())
    after = installation.database.written()
    written = {table: round((after[table] - before[table]) / TIMES, 1) for table in after}
    return {**_middle(nights), "changes": changes, "written": written}


def _middle(nights: list[dict[str, Any]]) -> dict[str, Any]:
    middle = statistics.median_low(night["seconds"] for night in nights)
    night = next(night for night in nights if night["seconds"] == middle)
    return {**{name: night[name] for name in FIGURES}, "all_seconds": [each["seconds"] for each in nights]}


QUIET = SimpleNamespace(NAME="quiet", run=run_quiet)
CHANGED = SimpleNamespace(NAME="changed", run=run_changed)
SAME = SimpleNamespace(NAME="same", run=run_same)

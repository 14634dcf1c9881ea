"""Syncs in processes of their own, and the moment at which what they wrote could be read."""

import sqlite3
import time
from datetime import UTC, datetime
from typing import Any, NamedTuple

import psycopg

from benchmarks.children import Child, Cost, measure
from benchmarks.installation import Installation

TIMEOUT = {"S": 900.0, "M": 3600.0, "L": 4 * 3600.0}
LOOK_EVERY = 0.1  # seconds
SIZES = {"S": (10_000, 1_000, 100_000), "M": (100_000, 10_000, 1_000_000), "L": (1_000_000, 50_000, 10_000_000)}


class Sync(NamedTuple):
    """`committed`: seconds from the start of the run until others could read its result; `report` is the run's own."""

    committed: float
    cost: Cost
    report: dict[str, Any]

    def figures(self) -> dict[str, Any]:
        """For the results of a scenario."""
        return {
            "seconds": self.committed,
            "run_seconds": self.report["seconds"],
            "process_seconds": self.cost.seconds,
            "cpu_seconds": self.cost.cpu_seconds,
            "peak_rss_mib": self.cost.peak_rss_mib,
            **{name: self.report[name] for name in ("requests", "pages", "users", "groups", "memberships")},
        }


def start_sync(installation: Installation) -> Child:
    """`manage.py sync_directory`, as an operator would call it."""
    return installation.start("manage.py", "sync_directory", installation.connection, "--json")


def first_sync(installation: Installation) -> Sync:
    """A sync of everything. Raises AssertionError unless everybody, every group and every link is there."""
    size = installation.tenant.size
    child = start_sync(installation)
    with CommitWatch(installation) as watch:
        cost = measure(child, TIMEOUT[size], watch=watch.look)
        assert watch.seconds is not None, "the process ended, but no run"
    sync = Sync(watch.seconds, cost, cost.json())
    check_everything_is_there(installation)
    return sync


def check_everything_is_there(installation: Installation) -> None:
    """Hold the tables against what the tenant was made of; for a tenant that nothing has changed since."""
    people, groups, links = SIZES[installation.tenant.size]
    kept = [_count(installation, "recipient WHERE kind = 'user' AND is_read"), _count(installation, "group")]
    kept.append(_count(installation, "membership") + _count(installation, "nesting"))
    assert kept == [people, groups, links], f"{kept} are there of {[people, groups, links]}"


def _count(installation: Installation, of: str) -> int:
    table, _, condition = of.partition(" ")
    return installation.query(f'SELECT count(*) FROM "directory_sync_{table}" {condition}')[0][0]  # noqa: S608 - our own names


class CommitWatch:
    """Looks from outside, over one connection, until the latest run is over; a context manager."""

    def __init__(self, installation: Installation) -> None:
        database = installation.database
        self._connection: Any = (
            sqlite3.connect(database.url.removeprefix("sqlite:///"), timeout=60)
            if database.is_sqlite
            else psycopg.connect(database.url, autocommit=True)
        )
        self.seconds: float | None = None
        self._next = 0.0

    def __enter__(self) -> "CommitWatch":
        return self

    def __exit__(self, *_exception: object) -> None:
        self._connection.close()

    def look(self) -> None:
        """Note the seconds since the run began, once its end can be seen."""
        if self.seconds is not None or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + LOOK_EVERY
        found = self._connection.execute(
            "SELECT state, started_at FROM directory_sync_syncrun ORDER BY created_at DESC LIMIT 1"
        ).fetchone()
        if found and found[0] not in ("queued", "running"):
            started = datetime.fromisoformat(found[1]).replace(tzinfo=UTC) if isinstance(found[1], str) else found[1]
            self.seconds = (datetime.now(UTC) - started).total_seconds()

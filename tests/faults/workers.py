"""Real worker processes on the tests' own database, and ways to stop one at a named point.

A gate of the tenant stops a request; a trigger that never ends stops a statement. Neither touches our code.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection as database
from django.db import transaction
from django.db.utils import OperationalError

from demo.tenant.server import TenantServer
from directory_sync.models import Connection
from tests.processes.installation import ROOT, Installation

SQLITE = """
CREATE VIEW endless AS WITH RECURSIVE steps(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM steps) SELECT n FROM steps;
CREATE TRIGGER stands_still BEFORE {act} ON directory_sync_{table} WHEN {when} BEGIN SELECT count(*) FROM endless; END
"""
POSTGRESQL = """
CREATE FUNCTION endless() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(600); RETURN NEW; END $$;
CREATE TRIGGER stands_still BEFORE {act} ON directory_sync_{table} FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION endless()
"""
ASLEEP = "FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"


class Workers:
    """Starts workers, and ends at last whatever still runs of them."""

    def __init__(self, folder: Path, server: TenantServer) -> None:
        self.printed = folder / "printed.txt"
        self._env = Installation(folder, server).env | {
            "DATABASE_URL": _address(),
            "SECRET_KEY": settings.SECRET_KEY,
            "SEALING_PUBLIC_KEY": settings.SEALING_PUBLIC_KEY,
            "SEALING_PRIVATE_KEYS": ",".join(settings.SEALING_PRIVATE_KEYS),
            "SYNC_STALE_AFTER": "1800",
        }
        self._started: list[subprocess.Popen] = []

    def start(self, connection: Connection, *options: str) -> subprocess.Popen:
        """A worker that syncs the connection."""
        with self.printed.open("a") as printed:
            worker = subprocess.Popen(
                [sys.executable, "manage.py", "sync_directory", str(connection.pk), *options],
                cwd=ROOT,
                env=self._env,
                stdout=printed,
                stderr=printed,
            )
        self._started.append(worker)
        return worker

    def kill(self, worker: subprocess.Popen) -> None:
        """SIGKILL; a database server that still works for the dead learns of it."""
        os.kill(worker.pid, signal.SIGKILL)
        assert worker.wait(10) == -signal.SIGKILL
        if database.vendor == "postgresql":
            cut_connections()

    def wait_until(self, holds: Callable[[], Any], worker: subprocess.Popen) -> None:
        """Poll until it holds, for as long as the worker lives."""
        give_up = time.monotonic() + 60
        while not holds():
            assert worker.poll() is None, self.printed.read_text()
            assert time.monotonic() < give_up, "waited in vain"
            time.sleep(0.05)

    def stop(self) -> None:
        for worker in self._started:
            if worker.poll() is None:
                self.kill(worker)


@contextmanager
def standing_still(act: str, table: str, when: str = "true") -> Iterator[None]:
    """From now on, whoever does this to a row of the table comes to no end with it."""
    template = POSTGRESQL if database.vendor == "postgresql" else SQLITE
    _execute(template.format(act=act, table=table, when=when))
    try:
        yield
    finally:
        if database.vendor == "postgresql":
            cut_connections()
            _execute(f"DROP TRIGGER stands_still ON directory_sync_{table}; DROP FUNCTION endless()")
        else:
            _execute("DROP TRIGGER stands_still; DROP VIEW endless")


def stands_still() -> bool:
    """Whether somebody has come to the trigger: asleep in it, or holding the only lock for writing."""
    if database.vendor == "postgresql":
        with database.cursor() as cursor:
            cursor.execute(f"SELECT count(*) {ASLEEP}")
            return cursor.fetchone()[0] > 0
    return all(_is_locked() for _ in range(8))


def cut_connections() -> None:
    """End the server's side of every connection that stands still."""
    with database.cursor() as cursor:
        cursor.execute(f"SELECT pg_terminate_backend(pid) {ASLEEP}")


def _is_locked() -> bool:
    time.sleep(0.05)
    with database.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 0")
    try:
        with transaction.atomic():
            return False
    except OperationalError:
        return True
    finally:
        with database.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 60000")


def _execute(statements: str) -> None:
    with database.cursor() as cursor:
        if database.vendor == "postgresql":
            cursor.execute(statements)
            return
        for statement in statements.split(";\n"):
            for each in _whole(statement):
                cursor.execute(each)


def _whole(statement: str) -> list[str]:
    return [statement] if "TRIGGER stands_still BEFORE" in statement else statement.split("; ")


def _address() -> str:
    held = database.settings_dict
    if database.vendor == "sqlite":
        return f"sqlite:///{held['NAME']}"
    return f"postgres://{held['USER']}@{held['HOST']}:{held['PORT']}/{held['NAME']}"

"""Databases that are thrown away: a SQLite file, or one of a PostgreSQL server of our own."""

import shutil
import sqlite3
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

from tests import postgresql

TABLES = tuple(f"directory_sync_{name}" for name in ("recipient", "group", "membership", "nesting", "groupclosure"))
EVENTS = ("INSERT", "UPDATE", "DELETE")


class Database:
    """One database; `url` is its DATABASE_URL."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")

    def query(self, sql: str, *values: Any) -> list[Any]:
        """Rows of a statement with `?` for values, over a connection of its own; committed."""
        if self.is_sqlite:
            return self._query_file(sql, values)
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(sql.replace("?", "%s").encode(), values)
            return cursor.fetchall() if cursor.description else []

    def _query_file(self, sql: str, values: Sequence[Any]) -> list[Any]:
        with closing(sqlite3.connect(self.url.removeprefix("sqlite:///"), timeout=60)) as connection, connection:
            return connection.execute(sql, values).fetchall()

    def watch_writes(self) -> None:
        """From now on `written` can tell. PostgreSQL keeps such statistics by itself."""
        if not self.is_sqlite:
            return
        self.query("CREATE TABLE IF NOT EXISTS benchmark_written (name TEXT PRIMARY KEY, times INTEGER)")
        for table in TABLES:
            self.query("INSERT OR REPLACE INTO benchmark_written VALUES (?, 0)", table)
            for event in EVENTS:
                self.query(
                    f"CREATE TRIGGER IF NOT EXISTS benchmark_{table}_{event} AFTER {event} ON {table} BEGIN "  # noqa: S608 - our own names
                    f"UPDATE benchmark_written SET times = times + 1 WHERE name = '{table}'; END"
                )

    def written(self) -> dict[str, int]:
        """Rows inserted, updated and deleted so far, by table. On PostgreSQL whole once the writer has hung up."""
        if self.is_sqlite:
            found = self.query("SELECT name, times FROM benchmark_written")
        else:
            found = self.query(
                "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_user_tables WHERE relname = ANY(?)",
                list(TABLES),
            )
        return {name.removeprefix("directory_sync_"): times for name, times in found}

    def version(self) -> str:
        if self.is_sqlite:
            return f"SQLite {sqlite3.sqlite_version}"
        return f"PostgreSQL {self.query('SHOW server_version')[0][0].split()[0]}"


class Databases:
    """A place for databases of one vendor; a context manager. The first is migrated, the others are its copies."""

    def __init__(self, vendor: str) -> None:
        self.vendor = vendor
        self._made = 0
        self._open = ExitStack()
        self._folder = Path(self._open.enter_context(tempfile.TemporaryDirectory(prefix="benchmark-database-")))
        self._server = "" if vendor == "sqlite" else self._open.enter_context(postgresql.server())

    def close(self) -> None:
        self._open.close()

    def new(self, template: Database | None = None) -> Database:
        """An empty database, or a copy of `template`, which nobody may be using."""
        self._made += 1
        if self.vendor == "sqlite":
            file = self._folder / f"{self._made}.sqlite3"
            if template:
                shutil.copy(template.url.removeprefix("sqlite:///"), file)
            return Database(f"sqlite:///{file}")
        name = f"benchmark_{self._made}"
        source = f"TEMPLATE {_name_of(template)}" if template else ""
        Database(self._server).query(f"CREATE DATABASE {name} {source}")
        return Database(urlunsplit(urlsplit(self._server)._replace(path=f"/{name}")))


def _name_of(database: Database) -> str:
    return urlsplit(database.url).path.lstrip("/")

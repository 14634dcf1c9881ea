"""An installation as an operator has it: keys, a database and endpoints, in processes of its own."""

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import orjson

from benchmarks import children
from benchmarks.databases import Database
from benchmarks.tenant import ROOT, Tenant
from directory_sync.sync.attributes import NAMES

COMMAND_TIMEOUT = 300.0


class Installation:
    """Runs `manage.py` and other programs with an environment of its own; nothing of `.env` gets in."""

    def __init__(self, database: Database, tenant: Tenant, keys: dict[str, str]) -> None:
        self.database, self.tenant = database, tenant
        self._folder = tempfile.TemporaryDirectory(prefix="benchmark-")
        self.folder = Path(self._folder.name)
        self.env = keys | {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
            "READ_DOT_ENV": "false",
            "VAR_DIR": str(self.folder),
            "DATABASE_URL": database.url,
            "ENTRA_GLOBAL_LOGIN_URL": tenant.facts["login_url"],
            "ENTRA_GLOBAL_GRAPH_URL": tenant.facts["graph_url"],
            "REQUESTS_CA_BUNDLE": tenant.facts["ca_file"],
            "EMAIL_URL": "dummymail://",
            "LOG_LEVEL": "WARNING",
        }
        self.connection = ""

    def close(self) -> None:
        self._folder.cleanup()

    def start(self, *command: str) -> children.Child:
        """A process of `python …` in this environment."""
        return children.start([sys.executable, *command], self.folder, env=self.env, cwd=ROOT)

    def manage(self, *arguments: str, stdin: str = "") -> str:
        """Run a command to its end; its standard output."""
        asked = self.folder / "stdin"
        asked.touch(mode=0o600)
        asked.write_text(stdin)
        child = children.start(
            [sys.executable, "manage.py", *arguments], self.folder, env=self.env, cwd=ROOT, stdin=asked
        )
        try:
            return children.measure(child, COMMAND_TIMEOUT).stdout.decode()
        finally:
            asked.unlink()

    def json(self, *arguments: str, stdin: str = "") -> dict[str, Any]:
        """The one JSON object that a command prints."""
        return orjson.loads(self.manage(*arguments, "--json", stdin=stdin))

    def connect(self) -> str:
        """Connect the tenant with every attribute approved; the connection's UUID."""
        facts = self.tenant.facts
        self.connection = self.json(
            *("add_connection", "--organization", "Acme", "--tenant-id", facts["tenant_id"]),
            *("--client-id", facts["client_id"], "--secret-stdin"),
            *("--owner-name", "Ada Admin", "--owner-email", "ada@customer.example"),
            *(word for name in NAMES for word in ("--attribute", name)),
            stdin=facts["secret"] + "\n",
        )["connection"]
        return self.connection

    def query(self, sql: str, *values: Any) -> list[Any]:
        """Rows of a statement with `?` for values, over a connection of the benchmark's own."""
        return self.database.query(sql, *values)

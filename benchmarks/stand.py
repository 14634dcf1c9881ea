"""Where one scenario is measured: a tenant of one size, a database, installations on it."""

import shlex
import time
from contextlib import ExitStack
from typing import Self

from benchmarks.databases import Database, Databases
from benchmarks.installation import Installation
from benchmarks.pace import WINDOW
from benchmarks.syncing import Sync, first_sync
from benchmarks.tenant import Meter, Tenant


class Stand:
    """For one size, database and latency; a context manager. What it starts it also ends."""

    def __init__(self, size: str, database: str, latency: float, quota: int, tenant: Tenant | None = None) -> None:
        self.size, self.database, self.latency, self.quota = size, database, latency, quota
        self._tenant = tenant
        self._databases: Databases | None = None
        self._template: Database | None = None
        self._keys: dict[str, str] = {}
        self._synced: Installation | None = None
        self.first: Sync | None = None
        self.first_meter = Meter()
        self._open = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._open.close()

    @property
    def tenant(self) -> Tenant:
        """The tenant of this stand's size."""
        if self._tenant is None:
            self._tenant = self._open.enter_context(Tenant(self.size, self.latency, self.quota))
        return self._tenant

    def new_installation(self, tenant: Tenant | None = None) -> Installation:
        """Migrated, with keys, a database of its own and nothing connected."""
        if self._databases is None:
            self._databases = Databases(self.database)
            self._open.callback(self._databases.close)
        made = Installation(self._databases.new(self._template), tenant or self.tenant, self._keys)
        self._open.callback(made.close)
        if self._template is None:
            self._prepare(made)
            self._template = made.database
            return self.new_installation(tenant)
        return made

    def _prepare(self, first: Installation) -> None:
        """Keys and tables, as the README has it; all others are copies."""
        lines = first.manage("generate_keys").splitlines()
        self._keys = {name: shlex.split(value)[0] for name, value in (line.split("=", 1) for line in lines)}
        first.env |= self._keys
        first.manage("migrate", "-v0")
        if first.database.is_sqlite:
            first.query("PRAGMA wal_checkpoint(TRUNCATE)")

    def synced(self) -> Installation:
        """An installation whose first sync is over. Made once: scenarios that follow each other share it."""
        if self._synced is None:
            made = self.new_installation()
            made.connect()
            self.rest()
            with self.tenant.meter() as meter:
                sync = first_sync(made)
            self._synced, self.first, self.first_meter = made, sync, meter
        return self._synced

    def database_version(self) -> str:
        """ "" where no database was needed."""
        return self._template.version() if self._template else ""

    def rest(self) -> None:
        """Let the tenant's bucket of resource units fill up, so that nobody pays for whoever came before."""
        time.sleep(WINDOW)

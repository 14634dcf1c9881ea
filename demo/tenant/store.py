"""What every part of a make-believe directory shares: entries, a lock, a clock and the change log."""

import random
import threading
import time
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from demo.tenant.changes import ChangeLog

KINDS = ("user", "group", "orgContact", "device", "servicePrincipal")
COLLECTIONS = {"businessPhones", "otherMails", "proxyAddresses", "groupTypes", "imAddresses"}

OF_THIS_PROCESS = {"lock", "rounds", "recent", "orders", "answers", "_ordered"}


@dataclass(slots=True)
class Entry:
    """One directory object. A property that is present and None was set once and cleared later."""

    id: str
    kind: str
    properties: dict[str, Any]
    deleted_at: float | None = None
    members: dict[str, None] | None = None
    manager: str | None = None

    @property
    def deleted(self) -> bool:
        """In the recycle bin."""
        return self.deleted_at is not None


class Store:
    """The tables of one tenant; thread safe as long as its `lock` is held."""

    def __init__(self, tenant_id: str | None = None, *, seed: int | str = 0, domain: str = "") -> None:
        self.lock = threading.RLock()
        self.random = random.Random(f"directory {seed}")
        self.seed = seed
        self.tenant_id = tenant_id or self.new_id()
        self.domain = domain or f"tenant{self.tenant_id[:8]}.onmicrosoft.com"
        self.tables: dict[str, dict[str, Entry]] = {kind: {} for kind in KINDS}
        self.recycle_bin: set[str] = set()
        self.log = ChangeLog()
        self._ordered: dict[str, list[str]] = {}
        self.clock_offset = 0.0

    def __getstate__(self) -> dict[str, Any]:
        """Everything but what belongs to this process."""
        return {name: value for name, value in self.__dict__.items() if name not in OF_THIS_PROCESS}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.lock = threading.RLock()
        self._ordered = {}

    @property
    def now(self) -> datetime:
        """The tenant's clock (UTC); set it to travel, it keeps ticking from there."""
        return datetime.fromtimestamp(self.timestamp, UTC)

    @now.setter
    def now(self, moment: datetime) -> None:
        self.clock_offset = moment.timestamp() - time.time()

    @property
    def timestamp(self) -> float:
        """The tenant's clock in seconds since 1970."""
        return time.time() + self.clock_offset

    def advance(self, **timedelta_arguments: float) -> None:
        """Move the clock, as in `advance(days=8)`."""
        self.clock_offset += timedelta(**timedelta_arguments).total_seconds()

    def new_id(self) -> str:
        """A GUID (version 4 in form) that depends on the seed alone."""
        digits = f"{self.random.getrandbits(128):032x}"
        variant = "89ab"[int(digits[16], 16) % 4]
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"

    def find(self, entry_id: str) -> Entry | None:
        """The entry of any kind, also one in the recycle bin; None when unknown or purged."""
        for table in self.tables.values():
            if entry := table.get(entry_id):
                return entry
        return None

    def entry(self, entry_id: str, kind: str | None = None) -> Entry:
        """As `find`, for an entry that has to be there and alive; KeyError otherwise."""
        entry = self.find(entry_id) if kind is None else self.tables[kind].get(entry_id)
        if entry is None or entry.deleted:
            raise KeyError(f"no {kind or 'object'} {entry_id}")
        return entry

    def living(self, kind: str) -> Iterator[Entry]:
        """Entries of a kind that are not in the recycle bin."""
        return (entry for entry in self.tables[kind].values() if entry.deleted_at is None)

    def count(self, kind: str) -> int:
        """How many living entries of a kind there are."""
        table = self.tables[kind]
        return len(table) - sum(entry_id in table for entry_id in self.recycle_bin)

    def ordered(self, kind: str) -> list[str]:
        """Ids of the living entries of a kind in order: the list itself, sorted once and kept so."""
        if kind not in self._ordered:
            self._ordered[kind] = sorted(entry.id for entry in self.living(kind))
        return self._ordered[kind]

    def _keep_in_order(self, kind: str, entry_id: str, *, shown: bool) -> None:
        if self.log.muted:  # so many come that sorting them once is quicker
            self._ordered.pop(kind, None)
        if kind not in self._ordered:
            return
        ordered = self._ordered[kind]
        place = bisect_left(ordered, entry_id)
        held = place < len(ordered) and ordered[place] == entry_id
        if shown and not held:
            ordered.insert(place, entry_id)
        elif held and not shown:
            del ordered[place]

    @contextmanager
    def unlogged(self) -> Iterator[None]:
        """Fill a directory without a change log, for large data before the first client comes."""
        self.log.muted = True
        try:
            yield
        finally:
            self.log.muted = False
            self.log.touch()

    def create(self, kind: str, properties: dict[str, Any], entry_id: str | None = None) -> Entry:
        """Store a new entry (properties that are None count as never set) and log it."""
        kept = {name: value for name, value in properties.items() if value is not None}
        entry = Entry(entry_id or self.new_id(), kind, kept, members={} if kind == "group" else None)
        self.tables[kind][entry.id] = entry
        self._keep_in_order(kind, entry.id, shown=True)
        self.log.add(kind, entry.id, "created")
        return entry

    def change(self, entry: Entry, properties: dict[str, Any]) -> None:
        """Set properties, None clears; what does not differ is not a change."""
        changed = set()
        for name, given in properties.items():
            value = [] if given is None and name in COLLECTIONS else given
            if entry.properties.get(name) != value:
                entry.properties[name] = value
                changed.add(name)
        if changed:
            self.log.add(entry.kind, entry.id, "set", frozenset(changed))

    def recycle(self, entry: Entry) -> None:
        """Move an entry to the recycle bin."""
        entry.deleted_at = self.timestamp
        self.recycle_bin.add(entry.id)
        self._keep_in_order(entry.kind, entry.id, shown=False)
        self.log.add(entry.kind, entry.id, "removed", "changed")

    def restore(self, kind: str, entry_id: str) -> None:
        """Take an entry out of the recycle bin; KeyError when it is not there."""
        self.recycle_bin.remove(entry_id)
        self.tables[kind][entry_id].deleted_at = None
        self._keep_in_order(kind, entry_id, shown=True)
        self.log.add(kind, entry_id, "restored")

    def drop(self, entry: Entry) -> None:
        """Remove an entry for good: first itself, then every link and manager reference to it."""
        del self.tables[entry.kind][entry.id]
        self._keep_in_order(entry.kind, entry.id, shown=False)
        self.recycle_bin.discard(entry.id)
        self.log.add(entry.kind, entry.id, "removed", "deleted")
        self.drop_links_to(entry)
        for report in self.tables["user"].values():
            if report.manager == entry.id:
                report.manager = None
                self.log.add("user", report.id, "manager", (entry.id, None))

    def drop_links_to(self, entry: Entry) -> None:
        """Take an entry out of every group that holds it directly."""
        for group in self.tables["group"].values():
            if group.members is not None and entry.id in group.members:
                del group.members[entry.id]
                self.log.add("group", group.id, "link", (entry.id, entry.kind, False))

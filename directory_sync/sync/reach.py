"""To whom a connection's newsletters could go, before and after a run, and who makes the difference."""

from collections.abc import Iterable
from dataclasses import dataclass

from ..models import Connection, Recipient
from . import bulk

People = dict[int, str]  # row id → object id
MOST_IDS = 1_000

KEEP = """
INSERT INTO reached_before SELECT id, entra_id FROM {recipient} WHERE connection_id = %s AND left_out = ''
"""
LOST = """
SELECT before.id, before.entra_id FROM reached_before AS before
LEFT JOIN {recipient} AS recipient ON recipient.id = before.id AND recipient.left_out = ''
WHERE recipient.id IS NULL
"""
GAINED = """
FROM {recipient} AS recipient WHERE recipient.connection_id = %s AND recipient.left_out = ''
AND NOT EXISTS (SELECT 1 FROM reached_before WHERE reached_before.id = recipient.id)
"""


@dataclass(frozen=True)
class Some:
    """People: how many, and the first of their object ids in order."""

    count: int
    ids: list[str]


class Reach:
    """Remembers who is a recipient now: among `touched` in Python, or everybody (None) in a temporary table."""

    def __init__(self, connection: Connection, touched: Iterable[str] | None) -> None:
        self._connection = connection
        self._touched = None if touched is None else sorted(touched)
        self._before: People = {}
        if self._touched is None:
            _keep_everybody(connection)
        else:
            self._before = self._now()

    def lost(self) -> People:
        """Who was one and is none any more."""
        if self._touched is None:
            return dict(bulk.ask(LOST.format(recipient=bulk.table(Recipient))))
        now = self._now()
        return {pk: entra_id for pk, entra_id in self._before.items() if pk not in now}

    def gained(self) -> Some:
        """Who is one and was none."""
        if self._touched is None:
            who, key = GAINED.format(recipient=bulk.table(Recipient)), bulk.key_of(self._connection)
            [(count,)] = bulk.ask(f"SELECT COUNT(*) {who}", [key])
            ids = bulk.ask(f"SELECT recipient.entra_id {who} ORDER BY recipient.entra_id LIMIT {MOST_IDS}", [key])
            return Some(count, [entra_id for (entra_id,) in ids])
        ids = sorted(entra_id for pk, entra_id in self._now().items() if pk not in self._before)
        return Some(len(ids), ids[:MOST_IDS])

    def forget(self) -> None:
        """Give the memory back."""
        if self._touched is None:
            bulk.ask("DROP TABLE reached_before")

    def _now(self) -> People:
        found: People = {}
        # Who is a recipient is sorted out here: asked for it, SQLite goes through all recipients there are.
        for chunk in bulk.chunks(self._touched or ()):
            rows = self._connection.recipients.filter(entra_id__in=chunk)
            found |= {pk: id for pk, id, left_out in rows.values_list("pk", "entra_id", "left_out") if not left_out}
        return found


def _keep_everybody(connection: Connection) -> None:
    bulk.ask("DROP TABLE IF EXISTS reached_before")  # of a run before, in the same session
    bulk.ask("CREATE TEMPORARY TABLE reached_before (id bigint PRIMARY KEY, entra_id varchar(36))")
    bulk.ask(KEEP.format(recipient=bulk.table(Recipient)), [bulk.key_of(connection)])

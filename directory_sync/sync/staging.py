"""What the full rounds of a run have shown, in temporary tables of this database session.

A full round may show a million people and ten times as many links. Python holds a page of them at a time;
everything that needs them all, what is new, what was not shown, is asked of the database. The tables go with
the session: the journal is what survives a crash, and is staged again from there.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from django.db import connection as database

from ..models import Recipient, StagedPerson, SyncRun
from . import bulk, facts
from .ahead import Ahead
from .merge import Seen, changes, merged, objects

KINDS = {"users": Recipient.Kind.USER, "contacts": Recipient.Kind.CONTACT}
PERSON = (*facts.PERSON_FIELDS, "facts_hash", "is_read", "removed_at")
PEOPLE = bulk.table(StagedPerson)
NOTHING = (None,) * len(facts.PERSON_COLUMNS)

# Object ids get short numbers, so that a link costs two integers. `kind` of a link is the member's, NULL when the
# round said that the link is gone. given_link holds a page. reserved_id: rows of members whose links are written ahead.
TABLES = {
    "staged_id": "n {number}, entra_id varchar(36) NOT NULL UNIQUE, recipient_id bigint, group_id bigint",
    "staged_link": "group_n integer, member_n integer, kind varchar(60), PRIMARY KEY (group_n, member_n)",
    "reserved_id": "entra_id varchar(36) PRIMARY KEY, kind varchar(60), recipient_id bigint",
    "given_link": "group_n integer, member_id varchar(36), kind varchar(60)",
}
NUMBER = {"postgresql": "integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "sqlite": "integer PRIMARY KEY"}
EMPTY = {"postgresql": "TRUNCATE given_link", "sqlite": "DELETE FROM given_link"}
FORGET_GROUPS = ("DELETE FROM staged_link", "DELETE FROM staged_id", "DELETE FROM reserved_id")
# PostgreSQL keeps no statistics of temporary tables. While pages come, a few rows at a time are looked up among
# many; once all are there, many are joined with many.
LOOKING_UP = ("SET jit = off", "SET enable_hashjoin = off", "SET enable_mergejoin = off")
JOINING = ("RESET enable_hashjoin", "RESET enable_mergejoin", "SET work_mem = '64MB'")
AS_BEFORE = ("RESET jit", "RESET enable_hashjoin", "RESET enable_mergejoin", "RESET work_mem")
ADD_MEMBERS = """
INSERT INTO staged_id (entra_id) SELECT DISTINCT member_id FROM given_link
WHERE NOT EXISTS (SELECT 1 FROM staged_id AS known WHERE known.entra_id = given_link.member_id)
"""
ADD_GROUP = "INSERT INTO staged_id (entra_id) VALUES (%s) ON CONFLICT DO NOTHING"
NUMBERS = "SELECT entra_id, n FROM staged_id WHERE entra_id IN ({marks})"
# Looked up one by one: a join may be planned as a scan of everybody, for each page.
ADD_LINKS = """
INSERT INTO staged_link (group_n, member_n, kind)
SELECT group_n, (SELECT n FROM staged_id WHERE staged_id.entra_id = given_link.member_id), kind FROM given_link
WHERE true ON CONFLICT (group_n, member_n) DO UPDATE SET kind = excluded.kind
"""
STAGED = "SELECT entra_id FROM {people} WHERE stream = %s AND entra_id IN ({marks})"


class Staging:
    """Takes the pages of full rounds as they come, in their order; `groups` are what was said of groups, without links.

    `streams`: names of the rounds that were staged. `failed`: groups whose members could not be read, with the code.
    """

    def __init__(self, run: SyncRun) -> None:
        self.connection = run.connection
        self.groups: dict[str, Seen] = {}
        self.streams: set[str] = set()
        self.ahead = Ahead(run)
        self.failed: dict[str, str] = {}
        self._numbers: dict[str, int] = {}
        self._again: defaultdict[str, set[str]] = defaultdict(set)
        self._is_open = False

    @cached_property
    def has_rows(self) -> bool:
        """Whether there is anything to hold the rounds against; not in a first sync."""
        return self.connection.recipients.exists() or self.connection.groups.filter(is_read=True).exists()

    @cached_property
    def _approved(self) -> list[str]:
        return self.connection.approved_attributes()

    def add(self, stream: str, items: list[Any]) -> None:
        """A page of a delta round, or of the listing of groups under the name of its stream."""
        self._open()
        self.streams.add(stream)
        if stream == "groups":
            self._add_groups(items)
        else:
            self._add_people(stream, items)

    def add_members(self, walked: list[dict[str, Any]]) -> None:
        """Members of groups as the journal has them: `id`, `members` as ids by kind, `error`."""
        self.failed |= {each["id"]: each["error"] for each in walked if each["error"]}
        self.ahead.write(walked, self.groups)
        self._number(each["id"] for each in walked)
        self._add_links((each["id"], id, "group") for each in walked for id in each["members"].get("group", ()))

    def forget(self, stream: str) -> None:
        """The round starts over."""
        self.streams.discard(stream)
        self._again.pop(stream, None)
        if not self._is_open:
            return
        if stream == "groups":
            self.groups.clear()
            self.failed.clear()
            self._numbers.clear()
            for statement in FORGET_GROUPS:
                bulk.ask(statement)
            if not self.has_rows:
                self.ahead.forget()
        else:
            StagedPerson.objects.filter(stream=stream).delete()

    @property
    def people_again(self) -> set[str]:
        """Streams that have shown somebody on several pages."""
        return set(self._again)

    def settle(self, stream: str, pages: Iterable[list[Any]]) -> None:
        """The round is over. Whoever was on several of its `pages` is judged by all of them together."""
        if again := self._again.pop(stream, None):
            theirs = ([item for item in objects(page) if item["id"] in again] for page in pages)
            entries = merged(theirs, is_full=True)
            for chunk in bulk.chunks(sorted(again), 2_000):
                StagedPerson.objects.filter(stream=stream, entra_id__in=chunk).delete()
            self._put(stream, entries)

    def close(self) -> None:
        """Give the memory back; the session may live on."""
        if self._is_open:
            self._is_open = False
            for name in (*TABLES, PEOPLE):
                bulk.ask(f"DROP TABLE IF EXISTS {name}")
            tune(AS_BEFORE)

    def _open(self) -> None:
        if self._is_open:
            return
        self._is_open = True
        if not self.has_rows:
            self.ahead.forget()
        tune(LOOKING_UP)
        for name, columns in TABLES.items():
            _create(name, columns.format(number=NUMBER[database.vendor]))
        _create(PEOPLE, _person_columns())

    def _add_people(self, stream: str, items: list[Any]) -> None:
        entries = merged([items], is_full=True)
        statement = STAGED.format(people=PEOPLE, marks=bulk.marks(entries))
        for (entra_id,) in bulk.ask(statement, [stream, *entries]) if entries else ():
            self._again[stream].add(entra_id)
            del entries[entra_id]
        self._put(stream, entries)

    def _put(self, stream: str, entries: dict[str, Seen]) -> None:
        columns = ("stream", "entra_id", "state", *facts.PERSON_COLUMNS)
        for ids, rows in self._rows(entries):
            staged = []
            for entra_id in ids:
                state, values = facts.person_state(entries[entra_id], KINDS[stream], rows.get(entra_id), self._approved)
                staged.append((stream, entra_id, state.value, *(facts.person_row(values) if values else NOTHING)))
            bulk.load(PEOPLE, columns, staged)

    def _rows(self, entries: dict[str, Seen]) -> Iterator[tuple[list[str], dict[str, dict[str, Any]]]]:
        if self.has_rows:
            return bulk.rows_by_id(self.connection.recipients.all(), entries, PERSON)
        return ((chunk, {}) for chunk in bulk.chunks(entries))

    def _add_groups(self, items: list[Any]) -> None:
        links: dict[tuple[str, str], str | None] = {}
        shown: set[str] = set()
        for change in changes(objects(items)):
            shown.add(change.id)
            entry = self.groups.setdefault(change.id, Seen(afresh=True))
            entry.add(change)
            links |= {(change.id, member): kind for member, kind in entry.links.items()}
            entry.links = {}
        self._number(shown)
        self._add_links((*pair, kind) for pair, kind in links.items())

    def _number(self, groups: Iterable[str]) -> None:
        new = [id for id in groups if id not in self._numbers]
        if not new:
            return
        with database.cursor() as cursor:
            cursor.executemany(ADD_GROUP, [(id,) for id in new])
        self._numbers |= dict(bulk.ask(NUMBERS.format(marks=bulk.marks(new)), new))

    def _add_links(self, links: Iterable[tuple[str, str, str | None]]) -> None:
        """Links of numbered groups: group, member and kind, no link twice."""
        numbered = [(self._numbers[group], member, kind) for group, member, kind in links]
        if not numbered:
            return
        bulk.load("given_link", ("group_n", "member_id", "kind"), numbered)
        for statement in (ADD_MEMBERS, ADD_LINKS, EMPTY[database.vendor]):
            bulk.ask(statement)


def tune(statements: Iterable[str]) -> None:
    """Settings of PostgreSQL for this session."""
    for statement in statements if database.vendor == "postgresql" else ():
        bulk.ask(statement)


def _create(name: str, columns: str) -> None:
    bulk.ask(f"DROP TABLE IF EXISTS {name}")  # of a run before, in the same session
    bulk.ask(f"CREATE TEMPORARY TABLE {name} ({columns})")


def _person_columns() -> str:
    fields = StagedPerson._meta.concrete_fields  # noqa: SLF001 - Django documents it
    columns = ", ".join(f"{bulk.quote(field.column)} {field.db_type(database)}" for field in fields)
    return f"{columns}, PRIMARY KEY (entra_id, stream)"

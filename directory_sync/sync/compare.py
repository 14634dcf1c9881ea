"""A full round held against the rows by set operations, where Python would have to hold either whole.

It touches the staging alone; the rows are written in `write_staged`.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db import connection as database
from django.db.models import Count, Exists, OuterRef

from ..models import Connection, Group, Membership, Nesting, Recipient, StagedPerson
from . import bulk
from .staging import JOINING, KINDS, PEOPLE, Staging, tune

State = StagedPerson.State
PRESENT = (State.SHOWN, State.CHANGED, State.ARRIVED)
WRITTEN = (State.CHANGED, State.ARRIVED)
# Both kinds of links: their table, the far end's, their columns, and the row id of a member's number.
MEMBERS = {
    "links": bulk.table(Membership),
    "rows": bulk.table(Recipient),
    "groups": bulk.table(Group),
    "parent": "group_id",
    "child": "recipient_id",
    "own": "recipient_id",
    "kinds": "<> 'group'",
}
CHILDREN = {
    "links": bulk.table(Nesting),
    "rows": bulk.table(Group),
    "groups": bulk.table(Group),
    "parent": "parent_id",
    "child": "child_id",
    "own": "group_id",
    "kinds": "= 'group'",
}
ROW_IDS = """
UPDATE staged_id SET {own} = known.id FROM {rows} AS known
WHERE known.connection_id = %s AND known.entra_id = staged_id.entra_id
AND staged_id.recipient_id IS NULL AND staged_id.group_id IS NULL
"""
NOT_SHOWN = """
SELECT parent.entra_id, child.entra_id FROM {links} AS link
JOIN {groups} AS parent ON parent.id = link.{parent}
JOIN {rows} AS child ON child.id = link.{child}
JOIN staged_id AS shown ON shown.group_id = parent.id
LEFT JOIN staged_id AS member ON member.{own} = child.id
LEFT JOIN staged_link
    ON staged_link.group_n = shown.n AND staged_link.member_n = member.n AND staged_link.kind IS NOT NULL
WHERE parent.connection_id = %s AND parent.status <> 'gone' AND staged_link.group_n IS NULL
"""
# Looked up row by row: of what has just been written PostgreSQL knows too little to plan a join of three.
KNOWN = """
DELETE FROM staged_link WHERE kind IS NOT NULL AND EXISTS (
    SELECT 1 FROM {links} AS link
    WHERE link.{parent} = (SELECT group_id FROM staged_id WHERE staged_id.n = staged_link.group_n)
    AND link.{child} = (SELECT {own} FROM staged_id WHERE staged_id.n = staged_link.member_n)
)
"""
UNKNOWN_PARENTS = """
SELECT entra_id FROM staged_id WHERE group_id IS NULL AND recipient_id IS NULL
AND EXISTS (SELECT 1 FROM staged_link WHERE staged_link.group_n = staged_id.n AND kind IS NOT NULL)
"""
WRITTEN_AHEAD = """
SELECT entra_id, kind, recipient_id FROM reserved_id WHERE NOT EXISTS (
    SELECT 1 FROM {people} AS person WHERE person.entra_id = reserved_id.entra_id AND person.state IN ({written})
)
"""
UNKNOWN_CHILDREN = """
SELECT entra_id FROM staged_id WHERE group_id IS NULL AND recipient_id IS NULL
AND n IN (SELECT member_n FROM staged_link WHERE kind = 'group')
"""
UNKNOWN_PEOPLE = """
SELECT n, entra_id FROM staged_id WHERE group_id IS NULL AND recipient_id IS NULL AND NOT EXISTS (
    SELECT 1 FROM {people} AS person WHERE person.entra_id = staged_id.entra_id AND person.state IN ({written})
)
"""
KINDS_OF = (
    "SELECT member_n, MIN(kind) FROM staged_link WHERE kind <> 'group' AND member_n IN ({marks}) GROUP BY member_n"
)
GROUPS_OF_WRITTEN = """
SELECT DISTINCT link.{parent} FROM {people} AS person
JOIN {rows} AS recipient ON recipient.entra_id = person.entra_id AND recipient.connection_id = %s
JOIN {links} AS link ON link.{child} = recipient.id
WHERE person.state IN ({written})
"""
FORGET = "DELETE FROM staged_link WHERE {column} IN (SELECT n FROM staged_id WHERE entra_id IN ({marks}))"
LINKS = """
SELECT parent.entra_id, member.entra_id FROM staged_link
JOIN staged_id AS parent ON parent.n = staged_link.group_n
JOIN staged_id AS member ON member.n = staged_link.member_n
"""


def find_rows(connection: Connection) -> None:
    """Give every number the row that its object has by now, if any."""
    key = bulk.key_of(connection)
    for ends in (CHILDREN, MEMBERS):
        bulk.ask(ROW_IDS.format(**ends), [key])


def prepare(staging: Staging) -> None:
    """Make the tables ready to be asked, once all has been read."""
    tune(JOINING)
    if not staging.has_rows:
        return
    find_rows(staging.connection)
    bulk.ask("CREATE INDEX staged_id_recipient ON staged_id (recipient_id)")
    bulk.ask("CREATE INDEX staged_id_group ON staged_id (group_id)")
    if database.vendor == "postgresql":  # which keeps no statistics of temporary tables by itself
        for name in ("staged_id", "staged_link", PEOPLE):
            bulk.ask(f"ANALYZE {name}")


def people_removed(stream: str) -> Iterator[str]:
    """Object ids of people whom the round said to be gone, and who are not gone with us."""
    return _ids(StagedPerson.objects.filter(stream=stream, state=State.REMOVED))


def people_arrived(connection: Connection, stream: str) -> Iterator[str]:
    """Object ids of people who are new or back again, and of whose links nothing is known yet."""
    arrived = StagedPerson.objects.filter(stream=stream, state=State.ARRIVED)
    known_by_links = connection.recipients.filter(is_read=False, removed_at=None, entra_id=OuterRef("entra_id"))
    return _ids(arrived.filter(~Exists(known_by_links)))


def people_present(ids: Iterable[str]) -> set[str]:
    """Those of the ids whom some full round has shown as living."""
    found: set[str] = set()
    for chunk in bulk.chunks(sorted(ids)):
        found |= set(_ids(StagedPerson.objects.filter(entra_id__in=chunk, state__in=PRESENT)))
    return found


def count_states() -> dict[str, dict[str, int]]:
    """Stream → what its round means for a row → of how many people."""
    found: dict[str, dict[str, int]] = {}
    for stream, state, people in StagedPerson.objects.values_list("stream", "state").annotate(people=Count("entra_id")):
        found.setdefault(stream, {})[state] = people
    return found


def people_not_shown(connection: Connection, stream: str) -> Iterator[str]:
    """Object ids of people who are in our rows and were not shown."""
    present = connection.recipients.filter(kind=KINDS[stream], is_read=True, removed_at=None)
    shown = StagedPerson.objects.filter(stream=stream, entra_id=OuterRef("entra_id"))
    return _ids(present.filter(~Exists(shown)))


def count_links() -> int:
    """How many links the round has named."""
    return bulk.ask("SELECT COUNT(*) FROM staged_link")[0][0]


def links_dropped() -> list[tuple[str, str]]:
    """Links that the round said to be gone, as object ids of group and member."""
    return bulk.ask(f"{LINKS} WHERE staged_link.kind IS NULL")


def is_shown(group: str, member: str) -> bool:
    """Whether the round has shown this link."""
    statement = f"{LINKS} WHERE staged_link.kind IS NOT NULL AND parent.entra_id = %s AND member.entra_id = %s"
    return bool(bulk.ask(statement, [group, member]))


def links_not_shown(staging: Staging, arrivals: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Our links, of living groups that the round has shown, which it did not show.

    Links of removed people are not expected: Entra keeps them and does not show them; those of somebody who is
    back, by `arrivals` or by the round, are.
    """
    if not staging.has_rows:
        return
    connection = staging.connection
    key = bulk.key_of(connection)
    found = bulk.ask(f"{NOT_SHOWN.format(**MEMBERS)} AND child.removed_at IS NULL", [key])
    found += bulk.ask(NOT_SHOWN.format(**CHILDREN), [key])
    removed = connection.recipients.filter(removed_at__isnull=False)
    returned = removed.filter(entra_id__in=StagedPerson.objects.filter(state=State.ARRIVED).values("entra_id"))
    back = {*returned.values_list("entra_id", flat=True), *arrivals}
    for chunk in bulk.chunks(sorted(back)):
        marks = bulk.marks(chunk)
        statement = f"{NOT_SHOWN.format(**MEMBERS)} AND child.removed_at IS NOT NULL AND child.entra_id IN ({marks})"
        found += bulk.ask(statement, [key, *chunk])
    for group, member in found:
        entry = staging.groups.get(group)
        if entry is not None and not entry.removed:
            yield group, member


def groups_of_written(connection: Connection) -> set[int]:
    """Rows of the groups that people who were written are directly in."""
    found = bulk.ask(
        GROUPS_OF_WRITTEN.format(people=PEOPLE, written=_texts(WRITTEN), **MEMBERS), [bulk.key_of(connection)]
    )
    return {row for (row,) in found}


def ids_without_rows(staging: Staging) -> dict[str, str]:
    """Object ids that living links name, with their kind, that have no row and get none from the round."""
    unknown = dict(bulk.ask(UNKNOWN_PEOPLE.format(people=PEOPLE, written=_texts(WRITTEN))))
    found: dict[str, str] = {}
    for chunk in bulk.chunks(n for n, entra_id in unknown.items() if entra_id not in staging.groups):
        kinds = bulk.ask(KINDS_OF.format(marks=bulk.marks(chunk)), chunk)
        found |= {unknown[n]: kind for n, kind in kinds}
    groups = bulk.ask(UNKNOWN_PARENTS) + bulk.ask(UNKNOWN_CHILDREN)
    return found | {entra_id: "group" for (entra_id,) in groups}


def ids_written_ahead() -> list[tuple[str, str, int]]:
    """Object id, kind and reserved row id of members written ahead of whom the round has shown nothing else."""
    return bulk.ask(WRITTEN_AHEAD.format(people=PEOPLE, written=_texts(WRITTEN)))


def forget_known_links(staging: Staging) -> None:
    """Leave only the links that we do not have."""
    if staging.has_rows:
        for ends in (MEMBERS, CHILDREN):
            bulk.ask(KNOWN.format(**ends))


def forget_links(*, groups: Iterable[str] = (), members: Iterable[str] = ()) -> None:
    """Drop the staged links of these groups, and those to these members."""
    for column, ids in (("group_n", groups), ("member_n", members)):
        for chunk in bulk.chunks(sorted(ids)):
            bulk.ask(FORGET.format(column=column, marks=bulk.marks(chunk)), chunk)


def _texts(values: Iterable[str]) -> str:
    """Words of ours as a list in SQL."""
    return ", ".join(f"'{value}'" for value in values)


def _ids(rows: Any) -> Iterator[str]:
    return rows.values_list("entra_id", flat=True).iterator(5_000)

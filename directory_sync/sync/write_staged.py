"""What full rounds have shown, from the staging into the rows. Inside the caller's transaction."""

from django.db import connection as database

from ..models import Connection, Recipient, StagedPerson
from . import bulk, compare, derive
from .facts import PERSON_COLUMNS
from .staging import KINDS

TABLE = Recipient._meta.db_table  # noqa: SLF001 - Django documents it
PERSON_ROWS = """
INSERT INTO {table} ({columns}, links_due, connection_id, id)
SELECT shown.*, false, %s, {row} FROM ({shown}) AS shown
LEFT JOIN reserved_id ON reserved_id.entra_id = shown.entra_id
WHERE true {conflict}
"""
LINK_ROWS = """
INSERT INTO {links} ({parent}, {child})
SELECT parent.group_id, member.{own} FROM staged_link
JOIN staged_id AS parent ON parent.n = staged_link.group_n
JOIN staged_id AS member ON member.n = staged_link.member_n
WHERE staged_link.kind {kinds} AND member.{own} IS NOT NULL AND parent.group_id IN ({living})
ORDER BY parent.group_id, member.{own} ON CONFLICT DO NOTHING
"""
PARENTS = """
SELECT group_id FROM staged_id WHERE group_id IN ({living}) AND EXISTS (
    SELECT 1 FROM staged_link WHERE staged_link.group_n = staged_id.n AND staged_link.kind {kinds}
)
"""
# The row id that links written ahead have already, else the next one.
ROW = {
    "sqlite": "reserved_id.recipient_id",
    "postgresql": f"COALESCE(reserved_id.recipient_id, nextval(pg_get_serial_sequence('{TABLE}', 'id')))",
}
LIVING = "SELECT id FROM {groups} WHERE connection_id = %s AND status <> 'gone'"


def write_people(connection: Connection, *, is_first: bool) -> None:
    """Write who is new, back, or changed, with the address and the reason that the rule gives.

    `is_first`: there is nobody yet, and so nothing to look out for, which is quicker.
    """
    address, left_out = derive.rule(connection)
    columns = (*PERSON_COLUMNS, "email", "left_out")
    for stream in KINDS:
        written = StagedPerson.objects.filter(stream=stream, state__in=compare.WRITTEN)
        derived = written.annotate(its_address=address, its_reason=left_out)
        shown = derived.values_list("entra_id", *PERSON_COLUMNS, "its_address", "its_reason")
        statement, parameters = shown.query.sql_with_params()
        with database.cursor() as cursor:
            cursor.execute(
                PERSON_ROWS.format(
                    table=bulk.table(Recipient),
                    columns=", ".join(bulk.quote(column) for column in ("entra_id", *columns)),
                    row=ROW[database.vendor],
                    shown=statement,
                    conflict="" if is_first else bulk.on_conflict(("connection_id", "entra_id"), columns),
                ),
                [bulk.key_of(connection), *parameters],
            )
            is_first = is_first and not cursor.rowcount


def write_links(connection: Connection) -> tuple[set[int], set[int]]:
    """Add the staged links. Returns the rows of the groups that have new members, and of those with new children."""
    compare.find_rows(connection)
    key = bulk.key_of(connection)
    found: list[set[int]] = []
    for ends in (compare.MEMBERS, compare.CHILDREN):
        living = LIVING.format(**ends)
        found.append({row for (row,) in bulk.ask(PARENTS.format(living=living, **ends), [key])})
        bulk.ask(LINK_ROWS.format(living=living, **ends), [key])
    return found[0], found[1]

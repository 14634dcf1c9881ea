"""Many rows past the ORM: by row or by COPY, the same comes out, whatever is in them."""

import json

import pytest
from django.db import connection as database
from django.utils import timezone

from directory_sync.models import Group, Membership, Recipient
from directory_sync.sync import bulk

NUMBERS = pytest.mark.parametrize("number", [5, 99, 100, 101, 6_000])
# What COPY, SQL and JSON might trip over.
TRAPS = [
    "plain", "", "\\N", "\\.", "\\", "\\\\n", "tab\there", "line\nfeed", "return\r\n", "'quote'", '"double"',
    "per%cent %s", "semi;colon--", "emoji 🙂👩‍👩‍👧", "שרה", "日本語", "\u2028\u00a0", "{}", "NULL", "t", "\x01\x7f",
    " both ends ", "$1 {0}",
]  # fmt: skip
FACTS = ("connection_id", "entra_id", "kind", "name", "mail", "username", "enabled", "user_type", "attributes")
REST = {"manager_entra_id": "", "is_read": True, "facts_hash": "", "mail_is_valid": False, "username_is_valid": True}
LAST = ("email", "left_out", "links_due")
COLUMNS = (*FACTS, *REST, *LAST)


def id_of(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


def people(connection, number: int, *, shift: int = 0) -> list[tuple]:
    """Rows of COLUMNS with another trap in each."""
    key, rows = bulk.key_of(connection), []
    for n in range(number):
        trap = TRAPS[(n + shift) % len(TRAPS)]
        attributes = json.dumps({"jobTitle": trap, trap: None})
        facts = (key, id_of(n), "user", trap, trap, trap, [True, False, None][n % 3], "", attributes)
        rows.append((*facts, *REST.values(), "", trap[:20], n % 2 == 0))
    return rows


def kept(connection) -> list[tuple]:
    rows = connection.recipients.order_by("entra_id")
    return list(
        rows.values_list("entra_id", "name", "mail", "username", "enabled", "attributes", "left_out", "links_due")
    )


def expected(rows: list[tuple]) -> list[tuple]:
    return [(row[1], *row[3:7], json.loads(row[8]), row[-2], row[-1]) for row in rows]


@NUMBERS
def test_insert_writes_every_row_as_it_is(connection, number):
    rows = people(connection, number)

    bulk.insert(Recipient, COLUMNS, iter(rows))

    assert kept(connection) == expected(rows)


@NUMBERS
def test_insert_leaves_what_is_there(connection, number):
    before = people(connection, number)[::2]
    bulk.insert(Recipient, COLUMNS, before)
    rows = people(connection, number, shift=1)

    bulk.insert(Recipient, COLUMNS, rows)

    assert kept(connection)[::2] == expected(before)
    assert kept(connection)[1::2] == expected(rows)[1::2]


@NUMBERS
def test_upsert_sets_its_columns_alone_where_the_key_is_there(connection, number):
    before = people(connection, number)[::2]
    bulk.insert(Recipient, COLUMNS, before)
    rows = people(connection, number, shift=1)

    bulk.upsert(Recipient, COLUMNS[:2], COLUMNS[2:-2], rows, starting=COLUMNS[-2:])

    now = kept(connection)
    assert [row[:-2] for row in now] == [row[:-2] for row in expected(rows)]
    assert [row[-2:] for row in now[::2]] == [row[-2:] for row in expected(before)]
    assert [row[-2:] for row in now[1::2]] == [row[-2:] for row in expected(rows)[1::2]]


@NUMBERS
def test_update_sets_its_columns_by_id_and_nothing_else(connection, number):
    bulk.insert(Recipient, COLUMNS, people(connection, number + 3))
    ids = list(connection.recipients.order_by("entra_id").values_list("pk", flat=True))
    rows = people(connection, number + 3, shift=1)
    now = timezone.now()

    new = ((row[3], row[6], row[8], now, pk) for row, pk in list(zip(rows, ids, strict=True))[:number])
    bulk.update(Recipient, ("name", "enabled", "attributes", "removed_at"), new)

    after = connection.recipients.order_by("entra_id")
    told = list(after.values_list("name", "enabled", "attributes", "removed_at"))
    assert told[:number] == [(row[3], row[6], json.loads(row[8]), now) for row in rows[:number]]
    assert {removed for *_, removed in told[number:]} == {None}
    assert [row[2] for row in kept(connection)] == [row[4] for row in people(connection, number + 3)]


@NUMBERS
def test_delete_takes_exactly_these_rows(connection, number):
    group = Group.objects.create(connection=connection, entra_id=id_of(0))
    other = Group.objects.create(connection=connection, entra_id=id_of(1))
    bulk.insert(Recipient, COLUMNS, people(connection, number + 3))
    ids = list(connection.recipients.order_by("pk").values_list("pk", flat=True))
    links = [(each.pk, pk) for each in (group, other) for pk in ids]
    bulk.insert(Membership, ("group_id", "recipient_id"), links)

    bulk.delete(Membership, ("group_id", "recipient_id"), ((group.pk, pk) for pk in [*ids[:number], 0]))

    left = Membership.objects.order_by("group_id", "recipient_id").values_list("group_id", "recipient_id")
    assert list(left) == links[number:]


@NUMBERS
def test_load_fills_a_temporary_table(connection, number):
    traps = [(n, TRAPS[n % len(TRAPS)] if n % 4 else None, n % 2 == 0) for n in range(number)]
    with database.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE loaded (n integer, text varchar(400), truth boolean)")

        bulk.load("loaded", ("n", "text", "truth"), iter(traps))

        cursor.execute("SELECT n, text, truth FROM loaded ORDER BY n")
        assert [(n, text, bool(truth)) for n, text, truth in cursor.fetchall()] == traps
        cursor.execute("DROP TABLE loaded")


@pytest.mark.parametrize("act", ["insert", "delete", "load"])
def test_no_rows_are_no_error(connection, act):
    with database.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE loaded (group_id integer, recipient_id integer)")
        target = "loaded" if act == "load" else Membership

        getattr(bulk, act)(target, ("group_id", "recipient_id"), [])

        cursor.execute("DROP TABLE loaded")
    assert not Membership.objects.exists()


@pytest.mark.parametrize("number", [0, 1, 100])
def test_reserved_row_ids_go_to_nobody_else(connection, number):
    first = bulk.reserve(Recipient, number)
    bulk.insert(Recipient, COLUMNS, people(connection, 3))
    second = bulk.reserve(Recipient, number)

    taken = list(connection.recipients.values_list("pk", flat=True))
    assert len({*first, *second, *taken}) == 2 * number + 3

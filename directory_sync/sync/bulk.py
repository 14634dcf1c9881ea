"""Many rows at once, past the ORM: COPY on PostgreSQL, executemany on SQLite, inside the caller's transaction."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

import orjson
from django.db import connection as database
from django.db import models

CHUNK = 5_000
FEW = 100  # rows for which PostgreSQL's COPY is not worth a temporary table
GIVEN = '"given_rows"'
PAIRS = {
    "postgresql": """
        INSERT INTO {table} ({columns}) SELECT * FROM unnest(%s::bigint[], %s::bigint[]) ON CONFLICT DO NOTHING
    """,
    "sqlite": """
        INSERT INTO {table} ({columns}) SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]')
        FROM json_each(%s) WHERE true ON CONFLICT DO NOTHING
    """,
}


def chunks(values: Iterable[Any], size: int = CHUNK) -> Iterator[list[Any]]:
    """The values in lists of at most `size`, small enough for a query's parameters."""
    iterator = iter(values)
    while chunk := list(islice(iterator, size)):
        yield chunk


def insert(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows; one that is there already is left as it is."""
    into = f"INSERT INTO {table(model)} ({_list(columns)})"
    _run(
        model,
        columns,
        rows,
        one=f"{into} VALUES ({marks(columns)}) ON CONFLICT DO NOTHING",
        many=f"{into} SELECT {_list(columns)} FROM {GIVEN} ON CONFLICT DO NOTHING",
    )


def insert_pairs(model: type[models.Model], columns: tuple[str, str], pairs: Sequence[tuple[int, int]]) -> None:
    """Insert rows of two numbers in one statement; one that is there already is left as it is."""
    with database.cursor() as cursor:
        statement = PAIRS[database.vendor].format(table=table(model), columns=_list(columns))
        if database.vendor == "postgresql":
            cursor.execute(statement, [[first for first, _ in pairs], [second for _, second in pairs]])
        else:
            cursor.execute(statement, [orjson.dumps(pairs).decode()])


def upsert(
    model: type[models.Model],
    key: Sequence[str],
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    starting: Sequence[str] = (),
) -> None:
    """Insert rows of `key` + `columns` + `starting`, or set `columns` alone where the key exists."""
    every = (*key, *columns, *starting)
    into = f"INSERT INTO {table(model)} ({_list(every)})"
    conflict = on_conflict(key, columns)
    _run(
        model,
        every,
        rows,
        one=f"{into} VALUES ({marks(every)}) {conflict}",
        many=f"{into} SELECT {_list(every)} FROM {GIVEN} {conflict}",
    )


def update(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Set `columns` where the id is the last value of the row."""
    settings = ", ".join(f"{quote(column)} = %s" for column in columns)
    copied = ", ".join(f"{quote(column)} = given.{quote(column)}" for column in columns)
    _run(
        model,
        (*columns, "id"),
        rows,
        one=f"UPDATE {table(model)} SET {settings} WHERE id = %s",
        many=f"UPDATE {table(model)} SET {copied} FROM {GIVEN} AS given WHERE {table(model)}.id = given.id",
    )


def delete(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Delete the rows with exactly these values."""
    name = table(model)
    condition = " AND ".join(f"{quote(column)} = %s" for column in columns)
    same = " AND ".join(f"{name}.{quote(column)} = given.{quote(column)}" for column in columns)
    _run(
        model,
        columns,
        rows,
        one=f"DELETE FROM {name} WHERE {condition}",
        many=f"DELETE FROM {name} USING {GIVEN} AS given WHERE {same}",
    )


def ask(statement: str, parameters: Iterable[Any] = ()) -> list[Any]:
    """Run one statement; its rows, if it has any."""
    with database.cursor() as cursor:
        cursor.execute(statement, list(parameters))
        return cursor.fetchall() if cursor.description else []


def load(name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Put rows into a temporary table, which must not have them yet."""
    with database.cursor() as cursor:
        if database.vendor == "postgresql":
            with cursor.copy(f"COPY {name} ({_list(columns)}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            cursor.executemany(f"INSERT INTO {name} ({_list(columns)}) VALUES ({marks(columns)})", list(rows))


def rows_by_id(
    rows: models.QuerySet, ids: Iterable[str], columns: tuple[str, ...]
) -> Iterator[tuple[list[str], dict[str, dict[str, Any]]]]:
    """The object ids in chunks, each with the rows that exist, by object id."""
    for chunk in chunks(ids, 2_000):
        found = rows.filter(entra_id__in=chunk).values("entra_id", *columns)
        yield chunk, {row["entra_id"]: row for row in found}


def reserve(model: type[models.Model], number: int) -> list[int]:
    """Row ids that nobody else gets, for rows to be written later."""
    name = model._meta.db_table
    with database.cursor() as cursor:
        if database.vendor == "postgresql":
            statement = "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)"
            cursor.execute(statement, [name, number])
            return [row for (row,) in cursor.fetchall()]
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [name])
        last = cursor.fetchone()
        if last is None:
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [name, number])
        else:
            cursor.execute("UPDATE sqlite_sequence SET seq = seq + %s WHERE name = %s", [number, name])
    first = (last[0] if last else 0) + 1
    return list(range(first, first + number))


def learn(*models: type[models.Model]) -> None:
    """Have PostgreSQL look at tables into which much was written: it would in a while, and plan badly until then."""
    for model in models if database.vendor == "postgresql" else ():
        ask(f"ANALYZE {table(model)}")


def check_references() -> None:
    """Have PostgreSQL check foreign keys now rather than at the commit, when every lock is held; SQLite did already."""
    if database.vendor == "postgresql":
        database.check_constraints()


def key_of(row: models.Model) -> Any:
    """The row's primary key as this database wants it in a raw statement."""
    return row._meta.pk.get_db_prep_value(row.pk, database)


def on_conflict(key: Sequence[str], columns: Sequence[str]) -> str:
    """The end of an INSERT that sets `columns` where the key exists."""
    settings = ", ".join(f"{quote(column)} = excluded.{quote(column)}" for column in columns)
    return f"ON CONFLICT ({_list(key)}) DO UPDATE SET {settings}"


def table(model: type[models.Model]) -> str:
    """The model's table, quoted."""
    return quote(model._meta.db_table)


def quote(name: str) -> str:
    """A name of a column or table as SQL has it."""
    return database.ops.quote_name(name)


def _run(
    model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]], *, one: str, many: str
) -> None:
    """Run `one` for each row, or `many` for all of them together where they stand in a temporary table."""
    rows = iter(rows)
    few = list(islice(rows, FEW))
    with database.cursor() as cursor:
        if database.vendor != "postgresql" or len(few) < FEW:
            for chunk in chunks(chain(few, rows)):
                cursor.executemany(one, chunk)
            return
        cursor.execute(f"CREATE TEMPORARY TABLE {GIVEN} AS SELECT {_list(columns)} FROM {table(model)} WITH NO DATA")
        load(GIVEN, columns, chain(few, rows))
        cursor.execute(many)
        cursor.execute(f"DROP TABLE {GIVEN}")


def _list(columns: Sequence[str]) -> str:
    return ", ".join(quote(column) for column in columns)


def marks(values: Collection[Any]) -> str:
    """A placeholder for each value."""
    return ", ".join(["%s"] * len(values))

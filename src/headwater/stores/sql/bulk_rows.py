"""How do many rows go into a table at once? As each driver takes them quickest; it commits nothing.

Rows are tuples, documents in them JSON text already: it spares what a Core statement does for
each row, most of the cost of a load.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import JSON, Column, Connection, Table, func, select
from sqlalchemy import text as sql

Rows = Sequence[tuple[Any, ...]]
MARIADB_ROWS = 5_000
"""Rows of one statement; its text stays within a server's usual limit of 16 MB."""


def new_ids(connection: Connection, table: Table, count: int) -> list[int]:
    """Return ids for new rows of a table, in order, for the one who writes.

    On the servers they are nobody else's, whoever writes beside; SQLite has one writer at a time.
    """
    if count <= 0:
        return []
    if connection.dialect.name == "sqlite":
        last = select(func.coalesce(func.max(table.c.id), 0))
        first = int(connection.execute(last).scalar_one()) + 1
        return list(range(first, first + count))
    if connection.dialect.name == "postgresql":
        series = "SELECT nextval(:sequence) FROM generate_series(1, :count)"
        given = {"sequence": f"{table.name}_id_seq", "count": count}
        return list(connection.execute(sql(series), given).scalars())
    numbers = f"SELECT NEXT VALUE FOR {id_sequence(table)} FROM seq_1_to_{int(count)}"  # noqa: S608
    return list(connection.exec_driver_sql(numbers).scalars())


def id_sequence(table: Table) -> str:
    """Return the name of the sequence that a table's ids come from on MariaDB."""
    return f"{table.name}_ids"


def insert_rows(connection: Connection, table: Table, names: Sequence[str], *, rows: Rows) -> None:
    """Insert many rows, values in order of `names`."""
    write_rows(connection, table, names, rows=rows)


def write_rows(
    connection: Connection, table: Table, names: Sequence[str], *, rows: Rows, end: str = ""
) -> int:
    """Insert many rows with what is to follow the values, and return the driver's count."""
    if not rows:
        return 0
    text = insert_text(connection, table, names, end=end)
    if connection.dialect.name == "postgresql":
        columns = tuple(list(column) for column in zip(*rows, strict=True))
        return connection.exec_driver_sql(text, columns).rowcount
    if connection.dialect.name == "sqlite":
        return connection.exec_driver_sql(text, list(rows)).rowcount
    parts = (list(rows[at : at + MARIADB_ROWS]) for at in range(0, len(rows), MARIADB_ROWS))
    return sum(connection.exec_driver_sql(text, part).rowcount for part in parts)


def insert_text(connection: Connection, table: Table, names: Sequence[str], *, end: str) -> str:
    """Write the statement that `write_rows` carries out."""
    quote = connection.dialect.identifier_preparer.quote
    into = f"INSERT INTO {quote(table.name)} ({', '.join(map(quote, names))})"
    if connection.dialect.name != "postgresql":
        place = "?" if connection.dialect.name == "sqlite" else "%s"
        return f"{into} VALUES ({', '.join([place] * len(names))}) {end}"
    arrays = (
        f"${number}::{_array_of(connection, table.c[name])}[]"
        for number, name in enumerate(names, 1)
    )
    places = [f"c{number}" for number in range(len(names))]
    shown = (
        f"{place}::json" if _is_document(table.c[name]) else place
        for place, name in zip(places, names, strict=True)
    )
    source = f"unnest({', '.join(arrays)}) AS new ({', '.join(places)})"
    return f"{into} SELECT {', '.join(shown)} FROM {source} {end}"  # noqa: S608  names of ours


def _is_document(column: Column[Any]) -> bool:
    return isinstance(column.type, JSON)


def _array_of(connection: Connection, column: Column[Any]) -> str:
    if _is_document(column):
        return "text"
    kind = column.type.dialect_impl(connection.dialect)
    return str(kind.compile(dialect=connection.dialect)).partition(" COLLATE")[0]

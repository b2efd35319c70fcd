"""How are rows added, and those already there changed, many at a time? It commits nothing.

`changed` counts rows that really differ: a row equal to the one held is not written again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import Any, TypeVar

from sqlalchemy import JSON, Column, Connection, Table, func, select

from headwater.model.load import Rows
from headwater.stores.sql.bulk_rows import write_rows
from headwater.stores.sql.database import check_wanted

BATCH_ROWS = 10_000
ROWS_BETWEEN_CHECKS = 1_000
RecordT = TypeVar("RecordT")


class Upsert:
    """Add or change rows of one table, known by their key columns, within one transaction.

    Rows are tuples in the order of `columns`, documents in them are JSON text: the driver takes
    them as they are, in half the time of rows by name.

    Args:
        columns: What a row holds.
        keys: The columns of a unique key, the tenant's among them.
        values: The columns that a row already there takes from a new one.
    """

    def __init__(
        self,
        connection: Connection,
        table: Table,
        *,
        columns: Sequence[str],
        keys: Sequence[str],
        values: Sequence[str],
    ) -> None:
        self._connection = connection
        self._table = table
        self._columns = columns
        self._key_of = itemgetter(*(columns.index(name) for name in keys))
        self._end = upsert_end(connection, table, keys=keys, values=values)
        self._written = 0

    def write(self, rows: list[tuple[Any, ...]]) -> None:
        """Write rows; of several with the same key each replaces the one before."""
        for some in self._rounds(rows):
            self._written += write_rows(
                self._connection, self._table, self._columns, rows=some, end=self._end
            )

    def changed(self, added: int) -> int:
        """Return how many rows already there were different, where so many were new."""
        left = self._written - added
        # MariaDB counts a row that it changed twice.
        return left if self._connection.dialect.name != "mysql" else left // 2

    def _rounds(self, rows: list[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
        """Part rows where a key comes again: PostgreSQL changes a row once a statement."""
        if self._connection.dialect.name != "postgresql":
            yield rows
            return
        some: dict[Any, tuple[Any, ...]] = {}
        for row in rows:
            key = self._key_of(row)
            if key in some:
                yield list(some.values())
                some = {}
            some[key] = row
        yield list(some.values())


def upsert_end(
    connection: Connection, table: Table, *, keys: Sequence[str], values: Sequence[str]
) -> str:
    """Write what makes of an INSERT that it changes rows already there, if they differ."""
    quote = connection.dialect.identifier_preparer.quote
    if connection.dialect.name == "mysql":
        news = ", ".join(f"{quote(name)} = VALUES({quote(name)})" for name in values)
        return f"ON DUPLICATE KEY UPDATE {news}"
    news = ", ".join(f"{quote(name)} = excluded.{quote(name)}" for name in values)
    differs = " OR ".join(_differs(connection, table.c[name]) for name in values)
    conflict = ", ".join(map(quote, keys))
    return f"ON CONFLICT ({conflict}) DO UPDATE SET {news} WHERE {differs}"


def _differs(connection: Connection, column: Column[Any]) -> str:
    quote = connection.dialect.identifier_preparer.quote
    own, new = f"{quote(column.table.name)}.{quote(column.name)}", f"excluded.{quote(column.name)}"
    if connection.dialect.name == "sqlite":
        return f"{own} IS NOT {new}"
    if isinstance(column.type, JSON):  # it has no equality of its own
        own, new = f"{own}::text", f"{new}::text"
    return f"{own} IS DISTINCT FROM {new}"


def watched(connection: Connection, rows: Rows[RecordT]) -> Iterator[tuple[int, RecordT]]:
    """Give the rows of a load, and stop between two of them when nobody waits for it any more."""
    for number, row in enumerate(rows):
        if number % ROWS_BETWEEN_CHECKS == 0:
            check_wanted(connection)
        yield row


def batches(
    connection: Connection,
    rows: Rows[RecordT],
    row_of: Callable[[RecordT], tuple[Any, ...] | str],
    *,
    tenant: str,
) -> Iterator[list[tuple[Any, ...]]]:
    """Give a load's rows as a table takes them, the tenant first, many at a time.

    `row_of` makes a record's row, or says what is wrong with it: then it is a bad line.
    """
    batch: list[tuple[Any, ...]] = []
    for line, record in watched(connection, rows):
        row = row_of(record)
        if isinstance(row, str):
            rows.bad(line, row)
            continue
        batch.append((tenant, *row))
        if len(batch) >= BATCH_ROWS:
            yield batch
            batch = []
    yield batch


def count_rows(connection: Connection, table: Table, tenant: str) -> int:
    """Count a tenant's rows of a table."""
    statement = select(func.count()).select_from(table).where(table.c.tenant_id == tenant)
    return connection.execute(statement).scalar_one()

"""How are rows added, and those already there changed, many at a time? It commits nothing.

`changed` counts rows that really differ: a row equal to the one held is not written again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Insert, Table, bindparam, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from headwater.model.load import Rows
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
        statement = _statement(connection, table, keys=keys, values=values)
        named = statement.values({name: bindparam(name) for name in columns})
        compiled = named.compile(dialect=connection.dialect)
        self._places = [columns.index(name) for name in compiled.positiontup or ()]
        assert self._places == list(range(len(columns)))  # noqa: S101  as the table has them
        self._text = str(compiled)
        self.written = 0

    def write(self, rows: list[tuple[Any, ...]]) -> None:
        """Write rows, counting in `written` those that were new or different."""
        if rows:
            self.written += self._connection.exec_driver_sql(self._text, rows).rowcount


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


def _statement(
    connection: Connection, table: Table, *, keys: Sequence[str], values: Sequence[str]
) -> Insert:
    # The two spell it alike; MariaDB's ON DUPLICATE KEY joins them with that store.
    insert: Any = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[
        connection.dialect.name
    ]
    statement = insert(table)
    new = statement.excluded
    differs = or_(*(table.c[name].is_distinct_from(new[name]) for name in values))
    changed: Insert = statement.on_conflict_do_update(
        index_elements=list(keys), set_={name: new[name] for name in values}, where=differs
    )
    return changed

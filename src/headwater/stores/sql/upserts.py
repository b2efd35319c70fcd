"""How are rows added, and those already there changed, many at a time? It commits nothing.

`changed` counts rows that really differ: a row equal to the one held is not written again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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

    Args:
        keys: The columns of a unique key, the tenant's among them.
        values: The columns that a row already there takes from a new one.
    """

    def __init__(
        self, connection: Connection, table: Table, *, keys: Sequence[str], values: Sequence[str]
    ) -> None:
        self._connection = connection
        self._statement = _statement(connection, table, keys=keys, values=values)
        self._table = table
        self.written = 0

    def rows(self, rows: Sequence[dict[str, Any]]) -> None:
        """Write rows given by column name."""
        if rows:
            self.written += self._connection.execute(self._statement, rows).rowcount

    def tuples(self, rows: Sequence[tuple[Any, ...]], *, columns: Sequence[str]) -> None:
        """Write rows given as tuples in the order of `columns`, as fast as the driver can."""
        if not rows:
            return
        statement = self._statement.values({name: bindparam(name) for name in columns})
        compiled = statement.compile(dialect=self._connection.dialect)
        assert list(compiled.positiontup or ()) == list(columns)  # noqa: S101
        given = rows if isinstance(rows, list) else list(rows)
        self.written += self._connection.exec_driver_sql(str(compiled), given).rowcount


def watched(connection: Connection, rows: Rows[RecordT]) -> Iterator[tuple[int, RecordT]]:
    """Give the rows of a load, and stop between two of them when nobody waits for it any more."""
    for number, row in enumerate(rows):
        if number % ROWS_BETWEEN_CHECKS == 0:
            check_wanted(connection)
        yield row


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

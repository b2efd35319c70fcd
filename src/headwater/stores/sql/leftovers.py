"""Which rows did a replacing load not bring again? They are removed here; it adds none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    MetaData,
    Table,
    and_,
    delete,
    select,
)
from sqlalchemy.schema import CreateTable

from headwater.stores.sql.bulk_rows import write_rows
from headwater.stores.sql.tables import item


class Leftovers:
    """Remember the keys of the rows that a load brought, in a temporary table of the transaction.

    Args:
        table: Where rows are loaded to.
        keys: The columns besides the tenant's by which a row is known.
    """

    def __init__(self, connection: Connection, table: Table, *, keys: Sequence[str]) -> None:
        self._connection = connection
        self._table = table
        self._keys = keys
        on_sqlite = connection.dialect.name == "sqlite"
        columns = [Column(key, table.c[key].type, primary_key=on_sqlite) for key in keys]
        self._brought = Table(
            f"brought_{table.name}",
            MetaData(),
            *columns,
            prefixes=["TEMPORARY"],
            sqlite_with_rowid=False,
        )

    def __enter__(self) -> Self:
        """Make the temporary table."""
        text = str(CreateTable(self._brought).compile(dialect=self._connection.dialect))
        name, key = self._brought.name, self._keys[0]
        if self._connection.dialect.name == "mysql":
            # There it outlives a rollback, and an index made later would commit.
            self._connection.exec_driver_sql(f"DROP TEMPORARY TABLE IF EXISTS {name}")
            text = f"{text.rstrip().removesuffix(')')}, INDEX ({key}))"
        self._connection.exec_driver_sql(text)
        if self._connection.dialect.name == "postgresql":  # a key of all would be too long
            self._connection.exec_driver_sql(f"CREATE INDEX ON {name} ({key})")
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Drop it; after an error the rollback does."""
        if kind is None:
            temporary = "TEMPORARY " if self._connection.dialect.name == "mysql" else ""
            self._connection.exec_driver_sql(f"DROP {temporary}TABLE {self._brought.name}")

    def keep(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Take note of rows by their keys, in the order of `keys`."""
        end = "ON CONFLICT DO NOTHING" if self._connection.dialect.name == "sqlite" else ""
        write_rows(self._connection, self._brought, self._keys, rows=rows, end=end)

    def remove(self, tenant: str, *within: ColumnElement[bool]) -> int:
        """Remove the tenant's rows that were not brought, as far as they are within; count them."""
        same = and_(*(self._brought.c[key] == self._table.c[key] for key in self._keys))
        there = select(self._brought.c[self._keys[0]]).where(same).exists()
        statement = delete(self._table).where(self._table.c.tenant_id == tenant, ~there, *within)
        return self._connection.execute(statement).rowcount


def of_sources(
    column: ColumnElement[int], tenant: str, scope: set[str] | None
) -> list[ColumnElement[bool]]:
    """Make the conditions that a column names an item with one of the sources; none for None."""
    if scope is None:
        return []
    owned = select(item.c.id).where(item.c.tenant_id == tenant, item.c.source.in_(sorted(scope)))
    return [column.in_(owned)]

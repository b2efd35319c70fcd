"""How are rows of numbers and texts fetched? As the driver's tuples, past what Core adds.

Only for columns that every driver gives as they are: numbers and texts, no documents. A constant
statement is compiled once; what Core does at each execution would cost another 60 us.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, CursorResult, Dialect, Select

ROWS_AT_ONCE = 10_000


def plain_rows(
    connection: Connection, statement: Select[*tuple[Any, ...]], given: Mapping[str, Any]
) -> Iterator[tuple[Any, ...]]:
    """Give the rows of a statement, fetched in portions."""
    result = _execute(connection, statement, given)
    cursor = result.cursor
    assert cursor is not None  # noqa: S101  a SELECT has one
    while portion := cursor.fetchmany(ROWS_AT_ONCE):
        yield from portion
    result.close()


def all_rows(
    connection: Connection, statement: Select[*tuple[Any, ...]], given: Mapping[str, Any]
) -> list[tuple[Any, ...]]:
    """Return the rows of a statement, of which there are few enough to hold."""
    return list(plain_rows(connection, statement, given))


def _execute(
    connection: Connection, statement: Select[*tuple[Any, ...]], given: Mapping[str, Any]
) -> CursorResult[Any]:
    text, names, own = _compiled(statement, connection.dialect)
    values = {**own, **given}
    if names is None:
        return connection.exec_driver_sql(text, {name: values[name] for name in own})
    return connection.exec_driver_sql(text, tuple(values[name] for name in names))


@lru_cache(maxsize=256)
def _compiled(
    statement: Select[*tuple[Any, ...]], dialect: Dialect
) -> tuple[str, tuple[str, ...] | None, dict[str, Any]]:
    """Return a statement's text, its parameters in order (None: by name), and their own values."""
    compiled = statement.compile(dialect=dialect)
    names = getattr(compiled, "positiontup", None)
    return str(compiled), None if names is None else tuple(names), dict(compiled.params)

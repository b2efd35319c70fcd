"""How are rows of numbers and texts fetched? As the driver's tuples, past what Core adds.

Only for columns that every driver gives as they are: numbers and texts, no documents. A constant
statement is compiled once; what Core does at each execution would cost another 60 us, and with
PostgreSQL's driver as much again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from pydantic_core import from_json
from sqlalchemy import JSON, Connection, Dialect, Select, Text, func, select, type_coerce
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import DBAPIError

ROWS_AT_ONCE = 10_000


class _Compiled(NamedTuple):
    """A statement's text, its parameters in order (None: by name), and their own values.

    `written` are the parameters that their type writes for the driver, and how.
    """

    text: str
    names: tuple[str, ...] | None
    own: dict[str, Any]
    written: tuple[tuple[str, Callable[[Any], Any]], ...]


_Ready = tuple[str, Any]
"""A statement's text, and its parameters: in order, or by name."""


def plain_rows(
    connection: Connection, statement: Select[*tuple[Any, ...]], given: Mapping[str, Any]
) -> Iterator[tuple[Any, ...]]:
    """Give the rows of a statement, fetched in portions."""
    ready = _ready(connection, statement, given)
    if connection.dialect.driver == "asyncpg":
        yield from _fetched(connection, ready)
        return
    cursor = _execute(connection, ready)
    while portion := cursor.fetchmany(ROWS_AT_ONCE):
        yield from portion
    cursor.close()


def all_rows(
    connection: Connection, statement: Select[*tuple[Any, ...]], given: Mapping[str, Any]
) -> list[tuple[Any, ...]]:
    """Return the rows of a statement, of which there are few enough to hold."""
    ready = _ready(connection, statement, given)
    if connection.dialect.driver == "asyncpg":
        return _fetched(connection, ready)
    cursor = _execute(connection, ready)
    rows = list(cursor.fetchall())
    cursor.close()
    return rows


def packed_rows(
    connection: Connection, statement: Select[*tuple[Any, ...]], given: Mapping[str, Any]
) -> list[Sequence[Any]]:
    """Return the rows of a statement whose columns are whole numbers, texts and documents.

    SQLite gives them as one document. Its thread gives the interpreter's lock up at each row, and
    then waits until the loop lets it have it back: for thirty rows twice as long as reading them.
    """
    if connection.dialect.driver != "pysqlite":
        return list(all_rows(connection, statement, given))
    ((document,),) = all_rows(connection, _packed(statement), given)
    rows: list[Sequence[Any]] = from_json(document)
    return rows


@lru_cache(maxsize=256)
def _packed(statement: Select[*tuple[Any, ...]]) -> Select[Any]:
    # SQLite keeps the order of rows within, as what puts them together is no `count` or the like.
    rows = statement.subquery()
    values = (
        func.json(type_coerce(one, Text)) if isinstance(one.type, JSON) else one for one in rows.c
    )
    return select(type_coerce(func.json_group_array(func.json_array(*values)), Text))


def _ready(
    connection: Connection, statement: Select[*tuple[Any, ...]], given: Mapping[str, Any]
) -> _Ready:
    """Return a statement's text and parameters as the driver takes them."""
    text, names, own, written = _compiled(statement, connection.dialect)
    values = {**own, **given}
    for name, write in written:
        values[name] = write(values[name])
    if names is None:
        return text, {name: values[name] for name in own}
    return text, tuple(values[name] for name in names)


def _execute(connection: Connection, ready: _Ready) -> DBAPICursor:
    text, values = ready
    cursor: DBAPICursor | None
    if connection.dialect.driver == "pysqlite":
        # Transactions are its thread's, so nothing is left that Core would have to do.
        driver: Any = connection.connection.driver_connection
        cursor = driver.execute(text, values)
    else:
        cursor = connection.exec_driver_sql(text, values).cursor
    assert cursor is not None  # noqa: S101  a SELECT has one
    return cursor


def _fetched(connection: Connection, ready: _Ready) -> list[tuple[Any, ...]]:
    """Return all rows by PostgreSQL's driver itself, which keeps statements prepared.

    Raises:
        DBAPIError: what the driver raised, as Core would tell it.
    """
    text, values = ready
    line: Any = connection.connection.dbapi_connection
    try:
        rows: list[tuple[Any, ...]] = line.run_async(lambda driver: driver.fetch(text, *values))
    except Exception as error:
        raise DBAPIError(text, None, error, hide_parameters=True) from error
    return rows


@lru_cache(maxsize=256)
def _compiled(statement: Select[*tuple[Any, ...]], dialect: Dialect) -> _Compiled:
    compiled: Any = statement.compile(dialect=dialect)
    names = getattr(compiled, "positiontup", None)
    return _Compiled(
        text=str(compiled),
        names=None if names is None else tuple(names),
        own=dict(compiled.params),
        written=tuple(compiled._bind_processors.items()),  # noqa: SLF001  Core tells nobody else
    )

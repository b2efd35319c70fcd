"""Which expressions are written differently on each database? Each has one name here.

They are compiled per dialect, so that statements made of them are built once for all. A
dialect without its own form is refused when a statement is compiled.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Boolean, Connection, Table, Text, bindparam, func, insert, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType


class Like(FunctionElement[bool]):
    """Text like a pattern, case-sensitive, without an escape character."""

    type = Boolean()
    inherit_cache = True
    name = "headwater_like"


class ILike(FunctionElement[bool]):
    """Text like a pattern, without regard to case in any alphabet."""

    type = Boolean()
    inherit_cache = True
    name = "headwater_ilike"


class Contains(FunctionElement[bool]):
    """Text that contains a lower-case word, without regard to case in any alphabet."""

    type = Boolean()
    inherit_cache = True
    name = "headwater_contains"


class JsonKind(FunctionElement[str]):
    """What is at a path: text, integer, real, true, false, null, array or object; or SQL null."""

    type = Text()
    inherit_cache = True
    name = "headwater_json_kind"


class JsonScalar(FunctionElement[Any]):
    """The text or number at a path, as the database's own."""

    type = NullType()
    inherit_cache = True
    name = "headwater_json_scalar"


class JsonForm(FunctionElement[str]):
    """What is at a path, written as JSON: equal forms are equal values of one type."""

    type = Text()
    inherit_cache = True
    name = "headwater_json_form"


def json_path(keys: Sequence[str]) -> str:
    """Write a path of keys: SQLite compares a label with the key as it stands in the JSON."""
    labels = (json.dumps(key, ensure_ascii=False) for key in keys)
    return "$" + "".join(f".{label}" for label in labels)


def like_value(pattern: str) -> str:
    """Turn a LIKE pattern into the one that SQLite's GLOB takes, which heeds case."""
    glob = {"%": "*", "_": "?", "*": "[*]", "?": "[?]", "[": "[[]"}
    return "".join(glob.get(char, char) for char in pattern)


def first_free_id(connection: Connection, table: Table) -> int:
    """Return an id that no row of a table has, nor any above it; for the one who writes."""
    return int(connection.execute(select(func.coalesce(func.max(table.c.id), 0))).scalar_one()) + 1


def insert_rows(
    connection: Connection, table: Table, names: Sequence[str], *, rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert many rows as the driver takes them: JSON as text already, values in order of `names`.

    It spares what a Core statement does for each row, most of the cost of a load.
    """
    if not rows:
        return
    wanted = insert(table).values({name: bindparam(name) for name in names})
    compiled = wanted.compile(dialect=connection.dialect)
    if not connection.dialect.positional:
        named = [dict(zip(names, row, strict=True)) for row in rows]
        connection.exec_driver_sql(str(compiled), named)
        return
    order = [names.index(name) for name in getattr(compiled, "positiontup", None) or names]
    in_order = order == list(range(len(names)))
    given = rows if in_order else [tuple(row[at] for at in order) for row in rows]
    connection.exec_driver_sql(str(compiled), list(given))


@compiles(Like, "sqlite")
def _like(element: Like, compiler: SQLCompiler, **options: Any) -> str:
    value, pattern = _arguments(element, compiler, options)
    return f"({value} GLOB {pattern})"


@compiles(ILike, "sqlite")
def _ilike(element: ILike, compiler: SQLCompiler, **options: Any) -> str:
    # SQLite's own LIKE is quick and right where both are ASCII.
    value, pattern = _arguments(element, compiler, options)
    plain = f"length({value}) = length(CAST({value} AS BLOB))"
    full = f"headwater_ilike({pattern}, {value})"
    return f"(CASE WHEN {plain} THEN {value} LIKE {pattern} ELSE {full} END)"


@compiles(Contains, "sqlite")
def _contains(element: Contains, compiler: SQLCompiler, **options: Any) -> str:
    value, word = _arguments(element, compiler, options)
    plain = f"length({value}) = length(CAST({value} AS BLOB))"
    lower = f"CASE WHEN {plain} THEN lower({value}) ELSE headwater_lower({value}) END"
    return f"(instr({lower}, {word}) > 0)"


@compiles(JsonKind, "sqlite")
def _json_kind(element: JsonKind, compiler: SQLCompiler, **options: Any) -> str:
    return "json_type({}, {})".format(*_arguments(element, compiler, options))


@compiles(JsonScalar, "sqlite")
def _json_scalar(element: JsonScalar, compiler: SQLCompiler, **options: Any) -> str:
    return "json_extract({}, {})".format(*_arguments(element, compiler, options))


@compiles(JsonForm, "sqlite")
def _json_form(element: JsonForm, compiler: SQLCompiler, **options: Any) -> str:
    return "({} -> {})".format(*_arguments(element, compiler, options))


def _arguments(
    element: FunctionElement[Any], compiler: SQLCompiler, options: dict[str, Any]
) -> list[str]:
    return [compiler.process(each, **options) for each in element.clauses]

"""How is a value within a document of JSON reached? By its keys, written as each database does.

Kinds are `text`, `integer`, `real`, `true`, `false`, `null`, `array`, `object`; on PostgreSQL
every number is `real`. Documents are kept as text, so equal values have equal forms.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Text, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType

from headwater.stores.sql.column_types import COLLATION


class JsonKind(FunctionElement[str]):
    """What is at a path, by its kind; or SQL null."""

    type = Text()
    inherit_cache = True
    name = "headwater_json_kind"


class JsonText(FunctionElement[str]):
    """The text at a path, as the database's own."""

    type = Text()
    inherit_cache = True
    name = "headwater_json_text"


class JsonWhole(FunctionElement[Any]):
    """The whole number at a path, exact; only right where the kind is `integer`."""

    type = NullType()
    inherit_cache = True
    name = "headwater_json_whole"


class JsonReal(FunctionElement[Any]):
    """The number at a path; only right where the kind is `real`."""

    type = NullType()
    inherit_cache = True
    name = "headwater_json_real"


class JsonForm(FunctionElement[str]):
    """What is at a path, written as JSON: equal forms are equal values of one type."""

    type = Text()
    inherit_cache = True
    name = "headwater_json_form"


def at_path(document: ColumnElement[Any], name: str, keys: int) -> tuple[ColumnElement[Any], ...]:
    """Return what the elements above are made of, for a path of so many keys by its name.

    PostgreSQL takes key by key, for it would take a number for a place in a list; others a path.
    """
    steps = (bindparam(f"{name}_{number}", type_=Text()) for number in range(keys))
    return document, bindparam(name, type_=Text()), *steps


def path_values(name: str, keys: Sequence[str]) -> dict[str, str]:
    """Return the parameters of a path: SQLite compares a label with the key as JSON has it."""
    labels = (json.dumps(key, ensure_ascii=False) for key in keys)
    path = "$" + "".join(f".{label}" for label in labels)
    return {name: path} | {f"{name}_{number}": key for number, key in enumerate(keys)}


def _of_sqlite(element: FunctionElement[Any], compiler: SQLCompiler, options: Any) -> list[str]:
    return [compiler.process(each, **options) for each in list(element.clauses)[:2]]


@compiles(JsonKind, "sqlite")
def _kind(element: JsonKind, compiler: SQLCompiler, **options: Any) -> str:
    return "json_type({}, {})".format(*_of_sqlite(element, compiler, options))


@compiles(JsonText, "sqlite")
@compiles(JsonWhole, "sqlite")
@compiles(JsonReal, "sqlite")
def _scalar(element: FunctionElement[Any], compiler: SQLCompiler, **options: Any) -> str:
    return "json_extract({}, {})".format(*_of_sqlite(element, compiler, options))


@compiles(JsonForm, "sqlite")
def _form(element: JsonForm, compiler: SQLCompiler, **options: Any) -> str:
    return "({} -> {})".format(*_of_sqlite(element, compiler, options))


def _steps(element: FunctionElement[Any], compiler: SQLCompiler, options: Any) -> list[str]:
    given = list(element.clauses)
    return [compiler.process(each, **options) for each in (given[0], *given[2:])]


def _of_postgresql(element: FunctionElement[Any], compiler: SQLCompiler, options: Any) -> str:
    return f"({' -> '.join(_steps(element, compiler, options))})"


@compiles(JsonKind, "postgresql")
def _kind_by_postgresql(element: JsonKind, compiler: SQLCompiler, **options: Any) -> str:
    own = _of_postgresql(element, compiler, options)
    return (
        f"(CASE json_typeof({own}) WHEN 'string' THEN 'text' WHEN 'number' THEN 'real' "
        f"WHEN 'boolean' THEN CAST({own} AS TEXT) ELSE json_typeof({own}) END)"
    )


@compiles(JsonText, "postgresql")
def _text_by_postgresql(element: JsonText, compiler: SQLCompiler, **options: Any) -> str:
    *within, last = _steps(element, compiler, options)
    return f'(({" -> ".join(within)} ->> {last}) COLLATE "C")'


@compiles(JsonWhole, "postgresql")
@compiles(JsonReal, "postgresql")
def _number_by_postgresql(
    element: FunctionElement[Any], compiler: SQLCompiler, **options: Any
) -> str:
    # Conditions are tested in any order, but a cast within CASE only where it is reached.
    own = _of_postgresql(element, compiler, options)
    number = f"CAST(CAST({own} AS TEXT) AS NUMERIC)"
    return f"(CASE WHEN json_typeof({own}) = 'number' THEN {number} END)"


@compiles(JsonForm, "postgresql")
def _form_by_postgresql(element: JsonForm, compiler: SQLCompiler, **options: Any) -> str:
    return f'(CAST({_of_postgresql(element, compiler, options)} AS TEXT) COLLATE "C")'


def _of_mariadb(element: FunctionElement[Any], compiler: SQLCompiler, options: Any) -> str:
    return "JSON_EXTRACT({}, {})".format(*_of_sqlite(element, compiler, options))


@compiles(JsonKind, "mysql", "mariadb")
def _kind_by_mariadb(element: JsonKind, compiler: SQLCompiler, **options: Any) -> str:
    own = _of_mariadb(element, compiler, options)
    return (
        # It takes 1e+22 for a whole number.
        f"(CASE JSON_TYPE({own}) WHEN 'STRING' THEN 'text' WHEN 'DOUBLE' THEN 'real' "
        f"WHEN 'INTEGER' THEN IF({own} REGEXP '^-?[0-9]+$', 'integer', 'real') "
        f"WHEN 'BOOLEAN' THEN {own} ELSE LOWER(JSON_TYPE({own})) END)"
    )


@compiles(JsonText, "mysql", "mariadb")
def _text_by_mariadb(element: JsonText, compiler: SQLCompiler, **options: Any) -> str:
    value = "JSON_VALUE({}, {})".format(*_of_sqlite(element, compiler, options))
    return f"({value} COLLATE {COLLATION})"


@compiles(JsonWhole, "mysql", "mariadb")
def _whole_by_mariadb(element: JsonWhole, compiler: SQLCompiler, **options: Any) -> str:
    return "CAST(JSON_VALUE({}, {}) AS SIGNED)".format(*_of_sqlite(element, compiler, options))


@compiles(JsonReal, "mysql", "mariadb")
def _real_by_mariadb(element: JsonReal, compiler: SQLCompiler, **options: Any) -> str:
    return "CAST(JSON_VALUE({}, {}) AS DOUBLE)".format(*_of_sqlite(element, compiler, options))


@compiles(JsonForm, "mysql", "mariadb")
def _form_by_mariadb(element: JsonForm, compiler: SQLCompiler, **options: Any) -> str:
    own = _of_mariadb(element, compiler, options)
    return f"(JSON_COMPACT({own}) COLLATE {COLLATION})"

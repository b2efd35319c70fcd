"""How is a list of ids or words of any length given to a statement? As one parameter.

The text of the statement stays the same for every length, so that it is compiled and planned
once, and no limit on the number of parameters is met. What is special to a database is here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Dialect,
    Integer,
    Numeric,
    Text,
    TypeDecorator,
    bindparam,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.visitors import InternalTraversal
from sqlalchemy.types import NullType, TypeEngine

from headwater.analysis.filtering import WHOLE
from headwater.analysis.records import text_problem

Member = Literal["whole", "text", "amount"]
NOBODY: dict[Member, tuple[int | str, ...]] = {"whole": (-(2**63),), "text": ("\x00",)}
"""What no column holds: MariaDB takes no empty list."""


class ListOf(TypeDecorator[list[Any]]):
    """A list as each database takes it: JSON for SQLite, an array, MariaDB's driver's own."""

    impl = Text
    cache_ok = True

    def __init__(self, member: Member) -> None:
        super().__init__()
        self.member = member

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the type of the parameter."""
        if dialect.name == "postgresql":
            kinds: dict[Member, Any] = {
                "whole": BigInteger(),
                "text": postgresql.TEXT(),
                "amount": Numeric(),
            }
            return dialect.type_descriptor(postgresql.ARRAY(kinds[self.member]))
        return dialect.type_descriptor(Text())

    def process_bind_param(self, value: list[Any] | None, dialect: Dialect) -> Any:
        """Write a list as the database takes it."""
        if value is None:
            return value
        if dialect.name == "sqlite":
            return json.dumps(value)
        held = [each for each in value if _can_be_held(each)]
        if dialect.name != "postgresql":
            return tuple(held) or NOBODY.get(self.member, (None,))
        return [Decimal(repr(each)) for each in held] if self.member == "amount" else held


class Unindexed(ColumnElement[Any]):
    """A column that SQLite may compare but not look up.

    It plans without statistics, and would use an index over two lists to search their product.
    """

    inherit_cache = True
    _traverse_internals = [("column", InternalTraversal.dp_clauseelement)]  # noqa: RUF012 - theirs

    def __init__(self, column: ColumnElement[Any]) -> None:
        self.column = column
        self.type = column.type

    @property
    def _from_objects(self) -> list[Any]:
        return self.column._from_objects  # noqa: SLF001  so that Core knows what it joins


class Among(FunctionElement[Any]):
    """A column's value that is in a list.

    Not of the type of truth values: Core would compare it with 1, and SQLite use no index.
    """

    type = NullType()
    inherit_cache = True
    name = "headwater_among"


def _can_be_held(value: Any) -> bool:
    """Tell whether a column may hold a value at all: a server refuses the whole list otherwise."""
    if isinstance(value, str):
        return text_problem(value) is None
    return not isinstance(value, int) or value in WHOLE


def among(column: ColumnElement[Any], name: str, *, amounts: bool = False) -> ColumnElement[bool]:
    """Make the condition that a column's value is in the list bound to a name."""
    member: Member = "whole" if isinstance(column.type, Integer | BigInteger) else "text"
    return Among(column, bindparam(name, type_=ListOf("amount" if amounts else member)))


def listed(values: Iterable[Any]) -> list[Any]:
    """Make values what `among` takes."""
    return list(values)


@compiles(Unindexed)
def _plain(element: Unindexed, compiler: Any, **options: Any) -> str:
    return str(compiler.process(element.column, **options))


@compiles(Unindexed, "sqlite")
def _with_plus(element: Unindexed, compiler: Any, **options: Any) -> str:
    return f"+{compiler.process(element.column, **options)}"


@compiles(Among, "sqlite")
def _in_json(element: Among, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(each, **options) for each in element.clauses)
    return f"({column} IN (SELECT listed.value FROM json_each({values}) AS listed))"  # noqa: S608  our own


@compiles(Among, "postgresql")
def _in_array(element: Among, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(each, **options) for each in element.clauses)
    return f"({column} = ANY ({values}))"


@compiles(Among, "mysql", "mariadb")
def _in_values(element: Among, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(each, **options) for each in element.clauses)
    return f"({column} IN {values})"

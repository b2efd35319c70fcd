"""Which expressions are written differently on each database? Each has one name here.

They are compiled per dialect, so that statements made of them are built once for all. A
dialect without its own form is refused when a statement is compiled.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Dialect,
    Float,
    Numeric,
    Text,
    TypeDecorator,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType, TypeEngine

LOWER = "headwater_lower"
"""What lowers letters of any alphabet: a function of ours on SQLite and PostgreSQL."""


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


class Pattern(TypeDecorator[str]):
    """A LIKE pattern as `Like` or, ignoring case, `ILike` takes it.

    SQLite heeds case in its GLOB only; MariaDB knows no LIKE without an escape character.
    """

    impl = Text
    cache_ok = True

    def __init__(self, *, ignore_case: bool = False) -> None:
        super().__init__()
        self.ignore_case = ignore_case

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Rewrite a pattern for SQLite and MariaDB."""
        if value is None:
            return value
        if dialect.name == "mysql":
            return value.replace("\\", "\\\\")
        if dialect.name != "sqlite" or self.ignore_case:
            return value
        glob = {"%": "*", "_": "?", "*": "[*]", "?": "[?]", "[": "[[]"}
        return "".join(glob.get(char, char) for char in value)


class Quotient(FunctionElement[int]):
    """How often a whole number goes into another that is not below zero."""

    type = BigInteger()
    inherit_cache = True
    name = "headwater_quotient"


class Amount(TypeDecorator[Any]):
    """A number that is compared with one in a document: exact where the database can be."""

    impl = Float
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the type of the parameter."""
        kind = Numeric() if dialect.name == "postgresql" else NullType()
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Give PostgreSQL the number as it is written, not its neighbour in binary."""
        if dialect.name == "postgresql" and value is not None:
            return Decimal(repr(value))
        return value


@compiles(Like, "sqlite")
def _like(element: Like, compiler: SQLCompiler, **options: Any) -> str:
    value, pattern = arguments(element, compiler, options)
    return f"({value} GLOB {pattern})"


@compiles(Like, "postgresql")
def _like_by_postgresql(element: Like, compiler: SQLCompiler, **options: Any) -> str:
    value, pattern = arguments(element, compiler, options)
    return f"({value} LIKE {pattern} ESCAPE '')"


@compiles(Like, "mysql", "mariadb")
def _like_by_mariadb(element: Like, compiler: SQLCompiler, **options: Any) -> str:
    value, pattern = arguments(element, compiler, options)
    return f"({value} LIKE {pattern})"


@compiles(Quotient)
def _quotient(element: Quotient, compiler: SQLCompiler, **options: Any) -> str:
    whole, part = arguments(element, compiler, options)
    return f"(({whole}) / ({part}))"


@compiles(Quotient, "mysql", "mariadb")
def _quotient_by_mariadb(element: Quotient, compiler: SQLCompiler, **options: Any) -> str:
    whole, part = arguments(element, compiler, options)
    return f"(({whole}) DIV ({part}))"


@compiles(ILike, "sqlite")
def _ilike(element: ILike, compiler: SQLCompiler, **options: Any) -> str:
    # SQLite's own LIKE is quick and right where both are ASCII.
    value, pattern = arguments(element, compiler, options)
    plain = f"length({value}) = length(CAST({value} AS BLOB))"
    full = f"headwater_ilike({pattern}, {value})"
    return f"(CASE WHEN {plain} THEN {value} LIKE {pattern} ELSE {full} END)"


@compiles(ILike, "postgresql")
def _ilike_lowered(element: ILike, compiler: SQLCompiler, **options: Any) -> str:
    value, pattern = arguments(element, compiler, options)
    return f"({LOWER}({value}) LIKE {LOWER}({pattern}) ESCAPE '')"


@compiles(ILike, "mysql", "mariadb")
def _ilike_by_mariadb(element: ILike, compiler: SQLCompiler, **options: Any) -> str:
    value, pattern = arguments(element, compiler, options)
    return f"(LOWER({value}) LIKE LOWER({pattern}))"


@compiles(Contains, "sqlite")
def _contains(element: Contains, compiler: SQLCompiler, **options: Any) -> str:
    value, word = arguments(element, compiler, options)
    plain = f"length({value}) = length(CAST({value} AS BLOB))"
    lower = f"CASE WHEN {plain} THEN lower({value}) ELSE {LOWER}({value}) END"
    return f"(instr({lower}, {word}) > 0)"


@compiles(Contains, "postgresql")
def _contains_by_postgresql(element: Contains, compiler: SQLCompiler, **options: Any) -> str:
    value, word = arguments(element, compiler, options)
    return f"(strpos({LOWER}({value}), {word}) > 0)"


@compiles(Contains, "mysql", "mariadb")
def _contains_by_mariadb(element: Contains, compiler: SQLCompiler, **options: Any) -> str:
    value, word = arguments(element, compiler, options)
    return f"(LOCATE({word}, LOWER({value})) > 0)"


def is_out_of_range(error: DBAPIError) -> bool:
    """Tell whether a number became larger than the database can hold."""
    numbers = getattr(error.orig, "args", ())
    return getattr(error.orig, "sqlstate", None) == "22003" or numbers[:1] == (1690,)


def arguments(
    element: FunctionElement[Any], compiler: SQLCompiler, options: dict[str, Any]
) -> list[str]:
    """Return what an element is made of, as SQL."""
    return [compiler.process(each, **options) for each in element.clauses]

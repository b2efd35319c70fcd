"""How is a list of ids or words of any length given to a statement? As one JSON parameter.

The text of the statement stays the same for every length, so that it is compiled and planned
once, and no limit on the number of parameters is met. What is special to a database is here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.visitors import InternalTraversal


class Unindexed(ColumnElement[Any]):
    """A column that SQLite may compare but not look up.

    It plans without statistics, and would use an index over two lists to search their product.
    """

    inherit_cache = True
    _traverse_internals = [("column", InternalTraversal.dp_clauseelement)]  # noqa: RUF012 - theirs

    def __init__(self, column: ColumnElement[Any]) -> None:
        self.column = column
        self.type = column.type


def among(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Make the condition that a column's value is in the list bound to a name."""
    listed = func.json_each(bindparam(name)).table_valued("value", name=f"listed_{name}")
    return column.in_(select(listed.c.value))


def listed(values: Iterable[int | str]) -> str:
    """Write values as `among` takes them."""
    return json.dumps(list(values))


@compiles(Unindexed)
def _plain(element: Unindexed, compiler: Any, **options: Any) -> str:
    return str(compiler.process(element.column, **options))


@compiles(Unindexed, "sqlite")
def _with_plus(element: Unindexed, compiler: Any, **options: Any) -> str:
    return f"+{compiler.process(element.column, **options)}"

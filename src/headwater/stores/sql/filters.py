"""How are criteria written in SQL? As conditions on living items of the parameter `tenant`.

What a filter means is decided in `analysis.filtering`. Statements are made for the shape of a
question (fields and operators, without values) and kept, values are passed as parameters:

    shapes, values = shaped(check_filters(filters))
    statement = item_ids(shapes)           # select(item.c.id), built once for each shape
    connection.execute(statement, {"tenant": principal.tenant, **values})
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    and_,
    bindparam,
    exists,
    false,
    func,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.types import TypeEngine

from headwater.analysis.filtering import Criterion, Field
from headwater.errors import UsageError
from headwater.stores.sql.dialect import Amount, ILike, Like, Pattern
from headwater.stores.sql.id_lists import among, listed
from headwater.stores.sql.json_paths import (
    JsonKind,
    JsonReal,
    JsonText,
    JsonWhole,
    at_path,
    path_values,
)
from headwater.stores.sql.tables import item, tag

MAX_CRITERIA = 50
"""Filters of one query; SQLite joins at most 64 tables, and each tag asked for is one."""
MAX_PATTERN = 10_000
"""Characters of a LIKE pattern; SQLite takes no more than 50,000 bytes."""

Own = tuple[ColumnElement[Any], ...]
Comparison = Callable[[ColumnElement[Any], ColumnElement[Any]], ColumnElement[bool]]
_COMPARISONS: dict[str, Comparison] = {
    "eq": lambda own, wanted: own == wanted,
    "ne": lambda own, wanted: own != wanted,
    "gt": lambda own, wanted: own > wanted,
    "gte": lambda own, wanted: own >= wanted,
    "lt": lambda own, wanted: own < wanted,
    "lte": lambda own, wanted: own <= wanted,
    "like": Like,
    "ilike": ILike,
}

PATTERNS: dict[str, TypeEngine[Any]] = {"like": Pattern(), "ilike": Pattern(ignore_case=True)}


class Shape(NamedTuple):
    """A criterion without its value: what its condition looks like."""

    field: Field
    op: str
    sort: str


def shaped(criteria: Sequence[Criterion]) -> tuple[tuple[Shape, ...], dict[str, Any]]:
    """Part criteria into their shapes and the values of the parameters `f0`, `f1`...

    Raises:
        UsageError: `query.bad_value` for a pattern that no database takes;
            `query.too_many_filters`.
    """
    if len(criteria) > MAX_CRITERIA:
        message = f"{len(criteria)} filters are too many for one query; give at most {MAX_CRITERIA}"
        raise UsageError(message, code="query.too_many_filters")
    values: dict[str, Any] = {}
    shapes = []
    for number, each in enumerate(criteria):
        shapes.append(Shape(shape_of(each.field), each.op, _sort(each)))
        values.update(_values(each, f"f{number}"))
    return tuple(shapes), values


def shape_of(field: Field) -> Field:
    """Return a field as a statement knows it: keys and paths are values, only their number is not.

    So a statement is the same for all of them.
    """
    if field.kind not in {"tag", "attribute"}:
        return field
    return Field("", field.kind, ("",) * len(field.path))


@lru_cache(maxsize=512)
def item_ids(shapes: tuple[Shape, ...]) -> Select[tuple[int]]:
    """Select the ids of the living items of `tenant` that meet criteria of these shapes.

    It may be joined further and narrowed; an item comes once.
    """
    statement = select(item.c.id).where(
        item.c.tenant_id == bindparam("tenant"), item.c.deleted_at.is_(None)
    )
    for number, shape in enumerate(shapes):
        name = f"f{number}"
        if shape.field.kind == "tag":
            statement = _with_tag(statement, shape, name)
        elif shape.field.kind == "attribute":
            statement = statement.where(_attribute(shape, name))
        else:
            statement = statement.where(_column(item.c[shape.field.name], shape, name))
    return statement


def _sort(each: Criterion) -> str:
    if each.op == "exists":
        return "there" if each.value else "absent"
    if each.field.kind != "attribute" or each.op == "in":
        return "same"
    if isinstance(each.value, bool):
        return "truth"
    return "text" if isinstance(each.value, str) else "number"


def _values(each: Criterion, name: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if each.field.kind == "tag":
        values[f"{name}_key"] = each.field.path[0]
    if each.field.kind == "attribute":
        values.update(path_values(f"{name}_path", each.field.path))
    if each.op == "exists":
        return values
    if each.op == "in" and each.field.kind == "attribute":
        return values | _listed(each.value, name)
    if each.op in {"like", "ilike"} and len(each.value) > MAX_PATTERN:
        message = f"the pattern of {each.field.name} is over {MAX_PATTERN:,} characters; shorten it"
        raise UsageError(message, code="query.bad_value")
    if isinstance(each.value, bool):
        values[name] = "true" if each.value else "false"
    else:
        values[name] = listed(each.value) if each.op == "in" else each.value
    return values


def _listed(wanted: Sequence[Any], name: str) -> dict[str, Any]:
    truths = [value for value in wanted if isinstance(value, bool)]
    return {
        f"{name}_texts": [value for value in wanted if isinstance(value, str)],
        f"{name}_truths": ["true" if value else "false" for value in truths],
        f"{name}_numbers": [
            value
            for value in wanted
            if isinstance(value, int | float) and not isinstance(value, bool)
        ],
    }


def _column(own: ColumnElement[Any], shape: Shape, name: str) -> ColumnElement[bool]:
    if shape.op == "exists":
        return own.is_not(None) if shape.sort == "there" else own.is_(None)
    if shape.op == "in":
        return among(own, name)
    kind = PATTERNS.get(shape.op, own.type)
    return _COMPARISONS[shape.op](own, bindparam(name, type_=kind))


def _with_tag(statement: Select[tuple[int]], shape: Shape, name: str) -> Select[tuple[int]]:
    mine = tag.alias(f"tag_{name}")
    is_it = and_(
        mine.c.tenant_id == item.c.tenant_id,
        mine.c.tenant_id == bindparam("tenant"),
        mine.c.ci_id == item.c.id,
        mine.c.key == bindparam(f"{name}_key"),
    )
    if shape.op == "exists" and shape.sort == "absent":
        return statement.where(not_(exists().where(is_it)))
    condition = true() if shape.op == "exists" else _column(mine.c.value, shape, name)
    return statement.join(mine, and_(is_it, condition))


def _attribute(shape: Shape, name: str) -> ColumnElement[bool]:
    own = at_path(item.c.attributes, f"{name}_path", len(shape.field.path))
    kind = func.coalesce(JsonKind(*own), "null")
    if shape.op == "exists":
        return kind != "null" if shape.sort == "there" else kind == "null"
    if shape.op == "in":
        return _among(kind, own, name)
    if shape.op == "ne":
        return and_(kind != "null", not_(_compared(kind, own, name, shape=shape, op="eq")))
    return _compared(kind, own, name, shape=shape, op=shape.op)


def _compared(
    kind: ColumnElement[str], own: Own, name: str, *, shape: Shape, op: str
) -> ColumnElement[bool]:
    compare = _COMPARISONS[op]
    if shape.sort == "truth":
        return kind == bindparam(name, type_=Text()) if op == "eq" else false()
    if shape.sort == "text":
        wanted = bindparam(name, type_=PATTERNS.get(op, Text()))
        return and_(kind == "text", compare(JsonText(*own), wanted))
    amount: ColumnElement[Any] = bindparam(name, type_=Amount())
    return or_(
        and_(kind == "integer", compare(JsonWhole(*own), amount)),
        and_(kind == "real", compare(JsonReal(*own), amount)),
    )


def _among(kind: ColumnElement[str], own: Own, name: str) -> ColumnElement[bool]:
    return or_(
        and_(kind == "text", among(JsonText(*own), f"{name}_texts")),
        and_(kind == "integer", among(JsonWhole(*own), f"{name}_numbers", amounts=True)),
        and_(kind == "real", among(JsonReal(*own), f"{name}_numbers", amounts=True)),
        among(kind, f"{name}_truths"),
    )

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
from sqlalchemy.types import NullType

from headwater.analysis.filtering import Criterion, Field
from headwater.errors import UsageError
from headwater.stores.sql.dialect import ILike, JsonKind, JsonScalar, Like, json_path, like_value
from headwater.stores.sql.id_lists import among, listed
from headwater.stores.sql.tables import item, tag

MAX_CRITERIA = 50
"""Filters of one query; SQLite joins at most 64 tables, and each tag asked for is one."""
MAX_PATTERN = 10_000
"""Characters of a LIKE pattern; SQLite takes no more than 50,000 bytes."""
NUMBERS = ("integer", "real")

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
        is_column = each.field.kind not in {"tag", "attribute"}
        # Keys and paths are values too: statements are the same for all of them.
        field = each.field if is_column else Field("", each.field.kind)
        shapes.append(Shape(field, each.op, _sort(each)))
        values.update(_values(each, f"f{number}"))
    return tuple(shapes), values


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
        values[f"{name}_path"] = json_path(each.field.path)
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
        rewritten = {"like": like_value, "in": listed}.get(each.op)
        values[name] = rewritten(each.value) if rewritten else each.value
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
    return _COMPARISONS[shape.op](own, bindparam(name, type_=own.type))


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
    path: ColumnElement[str] = bindparam(f"{name}_path")
    kind = func.coalesce(JsonKind(item.c.attributes, path), "null")
    if shape.op == "exists":
        return kind != "null" if shape.sort == "there" else kind == "null"
    if shape.op == "in":
        return _among(kind, path, name)
    if shape.op == "ne":
        return and_(kind != "null", not_(_compared(kind, path, name, shape=shape, op="eq")))
    return _compared(kind, path, name, shape=shape, op=shape.op)


def _compared(
    kind: ColumnElement[str], path: ColumnElement[str], name: str, *, shape: Shape, op: str
) -> ColumnElement[bool]:
    wanted: ColumnElement[Any] = bindparam(name, type_=NullType())
    if shape.sort == "truth":
        return kind == wanted if op == "eq" else false()
    own = JsonScalar(item.c.attributes, path)
    right_kind = kind == "text" if shape.sort == "text" else kind.in_(NUMBERS)
    return and_(right_kind, _COMPARISONS[op](own, wanted))


def _among(kind: ColumnElement[str], path: ColumnElement[str], name: str) -> ColumnElement[bool]:
    own = JsonScalar(item.c.attributes, path)

    def listed(part: str) -> ColumnElement[Any]:
        return bindparam(f"{name}_{part}", expanding=True, type_=NullType())

    return or_(
        and_(kind == "text", own.in_(listed("texts"))),
        and_(kind.in_(NUMBERS), own.in_(listed("numbers"))),
        kind.in_(listed("truths")),
    )

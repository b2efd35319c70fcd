"""How many items has each group? Counted by the database; what groups mean is decided elsewhere."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    cast,
    func,
    select,
)

from headwater.analysis.filtering import WHOLE, Field, check_filters, find_field, find_group
from headwater.analysis.instants import from_us
from headwater.model.item import GroupTable
from headwater.model.principal import Principal
from headwater.model.query import GroupQuery, Measure
from headwater.stores.sql.filters import Shape, item_ids, shape_of, shaped
from headwater.stores.sql.id_lists import among, listed
from headwater.stores.sql.json_paths import JsonForm, at_path, path_values
from headwater.stores.sql.tables import item, tag

MAX_ROWS = 2**40


def count_groups(connection: Connection, query: GroupQuery, *, principal: Principal) -> GroupTable:
    """Group and count: the largest first measure first, then by keys, absent ones last.

    Without `group_by` all items are one group, even where there are none.

    Raises:
        UsageError: a field or operator that is not allowed, by name.
    """
    groups = tuple(find_group(name) for name in query.group_by)
    measures = tuple(_measured(each) for each in query.measures)
    shapes, values = shaped(check_filters(query.filters))
    values["tenant"] = principal.tenant
    if query.ci_ids is not None:
        values["ids"] = listed(ci for ci in set(query.ci_ids) if ci in WHOLE)
    values.update(_paths(groups, "g"), **_paths(measures, "m"))
    statement = _groups(
        shapes,
        query.ci_ids is not None,
        groups=tuple(map(shape_of, groups)),
        measures=tuple(None if each is None else shape_of(each) for each in measures),
    )
    rows = connection.execute(
        statement, values | {"top_n": min(max(query.top_n, 0), MAX_ROWS)}
    ).all()
    total_groups, total_items = (rows[0][-2], rows[0][-1]) if rows else (0, 0)
    if not rows and query.top_n <= 0:
        again = connection.execute(statement, values | {"top_n": 1}).first()
        total_groups, total_items = (again[-2], again[-1]) if again else (0, 0)
    return GroupTable(
        columns=[*query.group_by, *map(_name, query.measures)],
        rows=[_shown(row[:-2], groups) for row in rows],
        total_groups=total_groups,
        total_items=total_items,
        truncated=total_groups > len(rows),
    )


def _name(measure: Measure) -> str:
    return "count" if measure.kind == "count" else f"count_distinct({measure.field})"


def _measured(measure: Measure) -> Field | None:
    return None if measure.kind == "count" else find_field(measure.field or "")


def _paths(fields: tuple[Field | None, ...], letter: str) -> dict[str, str]:
    paths = {}
    for number, field in enumerate(fields):
        if field is not None and field.kind == "tag":
            paths[f"{letter}{number}"] = field.path[0]
        elif field is not None and field.kind == "attribute":
            paths.update(path_values(f"{letter}{number}", field.path))
    return paths


def _shown(row: Any, groups: tuple[Field, ...]) -> list[Any]:
    kinds = [field.kind for field in groups]
    keys = [
        from_us(value) if kind == "instant" and value is not None else value
        for value, kind in zip(row, kinds, strict=False)
    ]
    return [*keys, *row[len(kinds) :]]


@lru_cache(maxsize=256)
def _groups(
    shapes: tuple[Shape, ...],
    has_ids: bool,  # noqa: FBT001  part of the shape
    *,
    groups: tuple[Field, ...],
    measures: tuple[Field | None, ...],
) -> Select[Any]:
    statement: Select[Any] = item_ids(shapes)
    if has_ids:
        statement = statement.where(among(item.c.id, "ids"))
    columns: list[Any] = []
    for letter, fields in (("g", groups), ("m", measures)):
        for number, field in enumerate(fields):
            statement, own = _with_field(statement, field, f"{letter}{number}")
            columns.append(own.label(f"c{len(columns)}"))
    keys = columns[: len(groups)]
    counts = [
        _counted(own, field).label(f"c{len(groups) + number}")
        for number, (own, field) in enumerate(zip(columns[len(groups) :], measures, strict=True))
    ]
    all_items = func.count().label("group_items")
    grouped = statement.with_only_columns(
        *keys, *counts, all_items, maintain_column_froms=True
    ).group_by(*[key.element for key in keys])
    return _ordered(grouped.subquery("grouped"), len(keys), len(counts))


def _ordered(grouped: Any, keys: int, counts: int) -> Select[Any]:
    own = [grouped.c[f"c{number}"] for number in range(keys + counts)]
    order = [own[keys].desc()] if counts else []
    for key in own[:keys]:
        order += [key.is_(None), key.asc()]
    totals = (
        func.count().over().label("total_groups"),
        cast(func.sum(grouped.c.group_items).over(), BigInteger).label("total_items"),
    )
    return select(*own, *totals).order_by(*order).limit(bindparam("top_n"))


def _with_field(
    statement: Select[Any], field: Field | None, name: str
) -> tuple[Select[Any], ColumnElement[Any]]:
    """Join what a field needs, and return its column; a field of None is the item itself."""
    if field is None:
        return statement, item.c.id
    if field.kind == "attribute":
        form = JsonForm(*at_path(item.c.attributes, name, len(field.path)))
        return statement, func.nullif(form, "null")
    if field.kind != "tag":
        return statement, item.c[field.name]
    mine = tag.alias(f"tag_{name}")
    is_it = and_(
        mine.c.tenant_id == bindparam("tenant"),
        mine.c.ci_id == item.c.id,
        mine.c.key == bindparam(name),
    )
    return statement.outerjoin(mine, is_it), mine.c.value


def _counted(own: ColumnElement[Any], field: Field | None) -> ColumnElement[int]:
    return func.count() if field is None else func.count(own.distinct())

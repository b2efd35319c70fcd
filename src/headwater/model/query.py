"""How rows are filtered, sorted and paged; it does not run anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Operator = Literal["eq", "ne", "in", "like", "ilike", "gt", "gte", "lt", "lte", "exists"]
Match = Literal["all", "any"]

ITEM_COLUMNS = (
    "id",
    "code",
    "name",
    "type",
    "subtype",
    "category",
    "status",
    "criticality",
    "owner",
    "location",
    "source",
    "created_at",
    "updated_at",
)
"""Columns of a configuration item that filters, sorts and groups may name."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition: a column, `tags.KEY` or `attributes.PATH`, an operator and a value.

    Filters of a list are joined by AND. `in` takes a list; `exists` takes true or false; `like`
    is case-sensitive with `%` and `_`, `ilike` is not. On an absent field every operator but
    `exists` is false, `ne` included.
    """

    field: str
    op: Operator = "eq"
    value: Any = None


@dataclass(frozen=True, slots=True)
class Sort:
    """One key of an order; ties are always broken by `id` ascending. Absent values come last."""

    field: str
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemQuery:
    """Which configuration items, in which order, which page.

    `cursor` is what an earlier page gave as `next_cursor`; it wins over `offset`.
    """

    keywords: tuple[str, ...] = ()
    match: Match = "all"
    filters: tuple[Filter, ...] = ()
    ids: tuple[int, ...] | None = None
    sort: tuple[Sort, ...] = ()
    limit: int = 10
    offset: int = 0
    cursor: str | None = None
    text: Literal["index", "like"] = "index"


Metric = Literal["count", "count_distinct"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What to count in each group: rows, or distinct values of a field."""

    kind: Metric = "count"
    field: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupQuery:
    """How items are grouped and counted; `top_n` groups with the largest first measure."""

    group_by: tuple[str, ...] = ()
    measures: tuple[Measure, ...] = (Measure(),)
    filters: tuple[Filter, ...] = ()
    ci_ids: tuple[int, ...] | None = None
    top_n: int = 10

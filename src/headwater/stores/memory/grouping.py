"""How many items each group has, counted in memory one by one; it chooses no items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from headwater.analysis.filtering import Field, find_field, find_group
from headwater.analysis.instants import from_us
from headwater.analysis.records import canonical_json
from headwater.model.item import ConfigurationItem, GroupTable
from headwater.model.query import GroupQuery, Measure
from headwater.stores.memory.selection import field_of


def count_groups(items: Sequence[ConfigurationItem], query: GroupQuery) -> GroupTable:
    """Group and count: the largest first measure first, then by keys, absent ones last.

    Without `group_by` all items are one group, even where there are none.

    Raises:
        UsageError: `query.unknown_field`.
    """
    fields = [find_group(name) for name in query.group_by]
    groups: dict[tuple[Any, ...], list[ConfigurationItem]] = {} if fields else {(): []}
    for item in items:
        key = tuple(_group_value(item, field) for field in fields)
        groups.setdefault(key, []).append(item)
    rows = [
        (key, [_measured(members, measure) for measure in query.measures])
        for key, members in groups.items()
    ]
    rows.sort(key=lambda row: (*(-count for count in row[1][:1]), *map(_absent_last, row[0])))
    kept = rows[: max(query.top_n, 0)]
    return GroupTable(
        columns=[*query.group_by, *map(measure_name, query.measures)],
        rows=[[*map(_shown, key, fields), *counts] for key, counts in kept],
        total_groups=len(rows),
        total_items=len(items),
        truncated=len(rows) > len(kept),
    )


def measure_name(measure: Measure) -> str:
    """Return the column's name: `count` or `count_distinct(FIELD)`."""
    return "count" if measure.kind == "count" else f"count_distinct({measure.field})"


def _measured(items: Sequence[ConfigurationItem], measure: Measure) -> int:
    if measure.kind == "count":
        return len(items)
    field = find_field(measure.field or "")
    values = (field_of(item, field) for item in items)
    return len({canonical_json(value) for value in values if value is not None})


def _group_value(item: ConfigurationItem, field: Field) -> Any:
    value = field_of(item, field)
    return canonical_json(value) if field.kind == "attribute" and value is not None else value


def _absent_last(value: Any) -> tuple[bool, Any]:
    return value is None, "" if value is None else value


def _shown(value: Any, field: Field) -> Any:
    return from_us(value) if field.kind == "instant" and value is not None else value

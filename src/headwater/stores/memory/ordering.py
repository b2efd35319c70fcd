"""In which order items stand: by sort keys, absent values last, ties by id; it pages nothing."""

from __future__ import annotations

from collections.abc import Sequence

from headwater.analysis.filtering import find_column
from headwater.analysis.paging import Values
from headwater.model.item import ConfigurationItem
from headwater.model.query import Sort
from headwater.stores.memory.selection import field_of


def ordered(items: Sequence[ConfigurationItem], sorts: Sequence[Sort]) -> list[ConfigurationItem]:
    """Return the items in order.

    Raises:
        UsageError: `query.unknown_sort`.
    """
    found = sorted(items, key=lambda item: item.id)
    for each in reversed(sorts):
        field = find_column(each.field)
        there = [item for item in found if field_of(item, field) is not None]
        absent = [item for item in found if field_of(item, field) is None]
        there.sort(key=lambda item, field=field: field_of(item, field), reverse=each.descending)  # type: ignore[misc]
        found = there + absent
    return found


def follows(place: Values, after: Values, sorts: Sequence[Sort]) -> bool:
    """Tell whether a row with these sort values and id comes after another in the order."""
    for own, other, each in zip(place, after, sorts, strict=False):
        if own == other:
            continue
        if own is None or other is None:
            return own is None
        return bool(own < other if each.descending else own > other)  # type: ignore[operator]
    return bool(place[-1] > after[-1])  # type: ignore[operator]

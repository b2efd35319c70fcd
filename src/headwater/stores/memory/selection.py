"""Which of a tenant's items ids and filters name, in memory; it sorts and pages nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from headwater.analysis.filtering import Criterion, Field, check_filters, holds, value_at
from headwater.analysis.instants import to_us
from headwater.model.item import ConfigurationItem
from headwater.model.query import Filter
from headwater.stores.memory.estate import Items


def field_of(item: ConfigurationItem, field: Field) -> Any:
    """Return what an item has under a field: instants in epoch us, None where it is absent."""
    if field.kind == "tag":
        return item.tags.get(field.path[0])
    if field.kind == "attribute":
        return value_at(item.attributes, field.path)
    value = getattr(item, field.name)
    return to_us(value) if field.kind == "instant" else value


def meets(item: ConfigurationItem, criteria: Iterable[Criterion]) -> bool:
    """Tell whether an item meets all criteria."""
    return all(holds(each, field_of(item, each.field)) for each in criteria)


def select(
    items: Items, ids: Sequence[int] | None, filters: Sequence[Filter]
) -> list[ConfigurationItem]:
    """Return the living items that have one of the ids (any, where None) and meet all filters.

    Raises:
        UsageError: a filter that is not allowed, by name.
    """
    criteria = check_filters(filters)
    if ids is None:
        chosen = sorted(items.every(), key=lambda item: item.id)
    else:
        chosen = [item for ci in sorted(set(ids)) if (item := items.live(ci))]
    return [item for item in chosen if meets(item, criteria)]

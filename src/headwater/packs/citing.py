"""How the tools we ship say where a value came from; it reads nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice

from headwater.model.history import HistoryEntry
from headwater.model.item import ConfigurationItem, ItemName
from headwater.model.query import Filter
from headwater.model.relation import GraphNode
from headwater.model.window import Window

MAX_RECORDS = 5


def ci_records(items: Iterable[ConfigurationItem | ItemName | GraphNode]) -> tuple[str, ...]:
    """Return the record names of the first few items, such as `ci 12 checkout-api`."""
    return tuple(f"ci {item.id} {item.code}" for item in islice(items, MAX_RECORDS))


def history_records(entries: Iterable[HistoryEntry]) -> tuple[str, ...]:
    """Return the record names of the first few entries, such as `history 88 Deployed 2.4`."""
    return tuple(f"history {entry.id} {entry.title}" for entry in islice(entries, MAX_RECORDS))


def newest_update(items: Iterable[ConfigurationItem]) -> datetime | None:
    """Return when the newest of the items was updated, or None without items."""
    return max((item.updated_at for item in items), default=None)


def seen_by(window: Window, asked_at: datetime) -> datetime:
    """Return the instant up to which a window could be observed."""
    return min(window.end, asked_at)


def told(what: str, **arguments: object) -> str:
    """Return what was asked as one short text, leaving out arguments that were not given."""
    given = (f"{name} {_shown(value)}" for name, value in arguments.items() if value)
    return ", ".join((what, *given))


def _shown(value: object) -> str:
    if isinstance(value, Filter):
        return f"{value.field} {value.op} {value.value}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        more = len(value) - MAX_RECORDS
        parts = [_shown(one) for one in value[:MAX_RECORDS]]
        return " and ".join(parts) + (f" and {more} more" if more > 0 else "")
    text = str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."  # noqa: PLR2004 - characters of a line

"""What happened to items; it does not read it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from headwater.model.item import ItemName
from headwater.model.query import Filter
from headwater.model.window import Window

SEVERITIES = ("info", "low", "medium", "high", "critical")
"""From mild to grave. `minor`, `warning` and `major` are read as low, medium and high."""
ALERT_KINDS = ("alert", "incident")
"""Entries of these kinds are open alerts until they end."""
ALERTS_OF = timedelta(days=7)
"""How old an alert that nobody ended may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRecord:
    """An entry as a source gives it.

    `kind` is event, change, deployment, maintenance, incident or any other word.
    """

    ci: str
    kind: str
    at: datetime
    ended_at: datetime | None = None
    severity: str | None = None
    title: str
    summary: str | None = None
    actor: str | None = None
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """An entry of an item's history as the estate holds it."""

    id: int
    ci: ItemName
    kind: str
    at: datetime
    ended_at: datetime | None = None
    severity: str | None = None
    title: str
    summary: str | None = None
    actor: str | None = None
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryQuery:
    """Which entries: `at` within the window, of given items or of items by filters.

    `severity` is the least severity wanted, in the order of `SEVERITIES`.
    """

    window: Window
    ci_ids: tuple[int, ...] | None = None
    filters: tuple[Filter, ...] = ()
    kinds: tuple[str, ...] = ()
    severity: str | None = None
    limit: int = 50
    oldest_first: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPage:
    """Entries newest first (then by id, highest first); `total` is the true count."""

    entries: list[HistoryEntry]
    total: int
    window: Window
    truncated: bool

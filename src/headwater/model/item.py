"""What a configuration item is; it does not fetch one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

ItemRef = int | str
"""An item's id (a whole number) or its code (text)."""


@dataclass(frozen=True, slots=True)
class ItemName:
    """The three names that an item carries wherever it appears in a result."""

    id: int
    code: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRecord:
    """A configuration item as a source gives it, before it has an id."""

    code: str
    name: str
    type: str
    subtype: str | None = None
    category: str | None = None
    status: str | None = None
    criticality: str | None = None
    owner: str | None = None
    location: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    source: str | None = None
    source_key: str | None = None


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class ConfigurationItem:
    """A configuration item as the estate holds it; `code` is unique within its tenant.

    Never changed once made; `frozen` would treble what each row of a page pays to become one.
    """

    id: int
    code: str
    name: str
    type: str
    subtype: str | None = None
    category: str | None = None
    status: str | None = None
    criticality: str | None = None
    owner: str | None = None
    location: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    source: str | None = None
    source_key: str | None = None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemPage:
    """A page of items; `total` is the true count of all matches, not of this page."""

    items: list[ConfigurationItem]
    total: int
    limit: int
    offset: int
    truncated: bool
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupTable:
    """Counts by group, the largest first; `total_groups` counts all groups before the cut."""

    columns: list[str]
    rows: list[list[Any]]
    total_groups: int
    total_items: int
    truncated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Something a term may mean, with a score from 0 to 1 and how it was matched.

    `kind` is item, metric, rule, type, owner, location or tag. For an item the three names and
    its type and location are given; for the others `name` (and `key`, the tag's key or the
    item column that holds it) and `count`, how many items carry it.
    """

    kind: str
    term: str
    score: float
    match: str
    name: str
    id: int | None = None
    code: str | None = None
    type: str | None = None
    location: str | None = None
    key: str | None = None
    count: int | None = None

"""What an answer shows: the same blocks for terminal, HTTP, MCP and console; it draws nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Cell = str | int | float | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextBlock:
    """Sentences; `cites` numbers entries of the answer's evidence, from 1."""

    title: str
    lines: tuple[str, ...]
    cites: tuple[int, ...] = ()
    kind: Literal["text"] = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberBlock:
    """One figure with its unit; null where there is no data."""

    title: str
    value: float | int | None
    unit: str | None = None
    cites: tuple[int, ...] = ()
    kind: Literal["number"] = "number"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableBlock:
    """Rows under columns; `total` counts all rows there are, shown or not."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: int
    truncated: bool = False
    cites: tuple[int, ...] = ()
    kind: Literal["table"] = "table"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesBlock:
    """Points `(at, value)` in order of time; `at` is ISO 8601 with zone."""

    title: str
    unit: str | None
    points: tuple[tuple[str, float], ...]
    start: str
    end: str
    truncated: bool = False
    cites: tuple[int, ...] = ()
    kind: Literal["series"] = "series"


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphBlock:
    """Nodes and edges as `graph.expand` gives them, in plain JSON, and how the walk went."""

    title: str
    root: dict[str, Any]
    nodes: tuple[dict[str, Any], ...]
    edges: tuple[dict[str, Any], ...]
    direction: str
    truncated: bool = False
    cites: tuple[int, ...] = ()
    kind: Literal["graph"] = "graph"


@dataclass(frozen=True, slots=True, kw_only=True)
class PathBlock:
    """One path as `graph.path` gives it, in plain JSON."""

    title: str
    nodes: tuple[dict[str, Any], ...]
    edges: tuple[dict[str, Any], ...]
    cites: tuple[int, ...] = ()
    kind: Literal["path"] = "path"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineBlock:
    """History entries newest first, in plain JSON; `total` counts all there are."""

    title: str
    entries: tuple[dict[str, Any], ...]
    total: int
    truncated: bool = False
    cites: tuple[int, ...] = ()
    kind: Literal["timeline"] = "timeline"


Block = TextBlock | NumberBlock | TableBlock | SeriesBlock | GraphBlock | PathBlock | TimelineBlock

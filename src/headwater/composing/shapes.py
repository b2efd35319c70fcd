"""Which block shows a tool's value, told by its shape; it says nothing about its meaning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from headwater.composing.passages import hits_block, quotes_block
from headwater.composing.telling import figure
from headwater.model.block import (
    Block,
    Cell,
    GraphBlock,
    NumberBlock,
    PathBlock,
    SeriesBlock,
    TableBlock,
    TextBlock,
    TimelineBlock,
)

Cites = tuple[int, ...]
ITEM_COLUMNS = ("code", "name", "type", "status", "criticality", "owner", "location")
MOST_ROWS = 200
MOST_TEXT = 4000


def block_of(value: Any, *, title: str, cites: Cites) -> Block | None:
    """Return the block for a value in plain JSON, or None where there is nothing to show."""
    if value is None:
        return TextBlock(title=title, lines=("nothing found",), cites=cites)
    if isinstance(value, bool | str):
        return TextBlock(title=title, lines=(str(value)[:MOST_TEXT],), cites=cites)
    if isinstance(value, int | float):
        return NumberBlock(title=title, value=value, cites=cites)
    if isinstance(value, Mapping):
        return _of_mapping(value, title=title, cites=cites)
    return _of_list(list(value), title=title, cites=cites) if value else None


def _of_mapping(value: Mapping[str, Any], *, title: str, cites: Cites) -> Block:
    for keys, make in _SHAPES:
        if keys <= value.keys():
            return make(value, title=title, cites=cites)
    return fields_block(value, title=title, cites=cites)


def items_block(
    items: Sequence[Mapping[str, Any]], total: int, *, title: str, cites: Cites
) -> TableBlock:
    """Return a table of items with the columns that at least one of them fills."""
    columns = [name for name in ITEM_COLUMNS if name == "code" or _filled(items, name)]
    rows = tuple(tuple(cell(item.get(name)) for name in columns) for item in items)
    return TableBlock(
        title=title,
        columns=tuple(columns),
        rows=rows,
        total=total,
        truncated=total > len(rows),
        cites=cites,
    )


def _filled(items: Sequence[Mapping[str, Any]], name: str) -> bool:
    if name == "name":
        return any(item.get("name") != item.get("code") for item in items)
    return any(item.get(name) is not None for item in items)


def fields_block(value: Mapping[str, Any], *, title: str, cites: Cites) -> TableBlock:
    """Return a table of two columns: each filled field and its value."""
    rows = tuple(
        (str(name), cell(one)) for name, one in flat(value) if one not in (None, "", [], {})
    )
    return TableBlock(
        title=title,
        columns=("field", "value"),
        rows=rows[:MOST_ROWS],
        total=len(rows),
        truncated=len(rows) > MOST_ROWS,
        cites=cites,
    )


def flat(value: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return fields with those of tags and attributes named by their path."""
    found: list[tuple[str, Any]] = []
    for name, one in value.items():
        if isinstance(one, Mapping) and name in {"tags", "attributes"}:
            found.extend((f"{name}.{key}", inner) for key, inner in one.items())
        else:
            found.append((name, one))
    return found


def cell(value: Any) -> Cell:
    """Return a value as a table shows it."""
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, Mapping) and "code" in value:
        return str(value["code"])
    return str(value)[:200]


def _page(value: Mapping[str, Any], *, title: str, cites: Cites) -> Block:
    return items_block(value["items"], int(value["total"]), title=title, cites=cites)


def _groups(value: Mapping[str, Any], *, title: str, cites: Cites) -> Block:
    return TableBlock(
        title=title,
        columns=tuple(value["columns"]),
        rows=tuple(tuple(cell(one) for one in row) for row in value["rows"]),
        total=int(value["total_groups"]),
        truncated=bool(value.get("truncated")),
        cites=cites,
    )


def series_block(value: Mapping[str, Any], *, title: str, cites: Cites) -> SeriesBlock:
    """Return the course of a metric."""
    return SeriesBlock(
        title=title,
        unit=value.get("unit"),
        points=tuple((str(one["at"]), float(one["value"])) for one in value["points"]),
        start=str(value["window"]["start"]),
        end=str(value["window"]["end"]),
        truncated=bool(value.get("truncated")),
        cites=cites,
    )


def _metric(value: Mapping[str, Any], *, title: str, cites: Cites) -> Block:
    if value.get("rows"):
        return ranked_block(value, title=title, cites=cites)
    return NumberBlock(title=title, value=value["value"], unit=value.get("unit"), cites=cites)


def ranked_block(value: Mapping[str, Any], *, title: str, cites: Cites) -> TableBlock:
    """Return a metric of many items, a row each."""
    unit = f" ({value['unit']})" if value.get("unit") else ""
    rows = tuple(
        (row["ci"]["code"], row["ci"]["name"], row["value"], row["samples"])
        for row in value["rows"]
    )
    return TableBlock(
        title=title,
        columns=("code", "name", f"{value['aggregate']}{unit}", "samples"),
        rows=rows,
        total=max(len(rows), int(value.get("cis_used") or 0)),
        truncated=bool(value.get("truncated")),
        cites=cites,
    )


def graph_block(value: Mapping[str, Any], *, title: str, cites: Cites) -> GraphBlock:
    """Return a walk with its nodes and edges."""
    return GraphBlock(
        title=title,
        root=dict(value["root"]),
        nodes=tuple(dict(one) for one in value["nodes"]),
        edges=tuple(dict(one) for one in value["edges"]),
        direction=str(value.get("direction", "both")),
        truncated=bool(value.get("truncated")),
        cites=cites,
    )


def path_block(value: Mapping[str, Any], *, title: str, cites: Cites) -> PathBlock:
    """Return a path from its first node to its last."""
    return PathBlock(
        title=title,
        nodes=tuple(dict(one) for one in value["nodes"]),
        edges=tuple(dict(one) for one in value["edges"]),
        cites=cites,
    )


def timeline_block(value: Mapping[str, Any], *, title: str, cites: Cites) -> TimelineBlock:
    """Return what happened, newest first."""
    return TimelineBlock(
        title=title,
        entries=tuple(dict(one) for one in value["entries"]),
        total=int(value["total"]),
        truncated=bool(value.get("truncated")),
        cites=cites,
    )


def firings_block(value: Mapping[str, Any], *, title: str, cites: Cites) -> TableBlock:
    """Return each firing of a rule with what decided it."""
    rows = tuple(
        (one["ci"]["code"], one["start"], one["end"], _decided(one)) for one in value["firings"]
    )
    return TableBlock(
        title=title,
        columns=("item", "start", "end", "decided by"),
        rows=rows,
        total=int(value["total"]),
        truncated=bool(value.get("truncated")),
        cites=cites,
    )


def _decided(firing: Mapping[str, Any]) -> str:
    total = int(firing.get("evidence_total") or 0)
    first: Mapping[str, Any] = next(iter(firing.get("evidence") or ()), {})
    if "value" in first:
        return f"{total} samples, first {figure(first['value'])}"
    return f"{total} events, first {first.get('title') or first.get('kind') or ''}".rstrip()


def _candidates(value: Mapping[str, Any], *, title: str, cites: Cites) -> Block:
    rows = [(one["term"], found) for one in value["terms"] for found in one["candidates"]]
    table = tuple(
        (term, one["kind"], one.get("code") or one["name"], one.get("type"), one["score"])
        for term, one in rows
    )
    return TableBlock(
        title=title,
        columns=("term", "kind", "candidate", "type", "score"),
        rows=table[:MOST_ROWS],
        total=len(table),
        truncated=len(table) > MOST_ROWS,
        cites=cites,
    )


def _of_list(rows: list[Any], *, title: str, cites: Cites) -> Block:
    mappings = [row for row in rows if isinstance(row, Mapping)]
    columns = tuple(dict.fromkeys(key for row in mappings for key in row))[:12] or ("value",)
    table = tuple(
        tuple(cell(row.get(name)) for name in columns)
        if isinstance(row, Mapping)
        else (cell(row), *([None] * (len(columns) - 1)))
        for row in rows[:MOST_ROWS]
    )
    return TableBlock(
        title=title,
        columns=tuple(str(name) for name in columns),
        rows=table,
        total=len(rows),
        truncated=len(rows) > MOST_ROWS,
        cites=cites,
    )


_SHAPES = (
    (frozenset({"items", "total"}), _page),
    (frozenset({"columns", "rows", "total_groups"}), _groups),
    (frozenset({"points", "window"}), series_block),
    (frozenset({"aggregate", "samples", "window"}), _metric),
    (frozenset({"root", "nodes", "edges"}), graph_block),
    (frozenset({"length", "nodes", "edges"}), path_block),
    (frozenset({"entries", "total"}), timeline_block),
    (frozenset({"firings", "fired"}), firings_block),
    (frozenset({"terms", "estate_empty"}), _candidates),
    (frozenset({"hits", "lanes", "total"}), hits_block),
    (frozenset({"sentences", "searched"}), quotes_block),
)
"""Keys that give a shape away, and what shows it."""

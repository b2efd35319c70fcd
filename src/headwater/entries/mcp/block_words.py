"""What a block of an answer says in words, a few lines each; it draws nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

MOST_NODES = 20


def of_block(block: Mapping[str, Any]) -> Iterator[str]:
    """Give the lines of a block: its title first, then what it shows."""
    yield from _WORDS[block["kind"]](block)


def _text(block: Mapping[str, Any]) -> Iterator[str]:
    yield f"{block['title']}:"
    yield from (f"- {line}" for line in block["lines"])


def _number(block: Mapping[str, Any]) -> Iterator[str]:
    value = "no data" if block["value"] is None else block["value"]
    yield f"{block['title']}: {value} {block['unit'] or ''}".rstrip()


def _table(block: Mapping[str, Any]) -> Iterator[str]:
    yield f"{block['title']} ({len(block['rows'])} of {block['total']}):"
    yield " | ".join(block["columns"])
    for row in block["rows"]:
        yield " | ".join("" if one is None else str(one) for one in row)


def _series(block: Mapping[str, Any]) -> Iterator[str]:
    values = [value for _, value in block["points"]]
    if not values:
        yield f"{block['title']}: no points"
        return
    unit = f" {block['unit']}" if block["unit"] else ""
    ends = f"first {values[0]}{unit}, last {values[-1]}{unit}"
    yield (
        f"{block['title']}: {len(values)} points, {ends}, "
        f"least {min(values)}{unit}, most {max(values)}{unit}"
    )


def _graph(block: Mapping[str, Any]) -> Iterator[str]:
    nodes = block["nodes"]
    named = [f"{one.get('code')} ({one.get('type')}, {one.get('depth')} away)" for one in nodes]
    more = f" and {len(named) - MOST_NODES} more" if len(named) > MOST_NODES else ""
    told = f"{block['title']}: {len(nodes)} items, {len(block['edges'])} relations"
    yield f"{told}: {', '.join(named[:MOST_NODES])}{more}"


def _path(block: Mapping[str, Any]) -> Iterator[str]:
    yield f"{block['title']}: {' -> '.join(str(one.get('code')) for one in block['nodes'])}"


def _timeline(block: Mapping[str, Any]) -> Iterator[str]:
    yield f"{block['title']} ({len(block['entries'])} of {block['total']}):"
    for entry in block["entries"]:
        item = (entry.get("ci") or {}).get("code", "")
        yield f"- {entry.get('at')} {entry.get('kind')} {item}: {entry.get('title')}"


_WORDS = {
    "text": _text,
    "number": _number,
    "table": _table,
    "series": _series,
    "graph": _graph,
    "path": _path,
    "timeline": _timeline,
}

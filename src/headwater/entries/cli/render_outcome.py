"""How the outcome of one call looks in a terminal, whatever its tool returns."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from headwater.entries.cli.look import Look
from headwater.entries.cli.render_answer import draw_evidence
from headwater.entries.cli.render_table import draw_table, facts_grid
from headwater.entries.cli.text import amount, clean, shortened, span
from headwater.model.outcome import Failed, Late, Outcome, Skipped, Succeeded

SIGNS = {
    "succeeded": ("●", "bold green"),
    "late": ("◷", "bold magenta"),
    "failed": ("✕", "bold red"),
    "skipped": ("-", "dim"),
}
MOST_COLUMNS = 7
MOST_CELL = 60


def draw_outcome(tool: str, outcome: Outcome, look: Look) -> list[RenderableType]:
    """Return an outcome's status, its value or why there is none, and its evidence."""
    head = _head(tool, outcome)
    match outcome:
        case Succeeded():
            drawn = [head, *draw_value(outcome.value, width=look.width)]
            evidence = draw_evidence(outcome.evidence, look)
            return [*drawn, "", *evidence] if evidence else drawn
        case Failed():
            return [head, Text(clean(outcome.message)), Text(f"code {outcome.code}", style="dim")]
        case Late() | Skipped():
            return [head, Text(clean(outcome.message))]


def draw_value(value: Any, *, width: int) -> list[RenderableType]:
    """Return plain JSON as people read it: facts a line each, rows under columns."""
    if isinstance(value, Mapping):
        return _mapping(value, width)
    if isinstance(value, list) and value and all(isinstance(one, Mapping) for one in value):
        return _rows(value, width)
    return [Text(f"  {_cell(value)}")]


def _head(tool: str, outcome: Outcome) -> Text:
    sign, style = SIGNS[outcome.status]
    text = Text(f"{sign} {outcome.status.upper()}", style=style)
    facts = [clean(tool)]
    if not isinstance(outcome, Skipped):
        facts.append(f"in {span(outcome.elapsed_s)}")
        facts.append(f"{outcome.attempts} tries" if outcome.attempts > 1 else "")
    if isinstance(outcome, Succeeded) and outcome.via != "direct":
        facts.append(f"by {outcome.via} {clean(outcome.via_tool or '')}".rstrip())
    text.append("  " + "  ".join(fact for fact in facts if fact), style="default not bold")
    return text


def _mapping(value: Mapping[str, Any], width: int) -> list[RenderableType]:
    grid = facts_grid()
    below: list[RenderableType] = []
    columns = value.get("columns")
    for name, one in value.items():
        if name == "rows" and isinstance(columns, list) and isinstance(one, list):
            below.extend(["", *draw_table([str(column) for column in columns], one, width=width)])
        elif isinstance(one, list) and one and all(isinstance(row, Mapping) for row in one):
            below.extend(["", Text(clean(name), style="bold"), *_rows(one, width)])
        elif name != "columns" or "rows" not in value:
            grid.add_row(Text(clean(name)), Text(_cell(one)))
    return [grid, *below] if grid.row_count else below


def _rows(rows: Sequence[Mapping[str, Any]], width: int) -> list[RenderableType]:
    names = list(dict.fromkeys(name for row in rows for name in row))
    filled = [name for name in names if any(row.get(name) not in (None, {}, []) for row in rows)]
    shown = filled[: max(2, min(MOST_COLUMNS, width // 11))]
    cells = [[_value(row.get(name)) for name in shown] for row in rows]
    drawn = draw_table(shown, cells, width=width)
    left_out = [clean(name) for name in filled if name not in shown]
    if left_out:
        words = f"  … with --json also {', '.join(left_out)}"
        drawn.append(Text(words, style="dim", no_wrap=True, overflow="ellipsis"))
    return drawn


def _value(value: Any) -> Any:
    if isinstance(value, int | float | bool):
        return value
    if not value:
        return None
    cell = _cell(value)
    return shortened(cell, MOST_CELL)


def _cell(value: Any) -> str:
    if isinstance(value, Mapping) and {"id", "code", "name"} <= set(value) <= _NAMES:
        value = value["code"]
    words = {None: "-", True: "yes", False: "no"}
    if value is None or isinstance(value, bool):
        return words[value]
    if isinstance(value, int | float):
        return amount(value)
    return clean(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


_NAMES = {"id", "code", "name", "type", "status", "criticality", "depth"}

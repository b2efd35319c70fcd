"""How the figures are shown: one table at the terminal, JSON, a page of the reference."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.misses import missed, reasons
from bench.rows import Row

PAGE = Path(__file__).parents[1] / "docs/reference/performance.md"
BEGIN, END = "<!-- figures: written by `make bench` -->", "<!-- end of figures -->"
COLOURS = {"met": "green", "missed": "red", "told": "", "not installed": "yellow", "failed": "red"}


def show(rows: Sequence[Row], machine: Mapping[str, str], *, page: Path = PAGE) -> None:
    """Print the table, and why bars are missed as far as the page of the figures knows it."""
    table = Table(caption=", ".join(f"{name} {value}" for name, value in machine.items()))
    for column in ("bar", "what", "figure", "at most", "verdict", "note"):
        table.add_column(column, overflow="fold")
    for row in rows:
        style = COLOURS[row.verdict]
        table.add_row(row.bar, row.what, row.figure, row.limit, row.verdict, row.note, style=style)
    console = Console()
    console.print(table)
    known = reasons(page)
    for bar in missed(rows):
        console.print(f"\nWhy {bar} is missed:", style="bold")
        console.print(known.get(bar, f"{page.name} has no profile of it yet."), markup=False)


def save_json(rows: Sequence[Row], machine: Mapping[str, str], file: Path) -> None:
    """Write the figures as one JSON document."""
    document = {"machine": dict(machine), "rows": [asdict(row) for row in rows]}
    file.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def read_json(file: Path) -> list[Row]:
    """Return the figures of such a document."""
    return [Row(**row) for row in json.loads(file.read_text(encoding="utf-8"))["rows"]]


def write_page(rows: Sequence[Row], machine: Mapping[str, str], *, page: Path = PAGE) -> None:
    """Put the figures into a page of the reference, in place of those it has of the same bars."""
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    held, _, after = rest.partition(END)
    new = {row.bar for row in rows}
    lines = [f"- {name.replace('_', ' ')}: {value}" for name, value in machine.items()]
    lines += ["", "| bar | what | figure | at most | verdict | note |", "|---|---|---|---|---|---|"]
    lines += [
        one
        for one in held.splitlines()
        if one.startswith("| ") and one.split(" | ")[0][2:] not in {*new, "bar"}
    ]
    for row in rows:
        cells = (row.bar, row.what, row.figure, row.limit, row.verdict, row.note)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    figures = "\n".join(lines)
    page.write_text(f"{before}{BEGIN}\n\n{figures}\n\n{END}{after}", encoding="utf-8")

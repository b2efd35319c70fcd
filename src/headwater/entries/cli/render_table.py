"""How rows under columns fit a width; it leaves out none of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from headwater.entries.cli.look import Look
from headwater.entries.cli.text import amount, clean

LEAST_CELL = 10
MOST_WHOLE = 32
GAP = 2


def draw_table(
    columns: Sequence[str], rows: Sequence[Sequence[object]], *, width: int, whole: int = 0
) -> list[RenderableType]:
    """Return a table, or a record a row where the columns would be too narrow to read.

    The first `whole` columns are never folded: what is to be copied stays in one piece.
    """
    if not rows:
        return [Text("  none", style="dim")]
    shown = [[_cell(value) for value in row] for row in rows]
    if _least_width(columns, shown, whole) > width:
        return _records(columns, shown)
    table = Table(box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0), header_style="dim")
    for number, column in enumerate(columns):
        figures = all(_is_figure(row[number]) for row in rows)
        head = Text(clean(column), no_wrap=True)
        side: Literal["left", "right"] = "right" if figures else "left"
        widest = max(row[number].cell_len for row in shown) if number < whole else 0
        least = max(head.cell_len, min(widest, MOST_WHOLE))
        # A width that is set is left alone; one above its least may be cut, and the table with it.
        fixed = least if number < whole and widest <= MOST_WHOLE else None
        table.add_column(head, justify=side, overflow="fold", min_width=least, width=fixed)
    for row in shown:
        table.add_row(*row)
    return [Padding(table, (0, 0, 0, 2), expand=False)]


def _least_width(columns: Sequence[str], rows: Sequence[Sequence[Text]], whole: int) -> int:
    least = [
        max(
            cell_len(clean(column)),
            min(
                max(row[number].cell_len for row in rows),
                LEAST_CELL if number >= whole else MOST_WHOLE,
            ),
        )
        for number, column in enumerate(columns)
    ]
    return sum(least) + GAP * len(columns) + 1


def _records(columns: Sequence[str], rows: Sequence[Sequence[Text]]) -> list[RenderableType]:
    grid = facts_grid(most_name=14)
    for number, row in enumerate(rows):
        if number:
            grid.add_row("", "")
        for column, cell in zip(columns, row, strict=True):
            if cell.plain:
                grid.add_row(Text(clean(column)), cell)
    return [grid]


def facts_grid(*, columns: int = 2, most_name: int | None = None) -> Table:
    """Return an empty grid for lines of names and facts, set in by two cells, names dim."""
    grid = Table.grid(padding=(0, 0, 0, 2), pad_edge=True)
    for number in range(columns):
        most = most_name if number == 0 else None
        grid.add_column(overflow="fold", style="" if number else "dim", max_width=most)
    return grid


def _cell(value: object) -> Text:
    if value is None:
        return Text("")
    if isinstance(value, bool):
        return Text("yes" if value else "no")
    if isinstance(value, int | float):
        return Text(amount(value))
    return Text(clean(value))


def _is_figure(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def draw_page(
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    total: int,
    look: Look,
    none: str,
    whole: int = 0,
) -> list[RenderableType]:
    """Return rows as a table and how many more there are; the words `none` where there are none."""
    if not rows:
        return [Text(none, style="dim")]
    hidden = total - len(rows)
    more = [Text(f"  … {hidden:,} more", style="dim")] if hidden > 0 else []
    return [*draw_table(columns, rows, width=look.width, whole=whole), *more]

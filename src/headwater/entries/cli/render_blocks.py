"""How each kind of block looks in a terminal; it decides nothing about what is shown."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from headwater.entries.cli.look import Look
from headwater.entries.cli.render_graph import draw_graph, draw_path
from headwater.entries.cli.render_series import draw_series
from headwater.entries.cli.render_table import draw_table
from headwater.entries.cli.text import amount, clean, clean_lines
from headwater.entries.cli.zone import Times, zone_name
from headwater.model.block import (
    Block,
    GraphBlock,
    NumberBlock,
    PathBlock,
    SeriesBlock,
    TableBlock,
    TextBlock,
    TimelineBlock,
)


def draw_block(block: Block, look: Look) -> list[RenderableType]:
    """Return a block's title and what it shows, each line no wider than the look allows."""
    return [_title(block), *_body(block, look)]


def _body(block: Block, look: Look) -> list[RenderableType]:
    drawn: list[RenderableType]
    match block:
        case TextBlock():
            drawn = [_line(line) for text in block.lines for line in clean_lines(text)]
        case NumberBlock():
            unit = clean(block.unit or "") if block.value is not None else ""
            drawn = [Text(f"  {amount(block.value)} {unit}".rstrip(), style="bold cyan")]
        case TableBlock():
            drawn = draw_table(block.columns, block.rows, width=look.width)
            drawn.extend(_more(len(block.rows), block.total))
        case SeriesBlock():
            drawn = list(draw_series(block, look))
        case GraphBlock():
            cut = Text("… the walk was cut at its limit", style="dim")
            drawn = [draw_graph(block), *([cut] if block.truncated else [])]
        case PathBlock():
            drawn = [draw_path(block)]
        case TimelineBlock():
            drawn = _timeline(block, look)
    return drawn


def _line(line: str) -> RenderableType:
    return Padding(Text(line), (0, 0, 0, 2))


def _title(block: Block) -> Text:
    title = Text(clean(block.title), style="bold")
    if isinstance(block, SeriesBlock) and block.unit:
        title.append(f" ({clean(block.unit)})", style="bold")
    if block.cites:
        title.append(" " + "".join(f"[{number}]" for number in block.cites), style="dim")
    return title


def _timeline(block: TimelineBlock, look: Look) -> list[RenderableType]:
    times = Times(look.zone, [one.get("at") for one in block.entries], look.today)
    graded = any(one.get("severity") for one in block.entries)
    columns = [f"at ({zone_name(look.zone)})", "kind", *(["severity"] if graded else [])]
    rows: list[Sequence[object]] = []
    for one in block.entries:
        item = one.get("ci") or {}
        named = item.get("code") if isinstance(item, dict) else item
        severity = [one.get("severity")] if graded else []
        rows.append(
            [times.show(one.get("at")), one.get("kind"), *severity, named, one.get("title")]
        )
    drawn = draw_table([*columns, "item", "title"], rows, width=look.width)
    return [*drawn, *_more(len(block.entries), block.total)]


def _more(shown: int, total: int) -> list[RenderableType]:
    if shown >= total:
        return []
    return [Text(f"  … {total - shown:,} more of {total:,}", style="dim")]

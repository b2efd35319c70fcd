"""How points in time look as a line of little bars; it measures nothing anew."""

from __future__ import annotations

from datetime import datetime

from rich.text import Text

from headwater.entries.cli.look import Look
from headwater.entries.cli.text import amount
from headwater.entries.cli.zone import Times, instant, zone_name
from headwater.model.block import SeriesBlock

TICKS = "▁▂▃▄▅▆▇█"
MOST_BARS = 60
Point = tuple[datetime, float]


def draw_series(block: SeriesBlock, look: Look) -> list[Text]:
    """Return a sparkline with its first and last value, then the extremes with their instants.

    A bar is the mean of the points in its share of the window; a share without points is blank.
    """
    points = [(at, value) for text, value in block.points if (at := instant(text)) is not None]
    if not points:
        return [Text("  no data in the window", style="dim")]
    first, last = amount(points[0][1]), amount(points[-1][1])
    room = max(min(look.width - len(first) - len(last) - 4, MOST_BARS), 1)
    line = Text(f"  {first} ", no_wrap=True)
    line.append(_bars(points, _window(block, points), room), style="cyan")
    line.append(f" {last}")
    line.truncate(look.width, overflow="ellipsis")
    return [line, *_facts(block, points, look)]


def _facts(block: SeriesBlock, points: list[Point], look: Look) -> list[Text]:
    lowest = min(points, key=lambda point: point[1])
    highest = max(points, key=lambda point: point[1])
    times = Times(look.zone, [block.start, block.end], look.today)
    facts = [
        f"min {amount(lowest[1])} at {times.show(lowest[0])}",
        f"max {amount(highest[1])} at {times.show(highest[0])}",
        f"{times.show(block.start)} to {times.show(block.end)} {zone_name(look.zone)}",
        *(["cut at the limit of points"] if block.truncated else []),
    ]
    lines = [Text(f"  {facts[0]}", style="dim")]
    for fact in facts[1:]:
        if lines[-1].cell_len + len(fact) + 3 <= look.width:
            lines[-1].append(f"   {fact}")
        else:
            lines.append(Text(f"  {fact}", style="dim"))
    return lines


def _window(block: SeriesBlock, points: list[Point]) -> tuple[datetime, datetime]:
    return instant(block.start) or points[0][0], instant(block.end) or points[-1][0]


def _bars(points: list[Point], window: tuple[datetime, datetime], room: int) -> str:
    start, end = window
    count = min(room, len(points))
    span_s = max((end - start).total_seconds(), 1e-6)
    sums, counts = [0.0] * count, [0] * count
    for at, value in points:
        place = int((at - start).total_seconds() / span_s * count)
        place = min(max(place, 0), count - 1)
        sums[place] += value
        counts[place] += 1
    means = [total / size if size else None for total, size in zip(sums, counts, strict=True)]
    known = [mean for mean in means if mean is not None]
    low, reach = min(known), max(known) - min(known)
    return "".join(" " if mean is None else _tick(mean - low, reach) for mean in means)


def _tick(above: float, reach: float) -> str:
    if reach <= 0:
        return TICKS[0]
    return TICKS[min(int(above / reach * len(TICKS)), len(TICKS) - 1)]

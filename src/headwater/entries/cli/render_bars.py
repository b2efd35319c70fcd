"""How a waterfall looks in a terminal; it reads no events and no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from headwater.composing.waterfall import Bar, BarState, Waterfall
from headwater.entries.cli.text import clean, span

SIGNS: Mapping[BarState, tuple[str, str, str]] = {
    "waiting": ("·", "·", "dim"),
    "running": ("▸", "▓", "cyan"),
    "succeeded": ("✓", "█", "green"),
    "cached": ("◆", "█", "blue"),
    "fallback": ("↪", "█", "yellow"),
    "retried": ("↻", "█", "yellow"),
    "failed": ("✕", "▒", "red"),
    "late": ("◷", "░", "magenta"),
    "skipped": ("-", "·", "dim"),
}
"""For each state its sign, what its bar is made of, and its colour."""

MOST_BAR = 34
LEAST_BAR = 8
MOST_NOTE = 20
LIVE_NOTE = 11
MOST_LABEL = 34


def draw_waterfall(picture: Waterfall, *, width: int, now_s: float | None = None) -> list[Text]:
    """Return a line for each step; with `now_s` running bars reach to that instant."""
    if not picture.bars:
        return []
    scale_s = _scale(picture, now_s)
    labels = [_label(bar) for bar in picture.bars]
    notes = [_note(bar, picture, now_s) for bar in picture.bars]
    # While it runs the notes change: a width that stays keeps the bars from jumping.
    least = LIVE_NOTE if now_s is not None else 1
    note_width = min(MOST_NOTE, max(least, *map(cell_len, notes)))
    label_width = min(MOST_LABEL, max(map(cell_len, labels)), max(8, width * 2 // 5))
    bar_width = min(MOST_BAR, width - label_width - note_width - 6)
    if bar_width < LEAST_BAR:
        label_width = max(width - note_width - 4, 1)
    lines = []
    for bar, label, note in zip(picture.bars, labels, notes, strict=True):
        sign, _, colour = SIGNS[bar.state]
        line = Text(no_wrap=True, overflow="ellipsis")
        line.append(f"{sign} ", style=colour)
        line.append(_sized(label, label_width) + "  ")
        if bar_width >= LEAST_BAR:
            line.append_text(_track(bar, scale_s, now_s=now_s, width=bar_width))
        line.append(_right(note, note_width), style=colour if bar.note else "")
        line.rstrip()
        line.truncate(width, overflow="ellipsis")
        lines.append(line)
    return lines


def telling_bars(picture: Waterfall, most: int) -> tuple[Waterfall, int]:
    """Return the picture with only the bars that tell most, and how many others there are.

    Those that did not simply succeed come first, then the longest; their order stays.
    """
    if len(picture.bars) <= most:
        return picture, 0
    weights = [(bar.state != "succeeded", bar.elapsed_s or 0.0) for bar in picture.bars]
    ranked = sorted(range(len(weights)), key=lambda at: weights[at], reverse=True)
    kept = sorted(ranked[:most])
    bars = tuple(picture.bars[at] for at in kept)
    return replace(picture, bars=bars), len(picture.bars) - most


def draw_writing(picture: Waterfall, *, width: int) -> list[Text]:
    """Return the line with the end of what a language model writes just now, if one does."""
    if not picture.writing:
        return []
    said = "a model writes, unchecked: "
    words = clean(" ".join(picture.writing.split()))
    while words and cell_len(said) + cell_len(words) > width:
        words = words[max(1, (cell_len(said) + cell_len(words) - width) // 2) :]
    line = Text(f"{said}{words}", style="dim", no_wrap=True, overflow="ellipsis")
    line.truncate(width, overflow="ellipsis")
    return [line]


def draw_head(picture: Waterfall, *, width: int, now_s: float) -> list[Text]:
    """Return the two lines over a live waterfall: the question, and the time used of that given."""
    question = Text(clean(picture.text), no_wrap=True, overflow="ellipsis", style="bold")
    question.truncate(width, overflow="ellipsis")
    budget_s = picture.budget_s or 1.0
    counts = f"  {now_s:.1f} of {budget_s:g} s   {picture.ended}/{len(picture.bars)} steps"
    room = min(44, max(width - len(counts), 0))
    done = round(room * min(now_s / budget_s, 1.0))
    line = Text(no_wrap=True, overflow="ellipsis")
    line.append("█" * done, style="cyan")
    line.append("─" * (room - done), style="dim")
    line.append(counts.strip() if not room else counts)
    line.truncate(width, overflow="ellipsis")
    return [question, line]


def plain_line(bar: Bar) -> str:
    """Return one step that has ended as a plain line of a log."""
    sign = SIGNS[bar.state][0]
    note = f"  {clean(bar.note)}" if bar.note else ""
    return f"{sign} {_label(bar)}  {span(bar.elapsed_s)}{note}"


def _scale(picture: Waterfall, now_s: float | None) -> float:
    if now_s is not None:
        return max(picture.budget_s, now_s, 0.001)
    return max(picture.last_s, 0.001)


def _label(bar: Bar) -> str:
    tool, step = clean(bar.tool) or "step", clean(bar.step)
    return tool if not step or step == tool.rpartition(".")[2] else f"{tool} {step}"


def _note(bar: Bar, picture: Waterfall, now_s: float | None) -> str:
    if bar.state == "late" and not bar.note:
        at_s = bar.end_s if bar.end_s is not None else picture.budget_s
        return f"cut at {span(at_s)}"
    if bar.note:
        return clean(bar.note)
    if bar.state == "running" and now_s is not None and bar.start_s is not None:
        return span(max(now_s - bar.start_s, 0.0))
    return span(bar.elapsed_s)


def _track(bar: Bar, scale_s: float, *, now_s: float | None, width: int) -> Text:
    _, fill, colour = SIGNS[bar.state]
    if bar.start_s is None or bar.state in {"skipped", "waiting"}:
        return Text("·" * width + "  ", style="dim")
    end_s = bar.end_s if bar.end_s is not None else (now_s or bar.start_s)
    first = min(int(bar.start_s / scale_s * width), width - 1)
    last = min(max(round(end_s / scale_s * width), first + 1), width)
    track = Text()
    track.append("·" * first, style="dim")
    track.append(fill * (last - first), style=colour)
    track.append("·" * (width - last) + "  ", style="dim")
    return track


def _sized(text: str, width: int) -> str:
    """Return text of exactly this width in cells, its cut end marked."""
    if cell_len(text) > width:
        text = set_cell_size(text, width - 1).rstrip() + "…"
    return set_cell_size(text, width)


def _right(text: str, width: int) -> str:
    return _sized(text, width) if cell_len(text) > width else " " * (width - cell_len(text)) + text

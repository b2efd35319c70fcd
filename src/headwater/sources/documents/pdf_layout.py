"""What is a heading, a paragraph, a running title on a PDF's pages; it opens no file.

A PDF has no headings, only characters of some size at some place. A short line clearly larger than
most of the text is taken for a heading, a wider gap between lines for a new paragraph, and a line
that stands apart at the edge of most pages for a running title, which is left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from statistics import median
from typing import Any

from headwater.sources.documents.blocks import Block, BlockKind, Parsed

HEADING_RATIO = 1.15
"""Times the size of most of the text that a heading's is at least."""
MOST_HEADING = 150
MOST_LEVELS = 4
GAP_RATIO = 1.4
"""Times the usual distance of two lines from which on it parts paragraphs."""
HEIGHT_RATIO = 1.6
"""Times a line's height, where nothing tells the usual distance."""
RUNNING_LEAST_PAGES = 4
RUNNING_LEAST_LINES = 3
RUNNING_SHARE = 0.5
MOST_TITLE = 300
NOTHING = {"untitled", "(anonymous)", "anonymous", "(unspecified)", "unspecified", "unknown"}
"""What programs write where nobody said anything."""
_WRITERS = ("microsoft word - ", "microsoft powerpoint - ")
_ODD = re.compile("[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
_SOFT_HYPHEN = re.compile("[\x02\ufffe\u00ad]$")
_DIGITS = re.compile(r"\d+")
_DATE = re.compile(
    r"D:(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:([+-])(\d\d)'?(\d\d)?'?|Z)?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page: its words, the height of its characters, its top in points."""

    text: str
    height: float
    top: float
    breaks: bool = False
    """Whether its last word goes on in the next line."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page as the reader told of it."""

    number: int
    lines: tuple[Line, ...]
    images: int = 0
    unread: bool = False

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Page:
        """Return the page that a line of the reader tells of."""
        lines = tuple(_line(*one) for one in told["lines"])
        return cls(
            number=int(told["page"]),
            lines=tuple(line for line in lines if line.text),
            images=int(told.get("images", 0)),
            unread=bool(told.get("unread", False)),
        )


def _line(text: str, height: float, top: float) -> Line:
    breaks = _SOFT_HYPHEN.search(text) is not None
    return Line(_ODD.sub("", _SOFT_HYPHEN.sub("", text)).strip(), height, top, breaks)


def parsed_pages(pages: Sequence[Page], metadata: Mapping[str, str]) -> Parsed:
    """Return the text of pages with its headings, and what the document says of itself."""
    levels = _levels([line for page in pages for line in page.lines])
    running = _running(pages, levels)
    kept = [(page, [one for one in page.lines if _shape(one) not in running]) for page in pages]
    writer = _Writer()
    for page, lines in kept:
        for kind, level, paragraph in _paragraphs(lines, levels):
            writer.write(kind, level, paragraph, page=page.number)
    tags = {name.lower(): one for name in ("Author", "Subject", "Keywords")
            if (one := _clean(metadata.get(name, "")))}  # fmt: skip
    return Parsed(
        text=writer.text,
        blocks=tuple(writer.blocks),
        title=_title(metadata.get("Title", "")),
        tags=tags,
        at=_instant(metadata.get("ModDate", "")) or _instant(metadata.get("CreationDate", "")),
        pages=len(pages),
        unread_pages=tuple(page.number for page in pages if page.unread),
        images=sum(page.images for page in pages),
    )


class _Writer:
    """Puts paragraphs one after the other into a text."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._parts: list[str] = []
        self._length = 0

    @property
    def text(self) -> str:
        """Return what was written."""
        return "".join(self._parts)

    def write(self, kind: BlockKind, level: int, lines: Sequence[Line], *, page: int) -> None:
        """Write a paragraph or heading that begins on this page."""
        joined = "".join(line.text if line.breaks else f"{line.text}\n" for line in lines).rstrip()
        title = " ".join(joined.split())[:MOST_TITLE] if kind == "heading" else ""
        start, end = self._length, self._length + len(joined)
        self.blocks.append(Block(kind, start, end, level, title, page))
        self._parts.append(f"{joined}\n\n")
        self._length = end + 2


def _shape(line: Line) -> str:
    """Return a line with its numbers left out: page numbers differ from page to page."""
    return _DIGITS.sub("#", line.text)


def _running(pages: Sequence[Page], levels: Mapping[float, int]) -> set[str]:
    """Return the shapes of lines that stand apart at the top or bottom of most pages.

    A heading at the top is one only where it is everywhere the same: those of chapters may differ
    by their numbers alone.
    """
    if len(pages) < RUNNING_LEAST_PAGES:
        return set()
    seen: Counter[str] = Counter()
    for page in pages:
        highest, lowest = _edges(page.lines)
        shapes = {_shape(one) for one in (highest, lowest) if one is not None}
        if highest is not None and highest.height in levels:
            shapes.discard(_shape(highest))
            shapes.update({highest.text} if _shape(highest) == highest.text else ())
        seen.update(shapes)
    return {shape for shape, times in seen.items() if times >= len(pages) * RUNNING_SHARE}


def _edges(lines: Sequence[Line]) -> tuple[Line | None, Line | None]:
    """Return the highest and the lowest line of a page, each where a gap parts it from the rest."""
    ordered = sorted(lines, key=lambda line: -line.top)
    if len(ordered) < RUNNING_LEAST_LINES:
        return None, None
    least = _usual_gap(ordered) * GAP_RATIO
    highest = ordered[0] if ordered[0].top - ordered[1].top > least else None
    lowest = ordered[-1] if ordered[-2].top - ordered[-1].top > least else None
    return highest, lowest


def _levels(lines: Sequence[Line]) -> dict[float, int]:
    """Return which heights of lines are headings', and of which level, the largest first."""
    characters: Counter[float] = Counter()
    for line in lines:
        if line.height:
            characters[line.height] += len(line.text)
    if not characters:
        return {}
    usual = max(characters, key=lambda height: (characters[height], -height))
    larger = sorted((one for one in characters if one >= usual * HEADING_RATIO), reverse=True)
    return {height: min(level, MOST_LEVELS) for level, height in enumerate(larger, 1)}


def _paragraphs(
    lines: Sequence[Line], levels: Mapping[float, int]
) -> list[tuple[BlockKind, int, list[Line]]]:
    """Return a page's headings and paragraphs."""
    found: list[tuple[BlockKind, int, list[Line]]] = []
    most_gap = _usual_gap(lines) * GAP_RATIO
    before: Line | None = None
    for line in lines:
        level = levels.get(line.height, 0) if len(line.text) <= MOST_HEADING else 0
        kind: BlockKind = "heading" if level else "text"
        most = most_gap or line.height * HEIGHT_RATIO
        apart = before is None or not 0 < before.top - line.top <= most
        if found and found[-1][:2] == (kind, level) and not apart:
            found[-1][2].append(line)
        else:
            found.append((kind, level, [line]))
        before = line
    return found


def _usual_gap(lines: Sequence[Line]) -> float:
    gaps = [one.top - two.top for one, two in pairwise(lines) if one.top > two.top]
    return median(gaps) if gaps else 0.0


def _title(written: str) -> str:
    title = _clean(written)
    for writer in _WRITERS:
        if title.lower().startswith(writer):
            title = title[len(writer) :]
    return title


def _clean(written: str) -> str:
    words = " ".join(_ODD.sub("", written).split())[:MOST_TITLE]
    return "" if words.lower() in NOTHING else words


def _instant(written: str) -> datetime | None:
    """Return the instant of a PDF's date, such as `D:20240131120000+01'00'`."""
    found = _DATE.match(written)
    if found is None:
        return None
    numbers = [int(one) if one else None for one in found.groups()[:6]]
    year, month, day, hour, minute, second = numbers
    ahead = timedelta(hours=int(found[8] or 0), minutes=int(found[9] or 0))
    try:
        zone = timezone(-ahead if found[7] == "-" else ahead) if ahead else UTC
        return datetime(year or 1, month or 1, day or 1, hour or 0, minute or 0, second or 0,
                        tzinfo=zone)  # fmt: skip
    except ValueError:
        return None

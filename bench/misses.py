"""Why is a bar missed? Told by the page of the figures, under a heading with the bar's name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from bench.rows import Row

SECTION = "## Why a bar is missed"
_HEADING = re.compile(r"^### `(\w+)`$", re.MULTILINE)

_WRAPPED = re.compile(r"(?<!\n)\n(?!\n)")


def reasons(page: Path) -> dict[str, str]:
    """Return what a page says of each bar that is missed: its profile, and what was tried."""
    _, _, section = page.read_text(encoding="utf-8").partition(f"{SECTION}\n")
    _, *parts = _HEADING.split(section)
    lines = (_WRAPPED.sub(" ", text.strip()) for text in parts[1::2])
    return dict(zip(parts[::2], lines, strict=True))


def missed(rows: Iterable[Row]) -> list[str]:
    """Return the bars of which a row is missed, each once."""
    return list(dict.fromkeys(row.bar for row in rows if row.verdict == "missed"))

"""How figures, instants and names are put in words; it decides nothing about what is said."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo
from typing import Any

from headwater.model.window import Window

MOST_SAID = 3
_PLAIN = re.compile(r"[\w.:/@-]*\d[\w.:/@-]*|[\w:/@]+(?:[-_./][\w:/@]+)+|[A-Za-z]\w*")


def figure(value: float | None, unit: str | None = None) -> str:
    """Return a figure with at most four telling digits and its unit."""
    if value is None:
        return "no data"
    whole = float(value).is_integer() and abs(value) < 1e15  # noqa: PLR2004
    text = str(int(value)) if whole else f"{value:.4g}"
    if "e" in text and abs(value) < 1e15:  # noqa: PLR2004
        text = f"{value:.0f}"
    if not unit or unit == "1":
        return text
    return f"{text}%" if unit in {"%", "percent"} else f"{text} {unit}"


def count(number: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun: "1 item", "2 items"."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def clock(at: datetime, zone: tzinfo | None, *, beside: datetime | None = None) -> str:
    """Return an instant in a zone: the time alone where it is on the day of `beside`."""
    here = at.astimezone(zone)
    if beside is not None and beside.astimezone(zone).date() == here.date():
        return f"{here:%H:%M}"
    return f"{here:%Y-%m-%d %H:%M}"


def span(window: Window, zone: tzinfo | None) -> str:
    """Return a window in words: "2026-11-20 14:00 to 16:00"."""
    start = clock(window.start, zone)
    return f"{start} to {clock(window.end, zone, beside=window.start)}"


def instant(text: str) -> datetime:
    """Return the instant of ISO 8601 text with its zone."""
    return datetime.fromisoformat(text)


def duration(seconds: float) -> str:
    """Return a span of time in the largest unit that fits."""
    for size, name in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            return count(round(seconds / size), name)
    return count(round(seconds), "second")


def tally(counts: Mapping[str, int], limit: int = 4) -> str:
    """Return counts by kind, the largest first: "3 services, 1 queue"."""
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    said = [count(number, str(kind), plural(str(kind))) for kind, number in ordered[:limit]]
    more = sum(number for _, number in ordered[limit:])
    return ", ".join([*said, f"{more} more"] if more else said)


def plural(word: str) -> str:
    """Return a noun's plural by its ending."""
    if word.endswith("y") and word[-2:-1] not in set("aeiou"):
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x", "ch", "sh")) else "s")


def singular(word: str) -> str:
    """Return a noun's singular by its ending, as it may follow "no"."""
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def names(rows: Iterable[Mapping[str, Any]], limit: int = MOST_SAID) -> str:
    """Return the codes of the first items, and how many more there are."""
    codes = [str(row.get("code") or row.get("name")) for row in rows]
    more = len(codes) - limit
    return ", ".join(codes[:limit]) + (f" and {more} more" if more > 0 else "")


def called(row: Mapping[str, Any]) -> str:
    """Return an item's code with its name where that says more."""
    code, name = str(row.get("code")), str(row.get("name"))
    return code if name.lower() in {code.lower(), "none", ""} else f"{name} ({code})"


def ask_name(code: str) -> str:
    """Return a name as it may stand in a question: in quotes where it is no plain word."""
    if _PLAIN.fullmatch(code):
        return code
    quote = '"' if '"' not in code else "'"
    return f"{quote}{code}{quote}"

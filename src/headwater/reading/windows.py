"""Which span of time a question means, and its words without it; it reads no clock."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from headwater.model.window import Window
from headwater.reading.moments import (
    CLOCK,
    DATE,
    DAY,
    MOMENT,
    NUMBER,
    UNIT,
    Moment,
    back,
    find_clock,
    find_moment,
    local,
    seconds,
)

_IN = r"(?:(?:in|over|during|for|within|from|of|on|at|around|about|throughout) )?"
_SHORT_DAYS = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"}
"""Names rather than days where they stand alone."""
_EDGE = (r"(?<![\w.-])", r"(?![\w-])")


@dataclass(frozen=True, slots=True)
class Spoken:
    """A window with the words that gave it."""

    window: Window
    words: str


def iso_interval(window: Window) -> str:
    """Return the window as tools take it: two ISO 8601 instants with their offsets."""
    return f"{window.start.isoformat()}/{window.end.isoformat()}"


def last(now: datetime, span_s: float) -> Window:
    """Return the window of so many seconds that ends now."""
    return Window(back(now, span_s), now)


def take_window(text: str, now: datetime) -> tuple[str, Spoken | None]:
    """Return the text without the words of its window, and the window, or None without one.

    Windows are half-open and end at `now` at the latest where they have begun by then.
    """
    lower = text.lower()
    for pattern, make, hints in _FORMS:
        hinted = all(any(word in lower for word in words) for words in hints)
        found = _compiled(pattern).search(text) if hinted else None
        if found is None:
            continue
        try:
            window = make(found, now)
        except (ValueError, OverflowError):
            continue
        rest = " ".join(f"{text[: found.start()]} {text[found.end() :]}".split())
        return _NOW.sub("", rest).strip(), Spoken(_until_now(window, now), found[0].strip())
    return " ".join(_NOW.sub("", text).split()), None


def _until_now(window: Window, now: datetime) -> Window:
    start, end = window.start, window.end
    if end <= start:
        end = start + timedelta(seconds=1)
    return Window(start, min(end, now)) if start < now else Window(start, end)


def _last_number(found: re.Match[str], now: datetime) -> Window:
    return last(now, seconds(found["number"] or "1", found["unit"]))


def _since(found: re.Match[str], now: datetime) -> Window:
    return Window(find_moment(found["since"], now).at, now)


def _whole(found: re.Match[str], now: datetime) -> Window:
    if found[0].lower() in _SHORT_DAYS:
        raise ValueError(found[0])
    moment = find_moment(found["when"], now)
    return Window(moment.at, moment.until or moment.at + timedelta(hours=1))


def _around(found: re.Match[str], now: datetime) -> Window:
    moment = find_moment(found["when"], now)
    if moment.until is not None:
        return Window(moment.at, moment.until)
    half = timedelta(minutes=30)
    return Window(moment.at - half, moment.at + half)


def _between(found: re.Match[str], now: datetime) -> Window:
    day = found.groupdict().get("day")
    first = find_moment(f"{day} {found['first']}" if day else found["first"], now)
    second = _second(found["second"], first, now)
    return Window(first.at, second)


def _second(words: str, first: Moment, now: datetime) -> datetime:
    if words.lower() == "now":
        return now
    if not re.fullmatch(CLOCK, words, re.IGNORECASE):
        moment = find_moment(words, now)
        return moment.until or moment.at
    clock = find_clock(words.lower())
    at = local(first.at.date(), clock, now)
    return at if at > first.at else local(first.at.date() + timedelta(days=1), clock, now)


def _overnight(_found: re.Match[str], now: datetime) -> Window:
    morning = local(now.date(), time(6), now)
    return Window(local(now.date() - timedelta(days=1), time(22), now), min(morning, now))


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _form(
    words: str,
    make: Callable[[re.Match[str], datetime], Window],
    *hints: tuple[str, ...],
) -> tuple[str, Callable[[re.Match[str], datetime], Window], tuple[tuple[str, ...], ...]]:
    """Return a form with what a text has, of each tuple one, that may fit it: most fit none.

    Compiling a pattern for moments takes five milliseconds, so it waits for such a text.
    """
    return f"{_EDGE[0]}(?:{words}){_EDGE[1]}", make, hints


_DIGITS = tuple("0123456789")
_MOMENTS = (
    *_DIGITS, "today", "yesterday", "noon", "midday", "midnight", " ago", "this ", "last ",
    "mon", "tue", "wed", "thu", "fri", "sat", "sun",
)  # fmt: skip
_LAST = ("last", "past", "previous", "latest")
_SPANS = ("between", "from")


_DAY_OR_DATE = rf"(?:{DAY}|{DATE})"
_FORMS = (
    _form(
        rf"(?:(?:on|at) )?(?P<day>{_DAY_OR_DATE}),? (?:between|from) (?P<first>{CLOCK}) "
        rf"(?:and|to|until|till) (?P<second>{CLOCK})",
        _between,
        _SPANS,
        _MOMENTS,
    ),
    _form(
        rf"(?:between|from) (?P<first>{CLOCK}) (?:and|to|until|till) (?P<second>{CLOCK}) "
        rf"(?:on )?(?P<day>{_DAY_OR_DATE})",
        _between,
        _SPANS,
        _MOMENTS,
    ),
    _form(
        rf"(?:between|from) (?P<first>{MOMENT}) (?:and|to|until|till) (?P<second>{MOMENT}|now)",
        _between,
        _SPANS,
        _MOMENTS,
    ),
    _form(
        rf"(?:since|after|starting(?: at| from)?) (?:the )?(?P<since>{MOMENT})",
        _since,
        ("since", "after", "starting"),
        _MOMENTS,
    ),
    _form(rf"from (?P<since>{MOMENT}) on(?:wards?)?", _since, ("from",), _MOMENTS),
    _form(
        rf"{_IN}(?:the )?(?:last|past|previous|latest)[ _](?P<number>{NUMBER}) ?(?P<unit>{UNIT})",
        _last_number,
        _LAST,
    ),
    _form(
        rf"{_IN}(?:the|these) (?:last|past|previous) "
        r"(?P<number>)(?P<unit>hour|day|week|month|minute|year)",
        _last_number,
        _LAST,
    ),
    _form(
        rf"{_IN}(?:last|past|previous) (?P<number>)(?P<unit>hour|day|minute|year)",
        _last_number,
        _LAST,
    ),
    _form(
        r"(?:in|over|for|within) (?P<number>\d+) ?(?P<unit>h|hrs?|m|mins?|d|w)",
        _last_number,
        _DIGITS,
    ),
    _form(rf"overnight|{_IN}(?:last|the|the last) night", _overnight, ("night",)),
    _form(rf"(?:around|about) (?P<when>{MOMENT})", _around, ("around", "about"), _MOMENTS),
    _form(rf"{_IN}(?P<when>{MOMENT})", _whole, _MOMENTS),
    _form(
        rf"(?:{_IN}the )?(?:past|previous) (?P<number>)(?P<unit>week|month)", _last_number, _LAST
    ),
    _form(r"(?P<number>\d+)(?P<unit>m)", _last_number, _DIGITS),
    _form(
        r"(?P<number>\d+) ?(?P<unit>h|hours?|mins?|minutes|d|days|w|weeks)",
        _last_number,
        _DIGITS,
    ),
)  # fmt: skip
_NOW = re.compile(
    r"(?<![\w-])(?:(?:right )?now|currently|at the moment|at present|these days|so far)(?![\w-])",
    re.IGNORECASE,
)

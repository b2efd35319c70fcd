"""Which span of time a window's text means; it reads no clock and understands no prose."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from headwater.errors import UsageError
from headwater.model.window import Window

ACCEPTED = (
    "last_30m, last_1h, last_7d (s, m, h, d or w), or an ISO 8601 interval such as "
    "2026-01-31T10:00Z/2026-01-31T12:00Z, 2026-01-31T10:00Z/PT2H or PT2H/2026-01-31T12:00Z"
)
LONGEST = timedelta(days=36_525)
_UNITS_S = {"s": 1, "m": 60, "min": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_LAST = re.compile(r"last_([0-9]{1,12})(s|min|m|h|d|w)")
_DURATION = re.compile(
    r"P(?:([0-9]{1,9})W)?(?:([0-9]{1,9})D)?"
    r"(?:T(?:([0-9]{1,9})H)?(?:([0-9]{1,9})M)?(?:([0-9]{1,9}(?:\.[0-9]{1,6})?)S)?)?"
)


def parse_window(text: str, asked_at: datetime) -> Window:
    """Return the half-open span that the text means, in UTC.

    Args:
        text: `last_` and a number with its unit, measured back from `asked_at`, or an ISO 8601
            interval START/END, START/DURATION or DURATION/END; an instant without a zone is UTC.
        asked_at: When the question was asked, with zone.

    Raises:
        UsageError: `window.bad` for any other text, an end that is not after the start, or a
            span above 100 years.
    """
    try:
        window = _last(text, asked_at) or _interval(text)
    except (ValueError, OverflowError) as error:
        raise _bad(text, str(error) or "it is outside the years 1 to 9999") from error
    if window is None:
        raise _bad(text, "it is neither of these")
    if window.end <= window.start:
        raise _bad(text, "its end is not after its start")
    if window.duration > LONGEST:
        raise _bad(text, "it is longer than 100 years")
    return window


def parse_duration(text: str) -> timedelta:
    """Return the span that `5m` or the ISO 8601 duration `PT5M` means; weeks are the longest unit.

    Raises:
        ValueError: the text is neither.
    """
    short = re.fullmatch(r"([0-9]{1,12})(s|min|m|h|d|w)", text)
    if short is not None:
        return timedelta(seconds=int(short[1]) * _UNITS_S[short[2]])
    parts = _DURATION.fullmatch(text)
    if parts is None or not any(parts.groups()) or text.endswith("T"):
        message = f"{text[:40]!a} is no duration; write 5m, PT5M or P1DT2H (no months or years)"
        raise ValueError(message)
    weeks, days, hours, minutes, seconds = (float(part or 0) for part in parts.groups())
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)


def _last(text: str, asked_at: datetime) -> Window | None:
    found = _LAST.fullmatch(text)
    if found is None:
        return None
    end = asked_at.astimezone(UTC)
    return Window(end - timedelta(seconds=int(found[1]) * _UNITS_S[found[2]]), end)


def _interval(text: str) -> Window | None:
    left, slash, right = text.partition("/")
    if not slash:
        return None
    if right.startswith("P"):
        start = _instant(left)
        return Window(start, start + parse_duration(right))
    end = _instant(right)
    return Window(end - parse_duration(left) if left.startswith("P") else _instant(left), end)


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _bad(text: str, reason: str) -> UsageError:
    message = f"window {text[:80]!a}: {reason}; write {ACCEPTED}"
    return UsageError(message, code="window.bad")

"""When something was, from the ways in which files write it; it reads no clock."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
FIRST_S, LAST_S = -62_135_596_800, 253_402_300_799
"""The years 1 to 9999, as seconds since 1970."""

_DECIMAL = re.compile(r"(-?)(\d+)\.(\d{1,6})", re.ASCII)
_WHOLE = re.compile(r"-?\d+", re.ASCII)


def instant_us(value: object) -> int:
    """Return microseconds since 1970 of ISO 8601 text, or of epoch seconds as number or text.

    Text without a zone is read as UTC. Seconds are exact to the microsecond where they are
    written as plain decimals.

    Raises:
        ValueError: saying what is wrong.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        message = "an instant must be ISO 8601 text or seconds since 1970"
        raise ValueError(message)  # noqa: TRY004 - one kind of error for all that a line can be
    if isinstance(value, str):
        return _of_text(value.strip())
    return _of_seconds(value)


def moment(value: object) -> datetime:
    """Return the instant with its zone, UTC; see `instant_us`.

    Raises:
        ValueError: saying what is wrong.
    """
    return EPOCH + instant_us(value) * MICROSECOND


def to_us(at: datetime) -> int:
    """Return microseconds since 1970 of an instant with zone."""
    return (at - EPOCH) // MICROSECOND


def seconds_text(at_us: int) -> str:
    """Write an instant in epoch seconds as the shortest exact decimal."""
    whole, rest = divmod(abs(at_us), 1_000_000)
    sign = "-" if at_us < 0 else ""
    return f"{sign}{whole}.{rest:06d}".rstrip("0").rstrip(".") if rest else f"{sign}{whole}"


def _of_text(text: str) -> int:
    if _WHOLE.fullmatch(text):
        return _of_seconds(int(text[:20]))
    decimal = _DECIMAL.fullmatch(text)
    if decimal:
        sign, whole, rest = decimal.groups()
        us = int(whole[:20]) * 1_000_000 + int(rest.ljust(6, "0"))
        us = -us if sign else us
        _in_range(us / 1_000_000)
        return us
    try:
        at = datetime.fromisoformat(text)
        at_utc = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return _of_odd_text(text)
    return to_us(at_utc)


def _of_odd_text(text: str) -> int:
    try:
        return _of_seconds(float(text))
    except ValueError as error:
        message = f"{text[:40]!r} is no instant: write ISO 8601 or seconds since 1970"
        raise ValueError(message) from error


def _of_seconds(seconds: float) -> int:
    if not math.isfinite(seconds):
        message = f"{seconds} is no instant"
        raise ValueError(message)
    _in_range(seconds)
    return seconds * 1_000_000 if isinstance(seconds, int) else round(seconds * 1_000_000)


def _in_range(seconds: float) -> None:
    if not FIRST_S <= seconds <= LAST_S:
        message = f"{seconds} seconds since 1970 is outside the years 1 to 9999 (milliseconds?)"
        raise ValueError(message)

"""How an instant is counted: whole microseconds since 1970 in UTC; it reads no clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from headwater.model.window import Window

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_EXACT_US = 2**32 * 1_000_000
"""Up to here, the year 2106, a float of seconds is exact to the microsecond, and twice as fast."""


def to_us(at: datetime) -> int:
    """Count the microseconds from the epoch to an instant with zone, exactly."""
    return (at - EPOCH) // _MICROSECOND


def from_us(at_us: int) -> datetime:
    """Return the instant in UTC that is so many microseconds after the epoch, exactly."""
    if -_EXACT_US < at_us < _EXACT_US:
        return datetime.fromtimestamp(at_us / 1_000_000, UTC)
    return EPOCH + timedelta(microseconds=at_us)


def each_from_us(all_us: Sequence[int]) -> list[datetime]:
    """Return the instant of each, as `from_us` does, in two thirds of the time for a thousand."""
    if not all_us or not (min(all_us) > -_EXACT_US and max(all_us) < _EXACT_US):
        return [from_us(at_us) for at_us in all_us]
    instant = datetime.fromtimestamp
    return [instant(at_us / 1_000_000, UTC) for at_us in all_us]


def span_us(window: Window) -> tuple[int, int]:
    """Return a window's start (included) and end (not) in epoch microseconds."""
    return to_us(window.start), to_us(window.end)

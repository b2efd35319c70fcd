"""How a question's time is shared out; it reads no clock."""

from __future__ import annotations

LEAST_S = 0.05
MOST_S = 60.0
DEFAULT_S = 5.0


def composing_share_s(budget_s: float) -> float:
    """Return the seconds kept back for composing: a fiftieth, from 5 ms to 50 ms."""
    return min(0.05, max(0.005, budget_s / 50))


def optional_end(now: float, deadline_at: float) -> float:
    """Return when an optional step must end that a required one waits for: at half the time left.

    So an optional step never makes a required one late.
    """
    return now + max(0.0, deadline_at - now) / 2

"""How a question's time is shared out; it reads no clock."""

from __future__ import annotations

LEAST_S = 0.05
MOST_S = 60.0
DEFAULT_S = 5.0


def composing_share_s(budget_s: float) -> float:
    """Return the seconds kept back for composing: three tenths, at most 50 ms.

    Cancelled calls may take 20 ms to clean up and half as long to say so, and composing a review
    of ten metrics over eight days takes 20 ms; anything else is composed in 1 ms.
    """
    return min(0.05, 0.3 * budget_s)


def clean_up_s(time_s: float, *, most_s: float) -> float:
    """Return the seconds that cancelled calls have for their clean-up before they are left behind.

    A fifth of the seconds that there were, at most `most_s`: a hasty asker waits less.
    """
    return min(most_s, 0.2 * time_s)


def optional_end(now: float, deadline_at: float) -> float:
    """Return when an optional step must end that a required one waits for: at half the time left.

    So an optional step never makes a required one late.
    """
    return now + max(0.0, deadline_at - now) / 2

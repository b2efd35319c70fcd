"""How long to wait for a host that says how many requests it takes; it waits for nothing.

The rules are GitHub's: https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
and .../best-practices-for-using-the-rest-api.
"""

from __future__ import annotations

import math

SECONDARY_S = 60.0
"""The first wait after a secondary limit that comes without a time; doubled each time after."""
MOST_S = 3600.0


class RateGate:
    """One credential's requests against one of a host's limits.

    Times are of whatever clock the caller reads, in seconds.
    """

    def __init__(self) -> None:
        self.remaining: int | None = None
        self._reset_at = -math.inf
        self._closed_until = -math.inf
        self._window = 0
        self._under_way = 0
        self._refused = 0

    def wait_s(self, now: float) -> float:
        """Return the seconds until a request may be made, 0 where one may be now."""
        if now < self._closed_until:
            return self._closed_until - now
        if self.remaining is None or self.remaining > 0:
            return 0.0
        return max(0.0, self._reset_at - now)

    def admit(self, now: float) -> float:
        """Return 0 and count a request as under way, or the seconds until one may be made."""
        wait_s = self.wait_s(now)
        if wait_s > 0.0:
            return wait_s
        if self.remaining is not None:
            self.remaining = None if now >= self._reset_at else self.remaining - 1
        self._under_way += 1
        return 0.0

    def ended(self) -> None:
        """Take note that a request is no longer under way."""
        self._under_way -= 1

    def told(self, *, remaining: int, window: int, reset_at: float) -> None:
        """Take note of what an answer says is left until the limit begins anew.

        Answers may come in another order than their requests were made: within one window what
        is left only falls, and requests under way are counted as made.

        Args:
            remaining: Requests left, as the answer says.
            window: What tells one window from another: the host's own instant of its end.
            reset_at: That instant on the caller's clock, or somewhat later.
        """
        if window < self._window:
            return  # an answer that was overtaken by one of the next window
        if window > self._window or self.remaining is None:
            others = max(0, self._under_way - 1)
            self.remaining, self._reset_at = remaining - others, reset_at
        else:
            self.remaining = min(self.remaining, remaining)
            self._reset_at = min(self._reset_at, reset_at)
        self._window = window

    def free(self) -> None:
        """Take note that a request did not count, such as one that found nothing changed."""
        if self.remaining is not None:
            self.remaining += 1

    def used_up(self, *, reset_at: float) -> None:
        """Take note that the host refused because nothing is left until then."""
        self._closed_until = max(self._closed_until, reset_at)

    def slow_down(self, now: float, *, wait_s: float | None) -> float:
        """Take note of a secondary limit, and return the seconds until it is over.

        Args:
            now: The time.
            wait_s: What the host asked to wait; None where it did not say.
        """
        self._refused += 1
        if wait_s is None:
            wait_s = min(MOST_S, SECONDARY_S * 2.0 ** min(self._refused - 1, 10))
        self._closed_until = max(self._closed_until, now + wait_s)
        return self._closed_until - now

    def answered(self) -> None:
        """Take note that the host answered: waits without a time begin small again."""
        self._refused = 0

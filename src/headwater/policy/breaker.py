"""Whether a tool that keeps failing may be asked; it asks nobody and reads no clock."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerRules:
    """When a breaker opens and for how long; times are seconds.

    It opens when at least `least_calls` of the last `window_s` have ended and `share` of them
    failed. After `open_s` it lets `probes` calls through at once; the first success closes it,
    a failure opens it again.
    """

    window_s: float = 10.0
    least_calls: int = 20
    share: float = 0.5
    open_s: float = 3.0
    probes: int = 1


class Breaker:
    """Closed, open or half open: decided from the ends of calls that it is told of.

    Every call admitted must be ended by exactly one of `succeeded`, `failed` and `left`.
    """

    def __init__(self, rules: BreakerRules | None = None) -> None:
        self._rules = rules or BreakerRules()
        self._ends: deque[float] = deque()
        self._told = 0
        self._failed: deque[int] = deque()
        """Which of the ends remembered were failures, by their numbers."""
        self._open_until: float | None = None
        self._probing = 0

    def state(self, now: float) -> str:
        """Return closed, open or half_open."""
        if self._open_until is None:
            return "closed"
        return "open" if now < self._open_until else "half_open"

    def admit(self, now: float) -> float:
        """Return 0.0 where the call may go on, else the seconds until someone may."""
        if self._open_until is None:
            return 0.0
        if now < self._open_until:
            return self._open_until - now
        if self._probing >= self._rules.probes:
            return self._rules.open_s
        self._probing += 1
        return 0.0

    def succeeded(self, now: float) -> None:
        """Take note that an admitted call succeeded."""
        if self._open_until is not None:
            if now >= self._open_until:
                self._close()
            return
        self._end(now)

    def failed(self, now: float) -> None:
        """Take note that an admitted call failed."""
        if self._open_until is not None:
            if now >= self._open_until:
                self._open(now)
            return
        self._failed.append(self._told)
        self._end(now)
        rules = self._rules
        enough = len(self._ends) >= rules.least_calls
        if enough and len(self._failed) >= rules.share * len(self._ends):
            self._open(now)

    def left(self) -> None:
        """Take note that an admitted call ended without telling anything, as when cancelled."""
        self._probing = max(0, self._probing - 1)

    def _open(self, now: float) -> None:
        self._open_until = now + self._rules.open_s
        self._forget()

    def _close(self) -> None:
        self._open_until = None
        self._forget()

    def _forget(self) -> None:
        self._ends.clear()
        self._failed.clear()
        self._probing = 0

    def _end(self, now: float) -> None:
        """Remember an end, and forget those that are too old or too many."""
        ends, failed = self._ends, self._failed
        ends.append(now)
        self._told += 1
        oldest = now - self._rules.window_s
        while ends[0] <= oldest or len(ends) > MOST_KEPT:
            if failed and failed[0] == self._told - len(ends):
                failed.popleft()
            ends.popleft()


MOST_KEPT = 1000
"""Ends remembered at the most, so that a busy tool costs no more memory than that."""

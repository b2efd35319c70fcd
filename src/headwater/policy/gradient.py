"""How many calls at once does the other side bear? Told by its latency; it waits for nothing."""

from __future__ import annotations

import math

SAMPLES = 16
"""Calls between two decisions, so that one slow call decides nothing."""
TOLERANCE = 1.5
"""By how much the latency of now may exceed the usual before there are fewer at once."""
LONG = 600
"""Calls over which the usual latency is averaged."""
LEAST_SLOWER = 0.01
"""A clock may move in steps: calls that took no time at all are not infinitely quick."""
SMOOTHING = 0.2
"""How far each decision goes towards what it finds."""


class Gradient:
    """A limit that grows while latency stays flat and shrinks when it rises.

    It compares the mean latency of the last calls with the long-run one, as the gradient
    limiter of Netflix's concurrency-limits does (T. Mehta 2018, "Performance under load"), and
    lets a queue of the limit's square root stand. A call that was refused for load (429, 503)
    halves it at once, as TCP does at a loss.

    Args:
        most: The most calls at once; it starts there, for what is not loaded needs no limit.
        least: The fewest, 1 and up.

    `limit` is how many calls may be under way at once now.
    """

    def __init__(self, *, most: int, least: int = 1) -> None:
        self._least = max(1, least)
        self._most = max(self._least, most)
        self._limit = float(self._most)
        self.limit = self._most
        self._usual_s = 0.0
        self._told = 0
        self._sum_s = 0.0
        self._count = 0

    def ended(self, took_s: float, *, at_once: int) -> int:
        """Take note that a call ended well after `took_s`, with so many at once; return the limit.

        Calls that had company of less than half of the limit tell nothing of load.
        """
        if self._told < LONG:
            self._told += 1
        self._usual_s += (took_s - self._usual_s) / self._told
        if at_once * 2 < self._limit:
            return self.limit
        self._sum_s += took_s
        self._count += 1
        if self._count >= SAMPLES:
            self._decide(self._sum_s / self._count)
        return self.limit

    def refused(self) -> int:
        """Take note that a call was refused because there are too many; return the limit."""
        self._move(self._limit / 2)
        self._sum_s, self._count = 0.0, 0
        return self.limit

    def _move(self, limit: float) -> None:
        self._limit = max(float(self._least), min(float(self._most), limit))
        self.limit = int(self._limit)

    def _decide(self, now_s: float) -> None:
        self._sum_s, self._count = 0.0, 0
        slower = max(now_s / self._usual_s, LEAST_SLOWER) if self._usual_s > 0.0 else 1.0
        share = max(0.5, min(1.0, TOLERANCE / slower))
        wanted = self._limit * share + math.sqrt(self._limit)
        self._move(self._limit + SMOOTHING * (wanted - self._limit))
        if slower > 1.0 and self._told == LONG:
            # What was usual is forgotten slowly, or a lasting change would hold it down for ever.
            self._usual_s *= 1.05

"""How often something was asked over a sliding window, counted in this process alone."""

from __future__ import annotations

from collections import OrderedDict, deque

import anyio

MOST_KEYS = 10_000


class MemoryRates:
    """Counts of requests by key over sliding windows; the keys unused longest are forgotten.

    Args:
        most_keys: Keys remembered at once.
    """

    def __init__(self, most_keys: int = MOST_KEYS) -> None:
        self._most_keys = most_keys
        self._taken: OrderedDict[str, deque[float]] = OrderedDict()

    async def take(self, key: str, *, limit: int, per_s: float) -> float:
        """Count one request: 0.0 where it is within `limit` in any `per_s` seconds.

        Else nothing is counted, and the seconds until one may be are returned.
        """
        if limit < 1:
            return per_s
        now = anyio.current_time()
        taken = self._taken.setdefault(key, deque())
        self._taken.move_to_end(key)
        while len(self._taken) > self._most_keys:
            self._taken.popitem(last=False)
        while len(taken) > limit:  # it was asked with a larger limit before
            taken.popleft()
        if len(taken) == limit:
            wait_s = taken[0] + per_s - now
            if wait_s > 0:
                return wait_s
            taken.popleft()
        taken.append(now)
        return 0.0

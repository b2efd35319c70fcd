"""What the inside needs to bound how often someone asks; it counts nothing itself."""

from __future__ import annotations

from typing import Protocol


class Rates(Protocol):
    """Counts of requests by key over sliding windows, shared by all replicas where it can be."""

    async def take(self, key: str, *, limit: int, per_s: float) -> float:
        """Count one request: 0.0 where it is within `limit` in any `per_s` seconds.

        Else nothing is counted, and the seconds until one may be are returned.
        """
        ...

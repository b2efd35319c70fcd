"""How often something was asked over a sliding window, counted in Redis for all replicas."""

from __future__ import annotations

from headwater.stores.redis.line import Line

TAKE = """
if redis.replicate_commands then redis.replicate_commands() end
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local first = redis.call('LINDEX', KEYS[1], limit - 1)
if first and now - first < window then return string.format('%.0f', window - (now - first)) end
redis.call('LPUSH', KEYS[1], string.format('%.0f', now))
redis.call('LTRIM', KEYS[1], 0, limit - 1)
redis.call('PEXPIRE', KEYS[1], math.ceil(window / 1000))
return '0'
"""
"""Counts by Redis' own clock, in microseconds, in one trip: replicas need not agree on the time."""


class RedisRates:
    """Counts of requests by key over sliding windows.

    Args:
        line: The way to Redis.
        prefix: Before every key.
    """

    def __init__(self, line: Line, *, prefix: str) -> None:
        self._line = line
        self._prefix = f"{prefix}rate:"

    async def take(self, key: str, *, limit: int, per_s: float) -> float:
        """Count one request: 0.0 where it is within `limit` in any `per_s` seconds.

        Else nothing is counted, and the seconds until one may be are returned.

        Raises:
            StoreFault: `redis.unreachable`, `redis.refused`.
        """
        if limit < 1:
            return per_s
        window = round(per_s * 1_000_000)
        wait = await self._line.ask("EVAL", TAKE, 1, self._prefix + key, limit, window)
        return int(wait) / 1_000_000

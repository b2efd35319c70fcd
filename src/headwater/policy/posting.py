"""Is a notice that was not sent tried again, and when? It waits for nothing and throws no dice."""

from __future__ import annotations

from headwater.policy.backoff import Backoff

PATIENCE_S = 4 * 86_400.0
"""How long a notice is tried: the least that RFC 5321, 4.5.4.1, has mail tried for."""
WAITS = Backoff(first_s=4.0, most_s=3600.0)


def again_after_s(
    *,
    tries: int,
    age_s: float,
    retry_safe: bool | None,
    retry_after_s: float | None,
    dice: float,
) -> float | None:
    """Return the seconds to wait before the next try, or None where there is none.

    Args:
        tries: Tries made so far, 1 and up.
        age_s: Seconds since the notice came about.
        retry_safe: Whether the same may be tried again; only what surely may is.
        retry_after_s: What the other side asked for.
        dice: A number from 0 to 1, drawn by the caller.
    """
    if retry_safe is not True or age_s >= PATIENCE_S:
        return None
    asked_s = None if retry_after_s is None else min(retry_after_s, PATIENCE_S)
    return WAITS.wait_s(tries, dice=dice, retry_after_s=asked_s)

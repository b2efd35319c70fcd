"""How long to wait before the next try; it waits for nothing and throws no dice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential growth with full jitter.

    The wait before try n + 1 is drawn evenly from 0 to `first_s * 2**(n - 1)`, at most `most_s`
    (Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
    """

    first_s: float = 0.05
    most_s: float = 2.0

    def wait_s(self, tries: int, *, dice: float, retry_after_s: float | None = None) -> float:
        """Return the seconds to wait after so many tries (1 and up).

        Args:
            tries: Tries made so far.
            dice: A number from 0 to 1, drawn by the caller.
            retry_after_s: What the other side asked for; never waited less than that.
        """
        ceiling_s = min(self.most_s, self.first_s * 2.0 ** min(tries - 1, 60))
        return max(ceiling_s * dice, retry_after_s or 0.0)

"""Whether one more retry may be made; it makes none."""

from __future__ import annotations


class RetryQuota:
    """A bucket that successes fill and retries empty, so that retries stay a tenth of the load.

    With every call failing only the first `most` retries are made: load under failure stays
    within 1.1 of normal (the throttle of gRPC proposal A6: a tenth of a token a success).
    """

    def __init__(self, *, most: float = 10.0, per_success: float = 0.1) -> None:
        self._most = most
        self._per_success = per_success
        self.tokens = most

    def earn(self) -> None:
        """Take note of a success."""
        if self.tokens < self._most:
            self.tokens = min(self._most, self.tokens + self._per_success)

    def spend(self) -> bool:
        """Pay for one retry, or return False where the bucket is empty."""
        if self.tokens < 1.0:
            return False
        self.tokens -= 1.0
        return True

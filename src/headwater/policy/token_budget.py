"""How many tokens of language models may a tenant still use today? It reads no clock."""

from __future__ import annotations

from datetime import date


class TokenBudget:
    """Tokens used by tenant on one day, never more than the most.

    What a request may take at the most is reserved before it is sent, and what it took is settled
    after: so requests at the same time do not pass the budget together.

    Args:
        most: Tokens that each tenant has a day; 0 for no limit.
    """

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._day = date.min
        self._used: dict[str, int] = {}

    def used(self, tenant: str, *, day: date) -> int:
        """Return the tokens that a tenant has used or reserved on this day."""
        return self._used.get(tenant, 0) if day == self._day else 0

    def reserve(self, tenant: str, tokens: int, *, day: date) -> bool:
        """Set tokens aside, or return False where the tenant has not that many left."""
        if day > self._day:
            self._day = day
            self._used.clear()
        used = self._used.get(tenant, 0) + tokens
        if self._most and used > self._most:
            return False
        self._used[tenant] = used
        return True

    def settle(self, tenant: str, *, reserved: int, used: int, day: date) -> None:
        """Put what was used in the place of what was reserved; a day that is over stays over."""
        if day == self._day:
            self._used[tenant] = max(0, self._used.get(tenant, 0) - reserved + used)

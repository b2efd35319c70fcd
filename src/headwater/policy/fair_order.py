"""In which order is the work of several tenants taken? It holds no work and waits for nothing.

Start-time fair queueing (P. Goyal, H. Vin, H. Cheng 1996): each piece of work gets a number, the
lowest is taken first. One who has much has high numbers, and a newcomer is not behind all of it.
"""

from __future__ import annotations


class FairOrder:
    """Numbers for work, by whose it is: in order of arrival for each, by turns among all."""

    def __init__(self) -> None:
        self._now = 0
        self._next: dict[str | None, int] = {}

    def number(self, tenant: str | None) -> int:
        """Return the number of a tenant's next work; what is nobody's has turns of its own."""
        number = max(self._now, self._next.get(tenant, 0))
        self._next[tenant] = number + 1
        return number

    def taken(self, number: int) -> None:
        """Take note that the work of this number was taken."""
        self._now = max(self._now, number)

    def nothing_waits(self) -> None:
        """Forget who had what, as where everything was taken."""
        self._next.clear()

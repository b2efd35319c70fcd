"""Whether a call may go on to its tool: places, breaker, retry quota; it calls nothing."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import anyio

from headwater.errors import LimitError
from headwater.policy.breaker import Breaker, BreakerRules
from headwater.policy.gradient import Gradient
from headwater.policy.limiter import Limiter
from headwater.policy.quota import RetryQuota


class Gate:
    """One tool's policies with memory, shared by all its calls.

    Args:
        tool: The tool's name, for messages.
        places: Calls at once.
        rules: When the breaker opens.
    """

    def __init__(self, tool: str, *, places: int, rules: BreakerRules) -> None:
        self.tool = tool
        self.limiter = Limiter(places)
        self.gradient = Gradient(most=places)
        self.breaker = Breaker(rules)
        self.quota = RetryQuota()

    def place(self, *, required: bool) -> Place:
        """Return a place to be held by `with`; required calls are let in first."""
        return Place(self.limiter, required=required)

    def admit(self, now: float) -> None:
        """Let a try through, or refuse it; `now` is on the loop's clock, as everywhere here.

        Raises:
            LimitError: `limit.breaker_open`, with the seconds until someone may.
        """
        wait_s = self.breaker.admit(now)
        if wait_s > 0.0:
            message = (
                f"{self.tool} failed too often lately, so it is not asked; try in {wait_s:.1f} s"
            )
            raise LimitError(
                message, code="limit.breaker_open", retry_safe=False, retry_after_s=wait_s
            )

    def succeeded(self, now: float, *, took_s: float) -> None:
        """Take note of a try that succeeded, and let more or fewer in by how long it took."""
        self.breaker.succeeded(now)
        self.quota.earn()
        limit = self.gradient.ended(took_s, at_once=self.limiter.taken)
        if limit != self.limiter.places:
            for ticket in self.limiter.resize(limit):
                give(ticket)

    def failed(self, now: float) -> None:
        """Take note of a try that failed through no fault of the asker."""
        self.breaker.failed(now)

    def left(self, now: float, *, late: bool) -> None:
        """Take note of a try that ended otherwise; only where it was late that tells something."""
        if late:
            self.failed(now)
        else:
            self.breaker.left()


class Place:
    """One of a limiter's places, given up in any case; where it `waits`, await its `turn`.

    A place that is free takes no await, which most calls are spared so.
    """

    __slots__ = ("_limiter", "_required", "waits")

    def __init__(self, limiter: Limiter, *, required: bool) -> None:
        self._limiter = limiter
        self._required = required
        self.waits = True

    def __enter__(self) -> Self:
        """Take a place where one is free."""
        self.waits = not self._limiter.enter()
        return self

    async def turn(self) -> None:
        """Wait for a place; a waiter that is cancelled passes a place just given on."""
        ticket = anyio.Event()
        self._limiter.wait(ticket, required=self._required)
        try:
            await ticket.wait()
            self.waits = False
        finally:
            if self.waits and not self._limiter.forget(ticket):
                self._leave()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the place to whoever is next."""
        if not self.waits:
            self._leave()

    def _leave(self) -> None:
        give(self._limiter.leave())


def give(ticket: object | None) -> None:
    """Tell whoever waits that the place is theirs."""
    if isinstance(ticket, anyio.Event):
        ticket.set()

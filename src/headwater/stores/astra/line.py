"""How a request gets its answer: places, breaker, tries and waits, in the order written here.

It knows no commands. The deadline is the caller's scope: nothing is begun that cannot end in it.
"""

from __future__ import annotations

import logging
import math
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import anyio
from yarl import URL

from headwater.errors import HeadwaterError, LimitError, StoreFault, UsageError
from headwater.policy.backoff import Backoff
from headwater.policy.breaker import Breaker, BreakerRules
from headwater.policy.gradient import Gradient
from headwater.policy.limiter import Limiter
from headwater.policy.quota import RetryQuota
from headwater.stores.astra.exchange import Miss, Reply, Wire

_LOG = logging.getLogger(__name__)
LONGEST_WAIT_S = 30.0
"""Asked to wait longer than that, we say so instead of waiting."""


class Line:
    """The one way to a database, shared by all calls of a client.

    Args:
        wire: What carries a request.
        within_s: Seconds for one try.
        at_once: The most requests under way; fewer while latency rises or the API refuses some.
        tries: The most tries of one request.
        rules: When the breaker opens.
    """

    def __init__(
        self,
        wire: Wire,
        *,
        within_s: float,
        at_once: int,
        tries: int,
        rules: BreakerRules | None = None,
    ) -> None:
        self.at_once = at_once
        self.limiter = Limiter(at_once)
        self.breaker = Breaker(rules)
        self._wire = wire
        self._within_s = within_s
        self._tries = tries
        self._gradient = Gradient(most=at_once)
        self._quota = RetryQuota(most=float(max(10, at_once)))
        self._backoff = Backoff()

    async def ask(self, url: URL, body: bytes, *, repeatable: bool, where: str) -> Reply:
        """Return the answer to a request, tried again where that helps and does no harm.

        Args:
            url: Where it goes.
            body: The command.
            repeatable: Whether carrying it out twice is the same as once.
            where: The command and collection, for messages.

        Raises:
            UsageError: `client.closed`, and what the API refuses.
            LimitError: `astra.breaker_open`, `astra.overloaded`.
            StoreFault: It failed on all tries, or its answer was lost and it must not be repeated.
        """
        lost = False
        for tries in range(1, self._tries + 1):
            found = await self._try(url, body, where=where)
            if isinstance(found, Reply):
                return replace(found, lost=True) if lost else found
            lost = lost or found.maybe_done
            wait_s = self._wait_s(found, tries, repeatable=repeatable)
            if wait_s is None:
                raise self.scrub(_final(found, lost=lost, repeatable=repeatable))
            _LOG.debug("try %d of %s failed: %s", tries, where, found.error.code)
            await anyio.sleep(wait_s)
        raise AssertionError  # the last try has raised or returned

    def _wait_s(self, miss: Miss, tries: int, *, repeatable: bool) -> float | None:
        """Return the seconds to wait before the next try, or None where there is none."""
        if not miss.again or tries >= self._tries or (miss.maybe_done and not repeatable):
            return None
        wait_s = self._backoff.wait_s(
            tries,
            dice=random.random(),  # noqa: S311 (no secret)
            retry_after_s=miss.error.retry_after_s,
        )
        left_s = anyio.current_effective_deadline() - anyio.current_time()
        if wait_s > LONGEST_WAIT_S or wait_s >= left_s or not self._quota.spend():
            return None
        return wait_s

    def scrub(self, error: HeadwaterError) -> HeadwaterError:
        """Return an error without our token, should the API have said it back to us."""
        return self._wire.scrub(error)

    async def _try(self, url: URL, body: bytes, *, where: str) -> Reply | Miss:
        """Try once, in a place, if the breaker lets us."""
        async with self._place():
            if self._wire.closed:
                message = "this client is closed; open another"
                raise UsageError(message, code="client.closed")
            self._admit()
            started = anyio.current_time()
            try:
                found = await self._wire.exchange(url, body, within_s=self._within_s, where=where)
            except BaseException:
                self._left()
                raise
            self._note(found, took_s=anyio.current_time() - started)
            return found

    def _admit(self) -> None:
        wait_s = self.breaker.admit(anyio.current_time())
        if wait_s > 0.0:
            message = f"Astra DB failed too often lately, so it is not asked; try in {wait_s:.1f} s"
            raise LimitError(
                message, code="astra.breaker_open", retry_safe=True, retry_after_s=wait_s
            )

    def _left(self) -> None:
        """Take note of a try that was cancelled; only where it was late that tells something."""
        now = anyio.current_time()
        if -math.inf < anyio.current_effective_deadline() <= now:
            self.breaker.failed(now)
        else:
            self.breaker.left()

    def _note(self, found: Reply | Miss, *, took_s: float) -> None:
        """Take note of how a try ended."""
        now = anyio.current_time()
        if isinstance(found, Reply):
            self.breaker.succeeded(now)
            self._quota.earn()
            self._resize(self._gradient.ended(took_s, at_once=self.limiter.taken))
            return
        if found.failed:
            self.breaker.failed(now)
        else:
            self.breaker.left()
        if found.crowded:
            self._resize(self._gradient.refused())

    def _resize(self, limit: int) -> None:
        if limit != self.limiter.places:
            for ticket in self.limiter.resize(limit):
                _give(ticket)

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        """Hold one of the places; a waiter that is cancelled passes a place just given on."""
        if not self.limiter.enter():
            ticket = anyio.Event()
            self.limiter.wait(ticket, required=True)
            try:
                await ticket.wait()
            except BaseException:
                if not self.limiter.forget(ticket):
                    _give(self.limiter.leave())
                raise
        try:
            yield
        finally:
            _give(self.limiter.leave())


def _final(miss: Miss, *, lost: bool, repeatable: bool) -> HeadwaterError:
    """Return the error of the last try, with what is known about trying again."""
    error = miss.error
    if lost and not repeatable:
        message = (
            f"{error.message}; it may have been carried out, and twice is not the same as once: "
            "look before asking again"
        )
        return StoreFault(message, code="astra.answer_lost", retry_safe=False)
    if error.retry_safe is None and miss.again:
        error.retry_safe = True
    return error


def _give(ticket: object | None) -> None:
    """Tell whoever waits that the place is theirs."""
    if isinstance(ticket, anyio.Event):
        ticket.set()

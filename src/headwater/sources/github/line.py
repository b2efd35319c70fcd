"""How a request gets its answer: the host's limits, places, tries and waits, as written here.

It knows no endpoint. The deadline is the caller's scope: no wait is begun that cannot end in it.
"""

from __future__ import annotations

import logging
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio

from headwater.errors import HeadwaterError, StoreFault, UsageError
from headwater.policy.backoff import Backoff
from headwater.policy.limiter import Limiter
from headwater.policy.quota import RetryQuota
from headwater.policy.rate_gate import RateGate
from headwater.sources.github.exchange import Wire
from headwater.sources.github.faults import limited
from headwater.sources.github.messages import Answer, Limited, Miss, Request

_LOG = logging.getLogger(__name__)
TRIES = 5
MOST_GATES = 1_000


class Line:
    """The one way to a host, shared by all of an app's requests.

    Args:
        wire: What carries a request.
        within_s: Seconds for one try.
        at_once: The most requests under way; GitHub asks for few.
        tries: The most tries of one request.
    """

    def __init__(self, wire: Wire, *, within_s: float, at_once: int, tries: int = TRIES) -> None:
        self.at_once = at_once
        self.requests = 0
        self._wire = wire
        self._within_s = within_s
        self._tries = tries
        self._limiter = Limiter(at_once)
        self._quota = RetryQuota(most=float(max(10, at_once)))
        self._backoff = Backoff(first_s=0.1, most_s=5.0)
        self._gates: dict[str, RateGate] = {}

    async def ask(self, request: Request, *, gate: str) -> Answer:
        """Return the answer to a request, tried again where that helps and does no harm.

        Args:
            request: What is asked.
            gate: Whose limit it counts against: the name of a credential.

        Raises:
            UsageError: `github.unauthorized`, `github.forbidden`, `github.not_found`,
                `github.refused`, `client.closed`.
            LimitError: `github.rate_limited`.
            StoreFault: `github.unreachable`, `github.timeout`, `github.unavailable`,
                `github.bad_answer`, `github.answer_lost`.
        """
        rates, lost = self._gate(gate), False
        for tries in range(1, self._tries + 1):
            found = await self._try(request, rates)
            if isinstance(found, Answer):
                self._quota.earn()
                return found
            lost = lost or found.maybe_done
            if isinstance(found, Limited):
                _log(found, tries, request)
                continue  # the gate knows how long; it is waited for before the next try
            wait_s = self._wait_s(found, tries, repeatable=request.repeatable)
            if wait_s is None:
                raise _final(found, lost=lost, repeatable=request.repeatable)
            _log(found, tries, request)
            await anyio.sleep(wait_s)
        raise limited(request.where, wait_s=max(1.0, rates.wait_s(anyio.current_time())))

    def _gate(self, name: str) -> RateGate:
        """Return a credential's gate; of too many the oldest are forgotten."""
        found = self._gates.get(name)
        if found is None:
            while len(self._gates) >= MOST_GATES:
                del self._gates[next(iter(self._gates))]
            found = self._gates[name] = RateGate()
        return found

    def _wait_s(self, miss: Miss, tries: int, *, repeatable: bool) -> float | None:
        """Return the seconds to wait before the next try, or None where there is none."""
        if miss.error.fault != "store" or miss.error.code == "github.bad_answer":
            return None
        if tries >= self._tries or (miss.maybe_done and not repeatable):
            return None
        wait_s = self._backoff.wait_s(
            tries,
            dice=random.random(),  # noqa: S311 (no secret)
            retry_after_s=miss.error.retry_after_s,
        )
        return None if wait_s >= _left_s() or not self._quota.spend() else wait_s

    async def _try(self, request: Request, rates: RateGate) -> Answer | Miss:
        """Try once, when the host takes it and there is a place."""
        while (wait_s := rates.admit(anyio.current_time())) > 0.0:
            if wait_s >= _left_s():
                raise limited(request.where, wait_s=wait_s)
            await anyio.sleep(wait_s)
        try:
            async with self._place():
                if self._wire.closed:
                    message = "this client is closed; open another"
                    raise UsageError(message, code="client.closed")
                self.requests += 1
                found = await self._wire.exchange(request, within_s=self._within_s)
            if isinstance(found, Miss):
                return found
            from headwater.sources.github.judging import judge

            return await judge(found, request, rates)
        finally:
            rates.ended()

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        """Hold one of the places; a waiter that is cancelled passes a place just given on."""
        if not self._limiter.enter():
            ticket = anyio.Event()
            self._limiter.wait(ticket, required=True)
            try:
                await ticket.wait()
            except BaseException:
                if not self._limiter.forget(ticket):
                    _give(self._limiter.leave())
                raise
        try:
            yield
        finally:
            _give(self._limiter.leave())


def _final(miss: Miss, *, lost: bool, repeatable: bool) -> HeadwaterError:
    """Return the error of the last try, with what is known about trying again."""
    error = miss.error
    if lost and not repeatable and error.fault == "store":
        message = (
            f"{error.message}; it may have been carried out, and twice is not the same as once: "
            "look before asking again"
        )
        return StoreFault(message, code="github.answer_lost", retry_safe=False)
    if error.retry_safe is None and error.fault == "store":
        error.retry_safe = True
    return error


def _left_s() -> float:
    return anyio.current_effective_deadline() - anyio.current_time()


def _log(miss: Miss, tries: int, request: Request) -> None:
    _LOG.debug("try %d of %s failed: %s", tries, request.where, miss.error.code)


def _give(ticket: object | None) -> None:
    """Tell whoever waits that the place is theirs."""
    if isinstance(ticket, anyio.Event):
        ticket.set()

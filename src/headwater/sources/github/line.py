"""How a request gets its answer: the host's limits, places, tries and waits, as written here.

It knows no endpoint. The deadline is the caller's scope: no wait is begun that cannot end in it.
"""

from __future__ import annotations

import logging
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import anyio
from anyio import to_thread
from gidgethub import HTTPException, sansio

from headwater.errors import HeadwaterError, StoreFault, UsageError
from headwater.policy.backoff import Backoff
from headwater.policy.limiter import Limiter
from headwater.policy.quota import RetryQuota
from headwater.policy.rate_gate import RateGate
from headwater.sources.github.exchange import Miss, Reply, Request, Wire
from headwater.sources.github.faults import (
    SERVER,
    bad_answer,
    instant_of,
    is_limit,
    limited,
    refusal,
    retry_after_s,
)

_LOG = logging.getLogger(__name__)
NOT_MODIFIED = 304
TRIES = 5
MOST_GATES = 1_000
THREAD_BYTES = 256 * 1024
"""A larger body is read in a thread, so that it does not hold the loop up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A success: its JSON, and where the pages beside it are; `data` is None if not modified."""

    data: Any
    tag: str | None = None
    next_url: str | None = None
    link: str = ""
    size_bytes: int = 0
    unchanged: bool = False


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
            if isinstance(found, _Limited):
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
            return await _judged(found, request, rates)
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


class _Limited(Miss):
    """A try that the host refused for now."""


async def _judged(reply: Reply, request: Request, rates: RateGate) -> Answer | Miss:
    """Return what an answer is worth, and tell the gate what it says of limits."""
    now = anyio.current_time()
    if reply.status == NOT_MODIFIED:
        rates.free()
        _tell(rates, reply, now)
        return Answer(data=None, tag=request.tag, unchanged=True)
    _tell(rates, reply, now)
    try:
        data, _, next_url = await _decipher(reply)
    except HTTPException as error:
        return _refused(error, reply, request, rates=rates)
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        wrong = bad_answer(type(error).__name__, where=request.where)
        return Miss(error=wrong, maybe_done=True)
    rates.answered()
    return Answer(
        data=data,
        tag=reply.headers.get("etag"),
        next_url=next_url,
        link=reply.headers.get("link", ""),
        size_bytes=len(reply.body),
    )


async def _decipher(reply: Reply) -> tuple[Any, sansio.RateLimit | None, str | None]:
    if len(reply.body) < THREAD_BYTES:
        return sansio.decipher_response(reply.status, reply.headers, reply.body)
    return await to_thread.run_sync(
        sansio.decipher_response, reply.status, reply.headers, reply.body
    )


def _tell(rates: RateGate, reply: Reply, now: float) -> None:
    """Tell the gate what is left, by the host's own clock, so that ours need not be right."""
    try:
        told = sansio.RateLimit.from_http(reply.headers)
    except (ValueError, OverflowError, OSError):
        return
    if told is not None:
        at = now + _until(told, reply)
        window = int(told.reset_datetime.timestamp())
        rates.told(remaining=told.remaining, window=window, reset_at=at)


def _until(told: sansio.RateLimit, reply: Reply) -> float:
    """Return the seconds until a limit begins anew."""
    its_now = instant_of(reply.headers.get("date")) or datetime.now(UTC)
    return max(0.0, (told.reset_datetime - its_now).total_seconds())


def _refused(error: HTTPException, reply: Reply, request: Request, *, rates: RateGate) -> Miss:
    status = int(error.status_code)
    if not is_limit(status, reply.headers, str(error)):
        return Miss(error=refusal(error, where=request.where), maybe_done=status >= SERVER)
    now = anyio.current_time()
    asked_s = retry_after_s(reply.headers.get("retry-after"))
    if reply.headers.get("x-ratelimit-remaining") == "0" and asked_s is None:
        told = sansio.RateLimit.from_http(reply.headers)
        wait_s = 1.0 if told is None else max(0.05, _until(told, reply))
        rates.used_up(reset_at=now + wait_s)
    else:
        wait_s = rates.slow_down(now, wait_s=asked_s)
    return _Limited(error=limited(request.where, wait_s=wait_s), maybe_done=False)


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

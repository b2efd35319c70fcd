"""What a reply of GitHub's means: an answer, a refusal, a limit; it sends nothing.

Imported at the first request (`Wire`): what deciphers a reply takes long to import.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import anyio
from anyio import to_thread
from gidgethub import HTTPException, sansio

from headwater.policy.rate_gate import RateGate
from headwater.sources.github.faults import (
    SERVER,
    bad_answer,
    instant_of,
    is_limit,
    limited,
    refusal,
    retry_after_s,
)
from headwater.sources.github.messages import Answer, Limited, Miss, Reply, Request

NOT_MODIFIED = 304
THREAD_BYTES = 256 * 1024
"""A larger body is read in a thread, so that it does not hold the loop up."""


async def judge(reply: Reply, request: Request, rates: RateGate) -> Answer | Miss:
    """Return what a reply is worth, and tell the gate what it says of limits."""
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
    return Limited(error=limited(request.where, wait_s=wait_s), maybe_done=False)

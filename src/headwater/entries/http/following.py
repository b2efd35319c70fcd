"""How a run is told while it runs: asked in this request, or followed from elsewhere."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
from starlette.requests import Request

from headwater.app.service import AsyncHeadwater
from headwater.engine.watch import Watch
from headwater.entries.http.streams import EventStream, Tell, told, told_event
from headwater.entries.wire.opening import Opening
from headwater.entries.wire.visit import visit_of
from headwater.errors import UsageError
from headwater.model.answer import Answer, RunResult


def asked_aloud(
    hw: AsyncHeadwater, request: Request, ask: Callable[[Watch], Awaitable[Answer | RunResult]]
) -> EventStream:
    """Return the events of a run as they happen, then its answer; it is asked as this is sent.

    Where the asker's key ends meanwhile, the run ends and they are told so instead.
    """
    here = visit_of(request.scope)

    async def work(tell: Tell) -> None:
        watch, results, ended = hw.watch(), [], anyio.Event()

        async def asking() -> None:
            results.append(await ask(watch))
            ended.set()

        async with anyio.create_task_group() as group:
            group.start_soon(asking)
            group.start_soon(here.keep_checking)
            async for event in watch:
                await tell(told_event(event))
            await ended.wait()
            group.cancel_scope.cancel()
        await tell(told_result(results[0]))

    return EventStream(work)


def told_result(value: Answer | RunResult) -> bytes:
    """Return the last event of a run: `answer`, or `result` where it was a plan's."""
    return told("answer" if isinstance(value, Answer) else "result", value)


def followed(hw: AsyncHeadwater, request: Request, opening: Opening) -> EventStream:
    """Return the events of a run, those after `Last-Event-ID`, then its answer where it has one.

    Where the server stops it ends; the client goes on elsewhere from the last event's number.
    """
    run_id, here = request.path_params["run_id"], visit_of(request.scope)
    after = last_event_id(request)

    async def work(tell: Tell) -> None:
        following = hw.live.follow(run_id, after=after, principal=here.who)
        async with anyio.create_task_group() as group, following as events:
            await tell(b": following\n\n")
            group.start_soon(here.keep_checking)
            async for event in events:
                await here.recheck()
                await tell(told_event(event))
            group.cancel_scope.cancel()
        state = await hw.live.find(run_id, principal=here.who)
        if state.result is not None:
            await tell(told_result(state.result))
        else:
            await tell(told("ended", {"run": state.run, "code": state.code}))

    return EventStream(lambda tell: opening.until_closing(functools.partial(work, tell)))


def last_event_id(request: Request) -> int:
    """Return the number of the last event that the client has seen; -1 for none.

    Raises:
        UsageError: `http.bad_header`.
    """
    written: Any = request.headers.get("last-event-id", "").strip() or "-1"
    try:
        return max(-1, min(int(written), 2**53))
    except ValueError:
        message = f"Last-Event-ID: {written[:40]!a} is no number of an event; send it as it came"
        raise UsageError(message, code="http.bad_header") from None

"""How does a unit of work run in a thread while the loop carries out its statements?

What it reads besides the database may block, and what it computes may take long, so neither may
be done in the loop. SQLAlchemy's drivers for asyncio wait by switching greenlets; here the
greenlet lives in the thread, and what it waits for is awaited by the loop.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import anyio
from anyio import from_thread, to_thread
from greenlet import getcurrent, greenlet  # type: ignore[import-untyped]

T = TypeVar("T")


class _Waiting(greenlet):  # type: ignore[misc]
    """A greenlet whose waiting SQLAlchemy leaves to its parent."""

    __sqlalchemy_greenlet_provider__ = True


async def run_in_thread(work: Callable[[], T], *, limiter: anyio.CapacityLimiter) -> T:
    """Run a function in a thread; each of its waits is one hop to the loop and back.

    A caller who leaves waits for the step under way: the next wait, or `check_wanted`, ends it.
    """
    return await to_thread.run_sync(_drive, work, limiter=limiter)


def _drive(work: Callable[[], Any]) -> Any:
    unit = _Waiting(work, getcurrent())
    given = unit.switch()
    while not unit.dead:
        try:
            result = from_thread.run(_awaited, given)
        except BaseException as error:  # noqa: BLE001, ASYNC103  it is raised where the unit waits
            given = unit.throw(error)
        else:
            given = unit.switch(result)
    return given


async def _awaited(given: Awaitable[Any]) -> Any:
    return await given

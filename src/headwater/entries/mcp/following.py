"""How an agent hears of a run's progress while it waits; it changes nothing in the run."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

import anyio
from mcp.server.session import ServerSession

from headwater.engine.watch import Watch
from headwater.entries.wire.clean import clean
from headwater.model.event import Event

DRAIN_S = 0.1
"""Seconds that the last steps may take to be told; the answer does not wait for a slow reader."""

T = TypeVar("T")


async def followed(work: Awaitable[T], *, watch: Watch, session: ServerSession) -> T:
    """Await a run, and tell its asker of its progress; the session knows whether that is wanted."""
    told = anyio.Event()
    async with anyio.create_task_group() as group:
        group.start_soon(_tell, watch, session, told, name="progress")
        result = await work
        with anyio.move_on_after(DRAIN_S):
            await told.wait()
        group.cancel_scope.cancel()
    return result


async def _tell(watch: Watch, session: ServerSession, told: anyio.Event) -> None:
    planned: set[str] = set()
    ended = texts = 0
    async for event in watch:
        if event.kind == "model.text":
            texts += 1  # what is told has to rise, and no step has ended
            so_far = ended + 1 - 1 / (1 + texts)
            await session.report_progress(so_far, max(ended + 1, len(planned)), _draft(event))
        elif event.kind == "run.planned":
            planned |= {step["id"] for step in event.data.get("steps", ())}
            if not ended:
                await session.report_progress(0, len(planned), f"planned {len(planned)} steps")
        elif event.kind in {"step.ended", "step.kept"}:
            ended += 1
            await session.report_progress(ended, max(ended, len(planned)), _words(event))
    told.set()


def _draft(event: Event) -> str:
    """Return what a model writes as words for a person: nobody has checked it."""
    text = " ".join(str(event.data.get("text", "")).split())
    return clean(f"{event.data.get('model')} writes, unchecked: {text}")


def _words(event: Event) -> str:
    outcome = event.data.get("outcome", {})
    return clean(f"{event.step}: {outcome.get('status', 'ended')}")

"""What a person sees and can do while a run goes on: the live waterfall and Ctrl-C."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from rich.console import Group
from rich.live import Live
from rich.text import Text

from headwater.composing.waterfall import Waterfall, waterfall
from headwater.engine.watch import Watch
from headwater.entries.cli.exits import Stopped
from headwater.entries.cli.render_bars import draw_head, draw_waterfall, draw_writing, plain_line
from headwater.entries.cli.screen import Screen
from headwater.errors import HeadwaterError
from headwater.model.event import Event

FIRST_DRAWN_S = 0.15
"""An answer that comes sooner is not preceded by a flicker."""
REDRAWN_S = 0.1
LAST_EVENTS_S = 0.5
HINT = "ctrl-c: answer now with what is there (a second time: stop)"
ANSWERING = "answering now with what is there (ctrl-c again: stop)"


class Followed:
    """The events of a run, gathered as they happen."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        self.events: list[Event] = []
        self.ended = anyio.Event()
        self.began_at = anyio.current_time()

    def picture(self) -> Waterfall:
        """Return what has happened so far as bars."""
        return waterfall(self.events)


@asynccontextmanager
async def following(watch: Watch, screen: Screen) -> AsyncIterator[Followed]:
    """Show the run inside this block on stderr, and end it early or stop it on Ctrl-C.

    Raises:
        Stopped: on a second Ctrl-C.
    """
    seen = Followed(watch)
    interrupts: list[int] = []
    fault: HeadwaterError | None = None
    async with anyio.create_task_group() as group:
        group.start_soon(_gather, watch, seen, screen, name="gather events")
        group.start_soon(_listen, watch, group.cancel_scope, interrupts, name="listen for ctrl-c")
        if screen.draws:
            group.start_soon(_draw, seen, screen, interrupts, name="draw")
        try:
            yield seen
        except HeadwaterError as error:
            fault = error
        else:
            with anyio.move_on_after(LAST_EVENTS_S):
                await seen.ended.wait()
        group.cancel_scope.cancel()
    watch.close()
    if len(interrupts) > 1:
        raise Stopped
    if fault is not None:
        raise fault


async def _gather(watch: Watch, seen: Followed, screen: Screen) -> None:
    async for event in watch:
        seen.events.append(event)
        if event.kind == "step.ended" and screen.tells:
            bars = seen.picture().bars
            screen.tell(next(plain_line(bar) for bar in bars if bar.step == (event.step or "")))
    seen.ended.set()


async def _listen(watch: Watch, scope: anyio.CancelScope, interrupts: list[int]) -> None:
    with anyio.open_signal_receiver(signal.SIGINT) as signals:
        async for number in signals:
            interrupts.append(number)
            if len(interrupts) > 1:
                scope.cancel()
            watch.finish()


async def _draw(seen: Followed, screen: Screen, interrupts: list[int]) -> None:
    with anyio.move_on_after(FIRST_DRAWN_S):
        await seen.ended.wait()
        return
    with Live(
        console=screen.err, transient=True, auto_refresh=False, redirect_stdout=False
    ) as live:
        while not seen.ended.is_set():
            live.update(_frame(seen, screen, interrupts), refresh=True)
            with anyio.move_on_after(REDRAWN_S):
                await seen.ended.wait()


def _frame(seen: Followed, screen: Screen, interrupts: list[int]) -> Group:
    picture = seen.picture()
    now_s = anyio.current_time() - seen.began_at
    width = screen.err.width
    room = max(screen.err.height - (5 if picture.writing else 4), 1)
    bars = draw_waterfall(picture, width=width, now_s=now_s)
    hint = Text(ANSWERING if interrupts else HINT, style="dim", no_wrap=True, overflow="ellipsis")
    hidden = len(bars) - room
    more = [Text(f"… {hidden} more steps", style="dim")] if hidden > 0 else []
    draft = draw_writing(picture, width=width)
    return Group(*draw_head(picture, width=width, now_s=now_s), *bars[:room], *more, *draft, hint)

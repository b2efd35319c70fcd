"""What a person sees while an estate goes in or out: a bar on stderr; it moves nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import anyio
from rich.progress_bar import ProgressBar
from rich.status import Status
from rich.table import Table
from rich.text import Text

from headwater.entries.cli.screen import Screen
from headwater.entries.cli.text import clean
from headwater.errors import HeadwaterError
from headwater.model.load import Progress

FIRST_DRAWN_S = 0.3
REDRAWN_S = 0.1
BAR = 28


@asynccontextmanager
async def progressing(
    doing: str, screen: Screen, *, counted: str = "rows"
) -> AsyncIterator[Progress]:
    """Show what goes on inside this block on stderr: a bar in place, or a line where it begins."""
    progress = Progress()
    fault: HeadwaterError | None = None
    if not screen.draws and not screen.json:
        screen.tell(f"{doing} …")
    async with anyio.create_task_group() as group:
        if screen.draws:
            draw = partial(_draw, doing, progress, screen, counted=counted)
            group.start_soon(draw, name="draw progress")
        try:
            yield progress
        except HeadwaterError as error:
            fault = error
        group.cancel_scope.cancel()
    if fault is not None:
        raise fault


async def _draw(doing: str, progress: Progress, screen: Screen, *, counted: str) -> None:
    await anyio.sleep(FIRST_DRAWN_S)
    began_at = anyio.current_time()
    with Status(doing, console=screen.err) as status:
        while True:
            spent_s = anyio.current_time() - began_at + FIRST_DRAWN_S
            status.update(draw_progress(doing, progress, spent_s, counted=counted))
            await anyio.sleep(REDRAWN_S)


def draw_progress(
    doing: str, progress: Progress, spent_s: float, *, counted: str = "rows"
) -> Table:
    """Return one line: what goes on, how much of it, how many of what, and for how long."""
    grid = Table.grid(padding=(0, 1))
    cells: list[Text | ProgressBar] = [Text(f"{doing} {clean(progress.part)}".rstrip())]
    if progress.total_bytes:
        total, read = progress.total_bytes, min(progress.bytes_read, progress.total_bytes)
        cells.append(ProgressBar(total=total, completed=read, width=BAR))
        cells.append(Text(f"{read / total:.0%}"))
    cells.append(Text(f"{progress.rows_read:,} {counted}"))
    cells.append(Text(f"{spent_s:.1f} s", style="dim"))
    grid.add_row(*cells)
    return grid

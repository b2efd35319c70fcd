"""What a person sees while an estate is being loaded: a bar on stderr; it loads nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from headwater.engine.watch import Watch
from headwater.entries.cli.screen import Screen
from headwater.entries.cli.text import clean
from headwater.errors import HeadwaterError
from headwater.model.event import Event


@asynccontextmanager
async def loading(watch: Watch, screen: Screen) -> AsyncIterator[None]:
    """Show the load inside this block on stderr, as a bar a file, or as lines."""
    fault: HeadwaterError | None = None
    async with anyio.create_task_group() as group:
        if screen.draws:
            group.start_soon(_draw, watch, screen, name="draw progress")
        else:
            group.start_soon(_tell, watch, screen, name="tell progress")
        try:
            yield
        except HeadwaterError as error:
            fault = error
        group.cancel_scope.cancel()
    watch.close()
    if fault is not None:
        raise fault


async def _draw(watch: Watch, screen: Screen) -> None:
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[rows]} rows", markup=False),
        TimeElapsedColumn(),
    )
    bars: dict[str, TaskID] = {}
    with Progress(*columns, console=screen.err, transient=True, auto_refresh=False) as progress:
        async for event in watch:
            file, read, done = _facts(event)
            if file not in bars:
                bars[file] = progress.add_task(clean(file), total=None, rows="0")
            total = max(read, 1) if done else None
            progress.update(bars[file], completed=read, total=total, rows=f"{read:,}")
            progress.refresh()


async def _tell(watch: Watch, screen: Screen) -> None:
    async for event in watch:
        file, read, done = _facts(event)
        if done and screen.tells:
            screen.tell(f"{clean(file)}: {read:,} rows")


def _facts(event: Event) -> tuple[str, int, bool]:
    """Return the file, the rows read of it so far, and whether it is done."""
    data = event.data
    return str(data.get("file", "")), int(data.get("read") or 0), event.kind == "load.ended"

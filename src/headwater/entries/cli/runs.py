"""The commands that look back: tools, runs, explain, replay; they await one method and encode."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from headwater.entries.cli.decode import checked
from headwater.entries.cli.door import opened
from headwater.entries.cli.exits import COMPLETE, PARTIAL
from headwater.entries.cli.options import NO_OPTIONS, Options
from headwater.entries.cli.render_lists import (
    draw_explanation,
    draw_replay,
    draw_runs,
    draw_tools,
)
from headwater.entries.cli.screen import Screen


async def tools(*, options: Options = NO_OPTIONS) -> int:
    """List the tools: what each does, takes and gives.

    Args:
        options: Options of every command.
    """
    screen = Screen(options)
    async with opened(options) as app:
        found = await app.tools()
    if screen.json:
        screen.give(found)
    else:
        screen.show(draw_tools(found))
    return COMPLETE


async def runs(*, limit: int = 20, options: Options = NO_OPTIONS) -> int:
    """List the latest runs, newest first.

    Args:
        limit: How many at the most.
        options: Options of every command.
    """
    screen = Screen(options)
    async with opened(options) as app:
        found = await app.runs(limit=limit)
    if screen.json:
        screen.give(found)
    else:
        screen.show(draw_runs(found, screen.look()))
    return COMPLETE


async def explain(run: str, /, *, options: Options = NO_OPTIONS) -> int:
    """Explain a run: its plan, its waterfall, every event and where in the code it happened.

    Args:
        run: The run's id, as its answer shows it.
        options: Options of every command.
    """
    run_id, screen = checked(run, "the run's id"), Screen(options)
    async with opened(options) as app:
        told = await app.explain(run_id)
    if screen.json:
        screen.give(told)
    else:
        screen.show(draw_explanation(told, screen.look()))
    return COMPLETE


async def replay(
    run: str,
    /,
    *,
    sequential: Annotated[bool, Parameter(negative="")] = False,
    options: Options = NO_OPTIONS,
) -> int:
    """Run a stored plan again, and report every value that differs and both times.

    Args:
        run: The run's id, as its answer shows it.
        sequential: One step after the other, to see what running them together gains.
        options: Options of every command.
    """
    run_id, screen = checked(run, "the run's id"), Screen(options)
    async with opened(options) as app:
        report = await app.replay(run_id, sequential=sequential)
    if screen.json:
        screen.give(report)
    else:
        screen.show(draw_replay(report, screen.look()))
    return COMPLETE if report.equal else PARTIAL

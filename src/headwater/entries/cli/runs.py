"""The commands that look back: tools, runs, explain, replay; they await one method and encode."""

from __future__ import annotations

from typing import Annotated

import anyio
from cyclopts import Parameter

from headwater.entries.cli.decode import checked
from headwater.entries.cli.exits import COMPLETE, PARTIAL
from headwater.entries.cli.options import NO_OPTIONS, Options
from headwater.entries.cli.render_lists import (
    draw_explanation,
    draw_replay,
    draw_runs,
    draw_tools,
)
from headwater.entries.cli.screen import Screen
from headwater.model.event import RunRecord
from headwater.model.explanation import Explanation, ToolInfo
from headwater.model.replay import ReplayReport


def tools(*, options: Options = NO_OPTIONS) -> int:
    """List the tools: what each does, takes and gives.

    Args:
        options: Options of every command.
    """
    screen = Screen(options)

    from headwater.entries.cli.door import opened

    async def listed() -> list[ToolInfo]:
        async with opened(options) as app:
            return await app.tools()

    found = anyio.run(listed)
    if screen.json:
        screen.give(found)
    else:
        screen.show(draw_tools(found))
    return COMPLETE


def runs(*, limit: int = 20, options: Options = NO_OPTIONS) -> int:
    """List the latest runs, newest first.

    Args:
        limit: How many at the most.
        options: Options of every command.
    """
    screen = Screen(options)

    from headwater.entries.cli.door import opened

    async def listed() -> list[RunRecord]:
        async with opened(options) as app:
            return await app.runs(limit=limit)

    found = anyio.run(listed)
    if screen.json:
        screen.give(found)
    else:
        screen.show(draw_runs(found, screen.look()))
    return COMPLETE


def explain(run: str, /, *, options: Options = NO_OPTIONS) -> int:
    """Explain a run: its plan, its waterfall, every event and where in the code it happened.

    Args:
        run: The run's id, as its answer shows it.
        options: Options of every command.
    """
    run_id, screen = checked(run, "the run's id"), Screen(options)

    from headwater.entries.cli.door import opened

    async def explained() -> Explanation:
        async with opened(options) as app:
            return await app.explain(run_id)

    told = anyio.run(explained)
    if screen.json:
        screen.give(told)
    else:
        screen.show(draw_explanation(told, screen.look()))
    return COMPLETE


def replay(
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

    from headwater.entries.cli.door import opened

    async def replayed() -> ReplayReport:
        async with opened(options) as app:
            return await app.replay(run_id, sequential=sequential)

    report = anyio.run(replayed)
    if screen.json:
        screen.give(report)
    else:
        screen.show(draw_replay(report, screen.look()))
    return COMPLETE if report.equal else PARTIAL

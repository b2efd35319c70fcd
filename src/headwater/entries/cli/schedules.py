"""The commands on what is done again and again: they await one method and encode.

Next: `headwater.app.jobs`
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

import anyio
from cyclopts import Parameter
from rich.console import RenderableType

from headwater.entries.cli.decode import checked, json_file
from headwater.entries.cli.exits import COMPLETE
from headwater.entries.cli.options import NO_OPTIONS, Budget, Options
from headwater.entries.cli.render_lists import draw_schedules
from headwater.entries.cli.screen import Screen
from headwater.model.principal import Principal
from headwater.model.schedule import Schedule

HOLDER = Principal()
ResultT = TypeVar("ResultT")


@Parameter(name="*", group="What is done")
@dataclass(frozen=True, slots=True, kw_only=True)
class What:
    """What a schedule's jobs do.

    Args:
        scan: Read the host of the server.
        ask: Answer a question.
        run: Carry out the plan in this file, written as JSON.
        load: Load a bundle or a NetBox dump from a path of the server.
        ingest: Take in the documents at a path of the server.
        replace: Of --load: remove what is not there any more.
        skip_bad: Of --load: leave bad lines out.
        budget: Time given for --ask and --run, such as 5s.
    """

    scan: Annotated[bool, Parameter(negative="")] = False
    ask: str | None = None
    run: str | None = None
    load: str | None = None
    ingest: str | None = None
    replace: Annotated[bool, Parameter(negative="")] = False
    skip_bad: Annotated[bool, Parameter(negative="")] = False
    budget: Budget = None


def create_schedule(
    name: str,
    /,
    *,
    cron: str,
    zone: str = "UTC",
    what: What = What(),
    options: Options = NO_OPTIONS,
) -> int:
    """Have a server do something whenever a cron line says so.

    Args:
        name: What the schedule is called.
        cron: Minute, hour, day of the month, month, day of the week, such as "0 3 * * *".
        zone: In which zone the line is read, such as Europe/Berlin.
        what: What is done.
        options: Options of every command.
    """
    screen, wanted = Screen(options), checked(name, "the schedule's name")
    line, place = checked(cron, "--cron"), checked(zone, "--zone")
    whose, do = checked(options.tenant or "", "--tenant") or None, _doing(what)

    async def made(jobs: Any) -> Schedule:
        schedule: Schedule = await jobs.schedule(
            wanted, cron=line, zone=place, do=do, tenant=whose, principal=HOLDER
        )
        return schedule

    return _given(screen, _asked(options, made))


def list_schedules(*, options: Options = NO_OPTIONS) -> int:
    """List the schedules of a tenant by name.

    Args:
        options: Options of every command.
    """
    screen, whose = Screen(options), checked(options.tenant or "", "--tenant") or None

    async def listed(jobs: Any) -> list[Schedule]:
        found: list[Schedule] = await jobs.schedules(tenant=whose, principal=HOLDER)
        return found

    return _given(screen, _asked(options, listed))


def remove_schedule(name: str, /, *, options: Options = NO_OPTIONS) -> int:
    """Remove a schedule; what it began goes on.

    Args:
        name: The schedule's name, as `headwater schedules list` shows it.
        options: Options of every command.
    """
    screen, wanted = Screen(options), checked(name, "the schedule's name")
    whose = checked(options.tenant or "", "--tenant") or None

    async def removed(jobs: Any) -> Schedule:
        gone: Schedule = await jobs.unschedule(wanted, tenant=whose, principal=HOLDER)
        return gone

    return _given(screen, _asked(options, removed))


def _doing(what: What) -> Mapping[str, Any]:
    """Return what is to be done, as the app takes it; paths are those of this folder."""
    do: dict[str, Any] = {"ask": what.ask, "budget_s": what.budget}
    if what.run is not None:
        do["run"] = json_file(checked(what.run, "--run"), "--run")
    for name in ("load", "ingest"):
        path = getattr(what, name)
        do[name] = None if path is None else str(Path(checked(path, f"--{name}")).absolute())
    flags = {"scan": what.scan or None, "replace": what.replace, "skip_bad": what.skip_bad}
    return {name: one for name, one in (do | flags).items() if one is not None and one is not False}


def _asked(options: Options, ask: Callable[[Any], Awaitable[ResultT]]) -> ResultT:
    """Open the estate, and the jobs of its servers, for as long as it takes to ask one thing."""
    from headwater.entries.cli.door import opened

    async def asked() -> ResultT:
        async with opened(Options(database=options.database), keeps_jobs=True) as app:
            return await ask(app.jobs)

    return anyio.run(asked)


def _given(screen: Screen, found: Schedule | list[Schedule]) -> int:
    if screen.json:
        screen.give(found)
    else:
        several = found if isinstance(found, list) else [found]
        drawn: list[RenderableType] = draw_schedules(several, screen.look())
        screen.show(drawn)
    return COMPLETE

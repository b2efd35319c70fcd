"""The commands that bring an estate in and out: load, scan, export; they decide nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import anyio
from cyclopts import Parameter

from headwater.entries.cli.decode import checked
from headwater.entries.cli.exits import COMPLETE
from headwater.entries.cli.options import NO_OPTIONS, Options
from headwater.entries.cli.progress import progressing
from headwater.entries.cli.render_lists import draw_facts, draw_load
from headwater.entries.cli.screen import Screen
from headwater.model.load import LoadReport

Flag = Parameter(negative="")


def load(
    path: str,
    /,
    *,
    kind: Annotated[Literal["bundle", "netbox"] | None, Parameter(name="--as")] = None,
    replace: Annotated[bool, Flag] = False,
    skip_bad: Annotated[bool, Flag] = False,
    options: Options = NO_OPTIONS,
) -> int:
    """Load a bundle or a NetBox dump into the estate.

    Args:
        path: A file or a folder.
        kind: What it is; without it that is told from the files.
        replace: Also remove what the source no longer has.
        skip_bad: Leave out bad lines, count and list them, instead of refusing their file.
        options: Options of every command.
    """
    source, screen = Path(checked(path, "the path")), Screen(options)

    from headwater.entries.cli.door import opened

    async def loaded() -> LoadReport:
        async with opened(options) as app, progressing("loading", screen) as progress:
            return await app.load(
                source, kind=kind, replace=replace, skip_bad=skip_bad, progress=progress
            )

    return show_load(anyio.run(loaded), screen)


def scan(*, options: Options = NO_OPTIONS) -> int:
    """Read this host into the estate: processes, sockets, file systems, interfaces, packages.

    Args:
        options: Options of every command.
    """
    screen = Screen(options)

    from headwater.entries.cli.door import opened

    async def scanned() -> LoadReport:
        async with opened(options) as app, progressing("scanning this host", screen) as progress:
            return await app.scan(progress=progress)

    return show_load(anyio.run(scanned), screen)


def export(folder: str, /, *, options: Options = NO_OPTIONS) -> int:
    """Write the estate as a bundle into a folder.

    Args:
        folder: Where; it is made where it does not exist.
        options: Options of every command.
    """
    target, screen = Path(checked(folder, "the folder")), Screen(options)

    from headwater.entries.cli.door import opened

    async def exported() -> dict[str, int]:
        async with opened(options) as app, progressing("exporting", screen) as progress:
            return await app.export(target, progress=progress)

    written = anyio.run(exported)
    if screen.json:
        screen.give(written)
    else:
        screen.show(draw_facts(written))
    return COMPLETE


def show_load(report: LoadReport, screen: Screen) -> int:
    """Print what a load did, and return the exit status."""
    if screen.json:
        screen.give(report)
    else:
        screen.show(draw_load(report, screen.look()))
    return COMPLETE

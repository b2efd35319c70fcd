"""The command that looks whether everything is set up: doctor; it decides nothing.

Next: `headwater.app.doctor.examine`
"""

from __future__ import annotations

import anyio
from rich.table import Table
from rich.text import Text

from headwater.entries.cli.decode import checked
from headwater.entries.cli.exits import COMPLETE, FAILED
from headwater.entries.cli.options import NO_OPTIONS, Options
from headwater.entries.cli.screen import Screen
from headwater.entries.cli.text import clean
from headwater.model.readiness import Check

SIGNS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "failed": ("✕", "red")}


def doctor(*, options: Options = NO_OPTIONS) -> int:
    """Look at configuration, database, clock, permissions and services, and say what to do.

    Args:
        options: Options of every command.
    """
    screen = Screen(options)
    database = checked(options.database or "", "--database") or None
    tenant = checked(options.tenant or "", "--tenant") or "default"

    from headwater.app.doctor import examine

    async def examined() -> list[Check]:
        return await examine(database, tenant=tenant)

    found = anyio.run(examined)
    if screen.json:
        screen.give({"status": worst(found), "checks": found})
    else:
        screen.show([drawn(found)])
    return FAILED if worst(found) == "failed" else COMPLETE


def worst(checks: list[Check]) -> str:
    """Return the worst status among checks."""
    present = {one.status for one in checks}
    return next(status for status in ("failed", "warning", "ok") if status in present)


def drawn(checks: list[Check]) -> Table:
    """Return each check on a line: its sign, its name, what was found, and below it what to do."""
    grid = Table.grid(padding=(0, 1, 0, 0))
    for style in ("", "bold", ""):
        grid.add_column(style=style, overflow="fold")
    for one in checks:
        sign, colour = SIGNS[one.status]
        grid.add_row(Text(sign, style=colour), Text(one.name), Text(clean(one.message)))
        if one.advice:
            grid.add_row("", "", Text(clean(one.advice), style="dim"))
    return grid

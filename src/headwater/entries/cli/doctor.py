"""The command that looks whether everything is set up: doctor; it decides nothing.

Next: `headwater.app.doctor.examine`
"""

from __future__ import annotations

import anyio
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
        screen.show([line for one in found for line in drawn(one)])
    return FAILED if worst(found) == "failed" else COMPLETE


def worst(checks: list[Check]) -> str:
    """Return the worst status among checks."""
    present = {one.status for one in checks}
    return next(status for status in ("failed", "warning", "ok") if status in present)


def drawn(check: Check) -> list[Text]:
    """Return a check as lines: its sign, its name, what was found, and what to do."""
    sign, colour = SIGNS[check.status]
    line = Text(f"{sign} ", style=colour)
    line.append(f"{check.name:<14}", style="bold")
    line.append(clean(check.message), style="")
    if not check.advice:
        return [line]
    return [line, Text(f"  {'':<14}{clean(check.advice)}", style="dim")]

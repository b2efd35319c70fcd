"""The command that shows what Headwater is: an estate from nothing, and four questions."""

from __future__ import annotations

from pathlib import Path

import anyio
from rich.rule import Rule
from rich.text import Text

from headwater.app.service import AsyncHeadwater
from headwater.entries.cli.decode import checked
from headwater.entries.cli.door import opened
from headwater.entries.cli.exits import BY_STATUS
from headwater.entries.cli.follow import following
from headwater.entries.cli.options import NO_OPTIONS, Options
from headwater.entries.cli.progress import progressing
from headwater.entries.cli.render_answer import draw_answer
from headwater.entries.cli.render_lists import draw_load
from headwater.entries.cli.screen import Screen
from headwater.entries.cli.text import quoted
from headwater.model.answer import Answer
from headwater.model.load import LoadReport

FOLDER = ".demo"
QUESTIONS = (
    "how many items per type?",
    "plot latency of checkout-api in the last 3 hours",
    "what breaks if orders-db fails?",
    "why is checkout-api slow?",
)


async def demo(folder: str = FOLDER, /, *, seed: int = 1, options: Options = NO_OPTIONS) -> int:
    """Make a demo estate and this host beside it, and ask four questions.

    Args:
        folder: Where its bundle and its database go.
        seed: Another number gives another company.
        options: Options of every command.
    """
    home, screen = Path(checked(folder, "the folder")), Screen(options, lines=False)
    await anyio.Path(home).mkdir(parents=True, exist_ok=True)
    if options.database is None:
        options = Options(
            database=f"sqlite:///{home / 'estate.db'}",
            tenant=options.tenant,
            quiet=options.quiet,
            json=options.json,
        )
    async with opened(options) as app:
        loads = await _fill(app, home, seed, screen=screen)
        answers = [await _ask(app, question, screen) for question in QUESTIONS]
    if screen.json:
        screen.give({"loads": loads, "answers": answers})
    elif not screen.quiet:
        screen.show(_farewell(str(options.database)))
    return max(BY_STATUS[answer.status] for answer in answers)


async def _fill(app: AsyncHeadwater, home: Path, seed: int, *, screen: Screen) -> list[LoadReport]:
    loads = []
    async with progressing("making and loading a demo estate", screen) as progress:
        loads.append(await app.demo(home / "bundle", seed=seed, progress=progress))
    _show(screen, loads[0])
    async with progressing("scanning this host", screen) as progress:
        loads.append(await app.scan(progress=progress))
    _show(screen, loads[1])
    return loads


def _show(screen: Screen, report: LoadReport) -> None:
    if not screen.json:
        screen.show([*draw_load(report, screen.look()), ""])


async def _ask(app: AsyncHeadwater, question: str, screen: Screen) -> Answer:
    if not screen.json:
        screen.show([Rule(Text(question, style="bold"), align="left", style="dim"), ""])
    watch = app.watch()
    async with following(watch, screen) as seen:
        answer = await app.ask(question, zone=screen.zone, watch=watch)
    if not screen.json:
        screen.show([*draw_answer(answer, seen.picture(), screen.look()), ""])
    return answer


def _farewell(database: str) -> list[Text]:
    return [
        Text("Ask your own:", style="bold"),
        Text(f"  export HEADWATER_DATABASE={quoted(database)}"),
        Text('  .venv/bin/headwater ask "what changed since yesterday?"'),
        Text("  .venv/bin/headwater tools"),
    ]

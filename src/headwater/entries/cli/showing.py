"""The command that shows what Headwater is: an estate from nothing, and four questions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import anyio
from rich.rule import Rule
from rich.text import Text

from headwater.composing.waterfall import Waterfall
from headwater.entries.cli.decode import checked
from headwater.entries.cli.exits import BY_STATUS
from headwater.entries.cli.follow import following
from headwater.entries.cli.options import NO_OPTIONS, Options
from headwater.entries.cli.progress import progressing
from headwater.entries.cli.render_answer import draw_answer
from headwater.entries.cli.render_lists import draw_load
from headwater.entries.cli.screen import Screen
from headwater.entries.cli.text import quoted
from headwater.errors import UsageError, without_secrets
from headwater.model.answer import Answer
from headwater.model.load import LoadReport

FOLDER = ".demo"
QUESTIONS = (
    "how many items per type?",
    "plot latency of checkout-api in the last 3 hours",
    "what breaks if orders-db fails?",
    "why is checkout-api slow?",
)


def demo(folder: str = FOLDER, /, *, seed: int = 1, options: Options = NO_OPTIONS) -> int:
    """Make a demo estate and this host beside it, and ask four questions.

    Args:
        folder: Where its bundle and its database go.
        seed: Another number gives another company.
        options: Options of every command.
    """
    home, screen = Path(checked(folder, "the folder")), Screen(options, lines=False)
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"cannot make the folder {home} ({error.strerror}); name another: demo FOLDER"
        raise UsageError(message, code="cli.unwritable") from error
    if options.database is None:
        options = replace(options, database=f"sqlite:///{home / 'estate.db'}")
    loads = [_filled(home / "bundle", seed, options, screen=screen), _scanned(options, screen)]
    answers = [_answered(question, options, screen) for question in QUESTIONS]
    if screen.json:
        screen.give({"loads": loads, "answers": answers})
    elif not screen.quiet:
        screen.show(_farewell(str(options.database)))
    return max(BY_STATUS[answer.status] for answer in answers)


def _filled(bundle: Path, seed: int, options: Options, *, screen: Screen) -> LoadReport:
    from headwater.entries.cli.door import opened

    async def filled() -> LoadReport:
        doing = "making and loading a demo estate"
        async with opened(options) as app, progressing(doing, screen) as progress:
            return await app.demo(bundle, seed=seed, progress=progress)

    return _show(anyio.run(filled), screen)


def _scanned(options: Options, screen: Screen) -> LoadReport:
    from headwater.entries.cli.door import opened

    async def scanned() -> LoadReport:
        async with opened(options) as app, progressing("scanning this host", screen) as progress:
            return await app.scan(progress=progress)

    return _show(anyio.run(scanned), screen)


def _show(report: LoadReport, screen: Screen) -> LoadReport:
    if not screen.json:
        screen.show([*draw_load(report, screen.look()), ""])
    return report


def _answered(question: str, options: Options, screen: Screen) -> Answer:
    from headwater.entries.cli.door import opened

    async def answered() -> tuple[Answer, Waterfall]:
        async with opened(options, asks=True) as app, following(app.watch(), screen) as seen:
            answer = await app.ask(question, zone=screen.zone, watch=seen.watch)
        return answer, seen.picture()

    if not screen.json:
        screen.show([Rule(Text(question, style="bold"), align="left", style="dim"), ""])
    answer, picture = anyio.run(answered)
    if not screen.json:
        screen.show([*draw_answer(answer, picture, screen.look()), ""])
    return answer


def _farewell(database: str) -> list[Text]:
    return [
        Text("Ask your own:", style="bold"),
        Text(f"  export HEADWATER_DATABASE={quoted(without_secrets(database))}"),
        Text('  .venv/bin/headwater ask "what changed since yesterday?"'),
        Text("  .venv/bin/headwater tools"),
    ]

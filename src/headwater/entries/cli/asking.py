"""The commands that ask: ask, call, run, again; they decode, await one method and encode."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from headwater.entries.cli.decode import checked, json_file, json_object, question, steps
from headwater.entries.cli.door import opened
from headwater.entries.cli.exits import BY_OUTCOME, BY_STATUS
from headwater.entries.cli.follow import Followed, following
from headwater.entries.cli.options import NO_OPTIONS, Budget, Options
from headwater.entries.cli.render_answer import draw_answer
from headwater.entries.cli.render_outcome import draw_outcome
from headwater.entries.cli.screen import Screen
from headwater.model.answer import Answer, RunResult

Dashed = Parameter(allow_leading_hyphen=True)


async def ask(
    *words: Annotated[str, Parameter(name="question", negative="")],
    budget: Budget = None,
    options: Options = NO_OPTIONS,
) -> int:
    """Answer a question in plain words, in the time given.

    Args:
        words: What you want to know, such as "what breaks if db-1 fails?".
        budget: Time given for the answer, such as 2s or 500ms; without it 5s or HEADWATER_BUDGET_S.
        options: Options of every command.
    """
    text, screen = question(words), Screen(options)
    async with opened(options) as app:
        watch = app.watch()
        async with following(watch, screen) as seen:
            answer = await app.ask(text, budget_s=budget, zone=screen.zone, watch=watch)
    return show(answer, seen, screen)


async def call(
    tool: str,
    arguments: Annotated[str, Dashed] = "{}",
    /,
    *,
    budget: Budget = None,
    options: Options = NO_OPTIONS,
) -> int:
    """Call one tool with arguments in JSON.

    Args:
        tool: The tool's name, such as ci.search; `headwater tools` lists them.
        arguments: A JSON object; - reads standard input, @FILE a file.
        budget: Time given for the call, such as 2s or 500ms; without it 5s or HEADWATER_BUDGET_S.
        options: Options of every command.
    """
    name, screen = checked(tool, "the tool's name"), Screen(options)
    decoded = json_object(arguments, "the arguments")
    async with opened(options) as app:
        outcome = await app.call(name, decoded, budget_s=budget)
    if screen.json:
        screen.give(outcome)
    else:
        screen.show(draw_outcome(name, outcome, screen.look()))
    return BY_OUTCOME[outcome.status]


async def run(
    plan: Annotated[str, Dashed],
    /,
    *,
    budget: Budget = None,
    options: Options = NO_OPTIONS,
) -> int:
    """Run a plan written as JSON.

    Args:
        plan: A file with {"steps": [...]}; - reads standard input.
        budget: Time given for the run, such as 2s or 500ms; without it 5s or HEADWATER_BUDGET_S.
        options: Options of every command.
    """
    decoded, screen = json_file(plan, "the plan"), Screen(options)
    async with opened(options) as app:
        watch = app.watch()
        async with following(watch, screen) as seen:
            result = await app.run(decoded, budget_s=budget, watch=watch)
    return show(result, seen, screen)


async def again(
    run: str,
    /,
    *,
    only: str | None = None,
    budget: Budget = None,
    options: Options = NO_OPTIONS,
) -> int:
    """Ask again for only what a run is missing; finished steps are kept.

    Args:
        run: The run's id, as its answer shows it.
        only: Steps to ask again, separated by commas; without it all that are missing.
        budget: Time given, such as 10s; without it what the run had.
        options: Options of every command.
    """
    run_id, screen = checked(run, "the run's id"), Screen(options)
    async with opened(options) as app:
        watch = app.watch()
        async with following(watch, screen) as seen:
            result = await app.again(run_id, only=steps(only), budget_s=budget, watch=watch)
    return show(result, seen, screen)


def show(result: Answer | RunResult, seen: Followed, screen: Screen) -> int:
    """Print an answer or a run's result, and return the exit status."""
    if screen.json:
        screen.give(result)
    else:
        screen.show(draw_answer(result, seen.picture(), screen.look()))
    return BY_STATUS[result.status]

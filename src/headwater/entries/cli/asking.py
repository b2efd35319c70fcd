"""The commands that ask: ask, call, run, again; they decode, await one method and encode.

Only the awaiting is done in the loop: what reads and prints may block.

Next: `headwater.entries.cli.door`
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import anyio
from cyclopts import Parameter

from headwater.composing.waterfall import Waterfall
from headwater.entries.cli.decode import checked, json_file, json_object, question, steps
from headwater.entries.cli.exits import BY_OUTCOME, BY_STATUS
from headwater.entries.cli.follow import following
from headwater.entries.cli.options import NO_OPTIONS, Budget, Options
from headwater.entries.cli.render_answer import draw_answer
from headwater.entries.cli.render_outcome import draw_outcome
from headwater.entries.cli.screen import Screen
from headwater.model.answer import Answer, RunResult
from headwater.model.outcome import Outcome

OF_JOBS = "work.notices"
"""The tool that shows what is kept where background jobs are."""


def _read_arguments(type_: Any, tokens: Sequence[Any]) -> dict[str, Any]:
    del type_
    return json_object(tokens[0].value, "the arguments")


def _read_plan(type_: Any, tokens: Sequence[Any]) -> dict[str, Any]:
    del type_
    return json_file(tokens[0].value, "the plan")


# Read while the command line is parsed: no loop is kept waiting for standard input.
_Arguments = Annotated[
    dict[str, Any] | None,
    Parameter(converter=_read_arguments, allow_leading_hyphen=True, accepts_keys=False),
]
_Plan = Annotated[
    dict[str, Any],
    Parameter(converter=_read_plan, allow_leading_hyphen=True, accepts_keys=False),
]


def ask(
    *words: Annotated[str, Parameter(name="question", negative="")],
    budget: Budget = None,
    session: int | None = None,
    options: Options = NO_OPTIONS,
) -> int:
    """Answer a question in plain words, in the time given.

    Args:
        words: What you want to know, such as "what breaks if db-1 fails?"; or the number of a
            question under your last answer.
        budget: Time given for the answer, such as 2s or 500ms; without it 5s or HEADWATER_BUDGET_S.
        session: The session of investigation in which it is asked (`headwater work start`).
        options: Options of every command.
    """
    text, screen = question(words), Screen(options)

    from headwater.entries.cli.door import opened
    from headwater.entries.cli.next_question import question_meant

    async def answered() -> tuple[Answer, Waterfall]:
        async with opened(options, asks=True) as app, following(app.watch(), screen) as seen:
            meant = await question_meant(app, text)
            answer = await app.ask(
                meant, budget_s=budget, zone=screen.zone, session=session, watch=seen.watch
            )
        return answer, seen.picture()

    return show(*anyio.run(answered), screen)


def call(
    tool: str,
    arguments: _Arguments = None,
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

    from headwater.entries.cli.door import opened

    async def called() -> Outcome:
        async with opened(options, keeps_jobs=name == OF_JOBS) as app:
            return await app.call(name, arguments or {}, budget_s=budget)

    outcome = anyio.run(called)
    if screen.json:
        screen.give(outcome)
    else:
        screen.show(draw_outcome(name, outcome, screen.look()))
    return BY_OUTCOME[outcome.status]


def run(
    plan: _Plan,
    /,
    *,
    budget: Budget = None,
    session: int | None = None,
    options: Options = NO_OPTIONS,
) -> int:
    """Run a plan written as JSON.

    Args:
        plan: A file with {"steps": [...]}; - reads standard input.
        budget: Time given for the run, such as 2s or 500ms; without it 5s or HEADWATER_BUDGET_S.
        session: The session of investigation in which it is asked (`headwater work start`).
        options: Options of every command.
    """
    screen = Screen(options)

    from headwater.entries.cli.door import opened

    async def carried_out() -> tuple[RunResult, Waterfall]:
        async with opened(options) as app, following(app.watch(), screen) as seen:
            result = await app.run(plan, budget_s=budget, session=session, watch=seen.watch)
        return result, seen.picture()

    return show(*anyio.run(carried_out), screen)


def again(
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

    from headwater.entries.cli.door import opened

    async def completed() -> tuple[Answer | RunResult, Waterfall]:
        async with opened(options, asks=True) as app, following(app.watch(), screen) as seen:
            result = await app.again(run_id, only=steps(only), budget_s=budget, watch=seen.watch)
        return result, seen.picture()

    return show(*anyio.run(completed), screen)


def show(result: Answer | RunResult, picture: Waterfall, screen: Screen) -> int:
    """Print an answer or a run's result, and return the exit status."""
    if screen.json:
        screen.give(result)
    else:
        screen.show(draw_answer(result, picture, screen.look()))
    return BY_STATUS[result.status]

"""Whether what an asker gave can be asked at all; it asks nothing."""

from __future__ import annotations

from collections.abc import Sequence

from headwater.engine.ask import Earlier
from headwater.errors import UsageError
from headwater.policy.budget import LEAST_S, MOST_S


def check_budget_s(budget_s: float) -> float:
    """Return the seconds given for an answer.

    Raises:
        UsageError: `ask.bad_budget`.
    """
    if not (isinstance(budget_s, int | float) and LEAST_S <= budget_s <= MOST_S):
        message = f"the budget is {LEAST_S} to {MOST_S:g} seconds, not {budget_s!r}"
        raise UsageError(message, code="ask.bad_budget")
    return float(budget_s)


def check_text(text: str) -> str:
    """Return a question's text.

    Raises:
        UsageError: `question.bad_text` where it is no text, or has characters that are none.
    """
    try:
        text.encode()
    except (AttributeError, UnicodeEncodeError) as error:
        message = f"the question is no valid Unicode text: {error}"
        raise UsageError(message, code="question.bad_text") from error
    return text.replace("\x00", " ")


def check_steps(run_id: str, earlier: Earlier, only: Sequence[str]) -> tuple[str, ...]:
    """Return the steps to ask again.

    Raises:
        UsageError: `run.unknown_step` where the run has no such step.
    """
    unknown = sorted(set(only) - {step.id for step in earlier.steps})
    if unknown:
        known = ", ".join(step.id for step in earlier.steps)
        message = f"run {run_id} has no step {', '.join(unknown)[:200]}; it has {known}"
        raise UsageError(message, code="run.unknown_step")
    return tuple(only)

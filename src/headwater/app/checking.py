"""Whether what an asker gave can be asked at all; it asks nothing."""

from __future__ import annotations

from collections.abc import Sequence

from headwater.analysis.records import text_problem
from headwater.engine.earlier import Earlier
from headwater.errors import UsageError
from headwater.model.event import RunRecord
from headwater.model.principal import Principal
from headwater.policy.budget import LEAST_S, MOST_S
from headwater.policy.permissions import ACTIONS, may

MOST_RUNS = 10_000
MOST_NAME = 512


def who_asks(given: Principal | None, otherwise: Principal) -> Principal:
    """Return the principal given, or the other one, which was checked when the client opened.

    Raises:
        UsageError: `principal.bad`.
    """
    return otherwise if given is None else checked(given)


def checked(who: Principal) -> Principal:
    """Return a principal that may ask.

    Raises:
        UsageError: `principal.bad` where it is none, or its names cannot be stored.
    """
    if not isinstance(who, Principal):
        message = f"{ascii(who)[:80]} is no Principal; give Principal(tenant=...)"
        raise UsageError(message, code="principal.bad")
    for name in (who.tenant, who.name, *who.roles):
        problem = text_problem(name) if isinstance(name, str) and name else "text of some length"
        if problem is None and len(name) > MOST_NAME:
            problem = f"text of at most {MOST_NAME} characters"
        if problem:
            message = f"{ascii(name)[:80]} names no tenant, person or role; give {problem}"
            raise UsageError(message, code="principal.bad")
    return who


def allow(who: Principal, action: str) -> Principal:
    """Return who asks, where their roles are enough for this action.

    Raises:
        UsageError: `access.denied`, naming the role that it takes.
    """
    if not may(who.roles, action):
        least = ACTIONS.get(action, "nobody")
        what = f"{action.removesuffix('_others')} of another's run" if "_" in action else action
        message = f"{what} is for the role {least}; use a key that has it"
        raise UsageError(message, code="access.denied")
    return who


def allow_on(who: Principal, action: str, run: RunRecord) -> None:
    """Let someone do this with a run; where it is another's, that is an action of its own.

    Raises:
        UsageError: `access.denied`.
    """
    if run.principal != who.name:
        allow(who, f"{action}_others")


def check_limit(limit: int) -> int:
    """Return how many runs to list, 1 to 10,000.

    Raises:
        UsageError: `run.bad_limit`.
    """
    if not isinstance(limit, int):
        message = f"the limit is a whole number of runs, not {limit!r}"
        raise UsageError(message, code="run.bad_limit")
    return min(MOST_RUNS, max(1, limit))


def unknown_run(run_id: str) -> UsageError:
    """Make the error of a run that is not there, for this tenant at least."""
    message = f"there is no run {ascii(run_id)[:80]}; see `headwater runs`"
    return UsageError(message, code="run.unknown")


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
        message = f"the question is no valid Unicode text: {ascii(text)[:80]}"
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


def check_session(session: int | None) -> int | None:
    """Return a session's id, or None.

    Raises:
        UsageError: `ask.bad_session`.
    """
    if session is None or (isinstance(session, int) and not isinstance(session, bool)):
        return session
    message = f"session {ascii(session)[:40]} is no id; give the number that the session came with"
    raise UsageError(message, code="ask.bad_session")

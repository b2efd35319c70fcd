"""What is said of calls and steps that did not simply succeed; it runs nothing."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from headwater.engine.references import references_in
from headwater.errors import DeadlineExceeded, EngineBug, HeadwaterError
from headwater.model.outcome import ElementFailure, Failed, Late, Outcome, Succeeded
from headwater.model.plan import Step
from headwater.toolkit.tool import Tool

LOG = logging.getLogger(__name__)


def too_late(tool: Tool) -> DeadlineExceeded:
    """Make the error of a call that was not answered in the time it had."""
    had = "" if tool.within_s is None else f" (it has {tool.within_s:g} s at the most)"
    message = f"{tool.name}: no answer in the time there was{had}"
    return DeadlineExceeded(message, code="limit.deadline", retry_safe=True)


def refused(
    error: HeadwaterError, *, tries: int = 0, earlier: tuple[str, ...] = (), elapsed_s: float = 0.0
) -> Outcome:
    """Return an error as an outcome."""
    if isinstance(error, DeadlineExceeded):
        return Late(message=error.message, attempts=tries, elapsed_s=elapsed_s, earlier=earlier)
    if isinstance(error, EngineBug):
        LOG.error("an invariant broke: %s", error, exc_info=error)
    return Failed(
        code=error.code,
        fault=error.fault,
        message=error.message,
        attempts=tries,
        elapsed_s=elapsed_s,
        earlier=earlier,
        facts=error.facts,
    )


def may_fall_back(outcome: Outcome) -> bool:
    """Tell whether something else may answer: not where the request itself was wrong."""
    if isinstance(outcome, Failed):
        return outcome.fault != "asker"
    return isinstance(outcome, Late)


def why(outcome: Outcome) -> str:
    """Return one line that says why an outcome is no success."""
    return getattr(outcome, "message", "")


def with_null_named(step: Step, args: Mapping[str, Any], outcome: Outcome) -> Outcome:
    """Say which reference gave null where that is why the arguments were refused."""
    if outcome.status != "failed" or outcome.code != "tool.bad_arguments":
        return outcome
    nulls = [
        f"{name} ({expression})"
        for name, value in step.args.items()
        for expression in references_in(value)
        if args.get(name) is None
    ]
    if not nulls:
        return outcome
    return with_reason(outcome, f"null was given by {', '.join(nulls)}")


def with_reason(outcome: Outcome, reason: str) -> Outcome:
    """Return an outcome whose message says one thing more."""
    if isinstance(outcome, Succeeded):
        return outcome
    return replace(outcome, message=f"{outcome.message}; {reason}")


def missed(step: Step, *, asked_now: bool) -> Late:
    """Return how a step ended that had no end when its run had."""
    if asked_now:
        return Late(message=f"{step.tool}: asked to answer before it did", code="limit.asked_now")
    return Late(message=f"{step.tool}: no answer in the time there was")


def gathered(step: Step, outcomes: list[Outcome | None], *, elapsed_s: float) -> Outcome:
    """Return the outcomes of all elements as one: their values in order, failures listed."""
    ended = [one or missed(step, asked_now=False) for one in outcomes]
    good = [one for one in ended if isinstance(one, Succeeded)]
    failures = tuple(
        ElementFailure(
            index=index,
            status=one.status,
            code=getattr(one, "code", "plan.skipped"),
            message=why(one),
        )
        for index, one in enumerate(ended)
        if not isinstance(one, Succeeded)
    )
    if ended and not good:
        others = len(ended) - 1
        return with_reason(ended[0], f"so did {others} other elements") if others else ended[0]
    return Succeeded(
        value=[one.value if isinstance(one, Succeeded) else None for one in ended],
        evidence=tuple(source for one in good for source in one.evidence),
        attempts=sum(one.attempts for one in good),
        elapsed_s=elapsed_s,
        via=next((one.via for one in good if one.via == "fallback"), "direct"),
        via_tool=next((one.via_tool for one in good if one.via == "fallback"), None),
        earlier=tuple(line for one in good for line in one.earlier),
        failures=failures,
    )

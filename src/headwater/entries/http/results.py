"""How an answer, a run's result or an outcome becomes a response: failed ones are problems."""

from __future__ import annotations

from starlette.responses import Response

from headwater.entries.http.encode import given
from headwater.entries.http.problems import BY_CODE, problem
from headwater.entries.wire.encode import plain
from headwater.model.answer import Answer, RunResult
from headwater.model.outcome import Failed, Late, Skipped

BY_FAMILY = {
    "question": "asker",
    "query": "asker",
    "window": "asker",
    "metric": "asker",
    "limit": "limit",
    "store": "store",
    "engine": "engine",
}
"""Whose fault it is where only a code is known, by what the code begins with; else the tool's."""


def result(value: Answer | RunResult) -> Response:
    """Return an answer or a run's result: 200 where it is complete or partial, else a problem."""
    if value.status != "failed":
        return given(value)
    code, fault = reason_of(value)
    name = "answer" if isinstance(value, Answer) else "result"
    return problem(code=code, fault=fault, message=value.summary, **{name: plain(value)})


def reason_of(value: Answer | RunResult) -> tuple[str, str]:
    """Return the code and the fault of what failed: its own, or that of its first gap."""
    if isinstance(value, RunResult):
        for outcome in value.outcomes.values():
            if isinstance(outcome, Failed):
                return outcome.code, outcome.fault
    code = value.code if isinstance(value, Answer) else None
    code = code or next((gap.code for gap in value.gaps), "run.failed")
    return code, fault_of(code)


def fault_of(code: str) -> str:
    """Return whose fault a code tells of."""
    if 400 <= BY_CODE.get(code, 0) < 500:  # noqa: PLR2004  as HTTP counts them
        return "asker"
    return BY_FAMILY.get(code.split(".", maxsplit=1)[0], "tool")


def failed_outcome(outcome: Failed | Late | Skipped) -> Response:
    """Return an outcome that is no success as a problem."""
    code, fault = "step.skipped", "tool"
    if isinstance(outcome, Failed):
        code, fault = outcome.code, str(outcome.fault)
    elif isinstance(outcome, Late):
        code, fault = outcome.code, "limit"
    return problem(code=code, fault=fault, message=outcome.message, outcome=plain(outcome))

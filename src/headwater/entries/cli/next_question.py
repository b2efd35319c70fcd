"""Which question a number stands for: one of those under the last answer; it asks none."""

from __future__ import annotations

import re

from headwater.app.service import AsyncHeadwater
from headwater.app.settings import find_settings
from headwater.errors import UsageError

_NUMBER = re.compile(r"[1-9]", re.ASCII)
_LATEST = 50
"""Runs that are looked at; others' and those of plans are among them."""


async def question_meant(app: AsyncHeadwater, text: str) -> str:
    """Return the question that a number stands for; other words stand for themselves.

    Raises:
        UsageError: `cli.no_such_question`.
    """
    if _NUMBER.fullmatch(text) is None:
        return text
    me = find_settings().principal
    for run in await app.runs(limit=_LATEST):
        if run.kind == "ask" and run.principal == me and run.status is not None:
            offered = await _offered(app, run.run_id)
            if int(text) <= len(offered):
                return offered[int(text) - 1]
            there = f"it has {len(offered)}" if offered else "it has none"
            message = f"no question {text} stands under your last answer ({run.run_id}): {there}"
            raise UsageError(f"{message}; ask in words", code="cli.no_such_question")
    message = (
        f"{text} stands for a question under your last answer, and you have none; ask in words"
    )
    raise UsageError(message, code="cli.no_such_question")


async def _offered(app: AsyncHeadwater, run_id: str) -> list[str]:
    told = (await app.explain(run_id)).events
    ends = [event.data for event in told if event.kind == "run.answered"]
    return [str(one) for one in ends[-1].get("next", ())] if ends else []

"""One call of a tool by an agent: decode, await one method of the app, encode.

Next: `headwater.app.service`
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mcp import types
from mcp.server.session import ServerSession

from headwater.app.service import AsyncHeadwater
from headwater.entries.mcp.arguments import (
    AskArguments,
    ExplainArguments,
    Extras,
    RunArguments,
    RunsArguments,
    decoded,
    zone_called,
)
from headwater.entries.mcp.bounding import ROWS, Wanted, bounded, picked
from headwater.entries.mcp.catalogue import Offer, RunList
from headwater.entries.mcp.following import followed
from headwater.entries.mcp.turns import turn
from headwater.entries.mcp.wording import hint_of, of_answer, of_error, of_value
from headwater.entries.wire.encode import plain
from headwater.entries.wire.faults import facts
from headwater.errors import HeadwaterError, UsageError
from headwater.model.answer import Answer, RunResult
from headwater.model.outcome import Failed, Late, Skipped, Succeeded
from headwater.model.principal import Principal

WHOLE = frozenset(("blocks", "gaps", "deductions", "next", "evidence"))
"""Lists of an answer that are no rows: what is cited by its number stays where it is."""
POINTS = frozenset(("points",))
"""What an answer plots: its end is what was asked about."""
BESIDE_VALUE = tuple(name for name in Succeeded.__slots__ if name != "value")
FROM_ESTATE = {"headwater/trust": "estate-data"}
"""Says of a result that it is data that others wrote: never instructions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who calls, and the session to tell of progress."""

    principal: Principal | None
    session: ServerSession


async def call(
    hw: AsyncHeadwater, offer: Offer, arguments: Mapping[str, Any], *, caller: Caller
) -> types.CallToolResult:
    """Call a tool and return its result as data with a few words beside it.

    Raises:
        HeadwaterError: what is wrong with the arguments, or that the agent may not.
    """
    if offer.tool is not None:
        return await _tool(hw, offer, arguments, caller=caller)
    return await _OWN[offer.definition.name](hw, arguments, caller)


async def _ask(
    hw: AsyncHeadwater, arguments: Mapping[str, Any], caller: Caller
) -> types.CallToolResult:
    given = decoded(AskArguments, arguments)
    zone = await zone_called(given.zone)
    watch, who = hw.watch(), caller.principal
    async with turn(hw, who, budget_s=given.budget_s) as left_s:
        work = hw.ask(
            given.question,
            budget_s=left_s,
            zone=zone,
            session=given.session,
            watch=watch,
            principal=who,
        )
        answer = await followed(work, watch=watch, session=caller.session)
    return _answered(answer, given.rows)


async def _run(
    hw: AsyncHeadwater, arguments: Mapping[str, Any], caller: Caller
) -> types.CallToolResult:
    given = decoded(RunArguments, arguments)
    watch, who = hw.watch(), caller.principal
    async with turn(hw, who, budget_s=given.budget_s) as left_s:
        work = hw.run(
            given.plan, budget_s=left_s, session=given.session, watch=watch, principal=who
        )
        result = await followed(work, watch=watch, session=caller.session)
    return _answered(result, given.rows)


async def _explain(
    hw: AsyncHeadwater, arguments: Mapping[str, Any], caller: Caller
) -> types.CallToolResult:
    given = decoded(ExplainArguments, arguments)
    explanation = await hw.explain(given.run_id, principal=caller.principal)
    document, _ = _cut(plain(explanation), Wanted(rows=given.rows))
    run = explanation.run
    words = f"{run.kind} {run.status or 'running'}: {run.text}: {run.summary or ''}"
    return _given(document, of_value(words, document["events"], document.get("hint")))


async def _runs(
    hw: AsyncHeadwater, arguments: Mapping[str, Any], caller: Caller
) -> types.CallToolResult:
    given = decoded(RunsArguments, arguments)
    runs = RunList(await hw.runs(limit=given.limit, principal=caller.principal))
    document, hint = _cut(plain(runs), Wanted(rows=given.limit))
    return _given(document, of_value("runs", document["runs"], hint))


_OWN = {"ask": _ask, "run": _run, "explain": _explain, "runs": _runs}


async def _tool(
    hw: AsyncHeadwater, offer: Offer, arguments: Mapping[str, Any], *, caller: Caller
) -> types.CallToolResult:
    ours = {name: value for name, value in arguments.items() if name in offer.extras}
    theirs = {name: value for name, value in arguments.items() if name not in offer.extras}
    given = decoded(Extras, ours)
    wanted = wanted_of(given, offer, theirs)
    who = caller.principal
    async with turn(hw, who, budget_s=given.budget_s, read=True) as left_s:
        outcome = await hw.call(str(offer.tool), theirs, budget_s=left_s, principal=who)
    if not isinstance(outcome, Succeeded):
        return refused(_facts_of(outcome), plain(outcome))
    fields = {name: plain(getattr(outcome, name)) for name in BESIDE_VALUE}
    value = picked(outcome.value, wanted, offer.shape.lists)
    pages = wanted.skip if "skip" in offer.extras else None
    document, hint = _cut({"value": value, **fields}, wanted, pages)
    return _given(document, of_value(str(offer.tool), document.get("value"), hint))


def wanted_of(given: Extras, offer: Offer, theirs: Mapping[str, Any]) -> Wanted:
    """Return how much of a result is wanted.

    Raises:
        UsageError: `mcp.bad_arguments` where a field is none of a row's.
    """
    known = offer.shape.fields
    unknown = [one for one in given.fields if known and one.partition(".")[0] not in known]
    if unknown and known:
        told = ", ".join(f"{one[:40]!a}" for one in unknown[:5])
        message = f"fields: a row has no {told}; it has {', '.join(sorted(known))}"
        raise UsageError(message, code="mcp.bad_arguments")
    limit = theirs.get("limit")
    rows = given.rows or (limit if isinstance(limit, int) and limit > 0 else ROWS)
    return Wanted(rows=rows, skip=given.skip, fields=tuple(given.fields))


def _answered(result: Answer | RunResult, rows: int) -> types.CallToolResult:
    whole = plain(result)
    document, hint = _cut(whole, Wanted(rows=rows, whole=WHOLE, newest=POINTS))
    return _given(document, of_answer(whole, hint))


def _cut(
    document: Mapping[str, Any], wanted: Wanted, skip: int | None = None
) -> tuple[dict[str, Any], str | None]:
    """Return a document that is small enough, saying of itself what was cut, and how to go on."""
    kept, cuts = bounded(document, wanted)
    if not cuts:
        return kept, None
    hint = hint_of(cuts, skip)
    told = {"truncated": True, "cut": plain(cuts[:10]), "hint": hint}
    return kept | told, hint


def _facts_of(outcome: Failed | Late | Skipped) -> dict[str, Any]:
    if isinstance(outcome, Failed):
        return {"code": outcome.code, "fault": outcome.fault, "message": outcome.message}
    code = getattr(outcome, "code", "limit.deadline")
    return {"code": code, "fault": "limit", "message": outcome.message}


def refused(told: Mapping[str, Any], more: Mapping[str, Any] | None = None) -> types.CallToolResult:
    """Return a result that tells of an error, for the agent to mend what it asked."""
    document = {"status": "failed", **(more or {}), **told}
    return _given(document, of_error(told), is_error=True)


def refused_by(error: HeadwaterError) -> types.CallToolResult:
    """Return a result that tells of an error that was raised."""
    return refused(facts(error))


def _given(
    document: Mapping[str, Any], words: str, *, is_error: bool = False
) -> types.CallToolResult:
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=words)],
        structured_content=dict(document),
        is_error=is_error,
        _meta=dict(FROM_ESTATE),
    )

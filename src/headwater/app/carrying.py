"""How the app carries out a run: recorded, for one principal, on one deadline; it stores nothing.

Next: `headwater.engine.ask.ask`
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from typing import Any

import anyio

from headwater.app import checking, records
from headwater.app.parts import Parts
from headwater.engine.ask import ask, carry_out
from headwater.engine.earlier import Earlier
from headwater.engine.ground import Ground
from headwater.engine.journal import Journal
from headwater.engine.validation import check_plan, decode_plan
from headwater.engine.watch import Watch
from headwater.errors import HeadwaterError, LimitError, StoreFault, UsageError
from headwater.model.answer import Answer, RunResult
from headwater.model.explanation import Explanation
from headwater.model.moment import Asked
from headwater.model.plan import Step
from headwater.model.principal import Principal
from headwater.model.question import Question
from headwater.policy.budget import composing_share_s

LOG = logging.getLogger(__name__)
SESSION_SHARE = 0.25
"""How much of its time a run waits until it is kept in its session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a run is to do: a question, or the steps of a plan; what is missing of an earlier one.

    `run_id` is given where it was promised. `waits` is what `check_plan` gave, `earlier` and `only`
    are as in `headwater.engine.ask.ask`.
    """

    kind: str
    asked: Question
    steps: tuple[Step, ...] = ()
    waits: Mapping[str, frozenset[str]] | None = None
    earlier: Earlier | None = None
    only: tuple[str, ...] = ()
    run_id: str | None = None
    session: int | None = None
    """The session of investigation in which it is asked."""


def work_of(
    parts: Parts,
    *,
    plan: Mapping[str, Any] | None,
    question: str | None,
    budget_s: float | None,
    principal: Principal,
    zone: tzinfo | None = None,
    session: int | None = None,
) -> Work:
    """Return the work of a plan or a question, asked now.

    Raises:
        UsageError: `run.nothing_asked`, or what is wrong with the plan, question or budget.
    """
    if plan is not None and question is None:
        return of_plan(parts, plan, budget_s=budget_s, session=session, principal=principal)
    if question is not None and plan is None:
        return of_question(parts, question, zone=zone, budget_s=budget_s, session=session)
    message = "give a plan or a question, and not both"
    raise UsageError(message, code="run.nothing_asked")


def of_question(
    parts: Parts,
    text: str,
    *,
    zone: tzinfo | None = None,
    budget_s: float | None = None,
    session: int | None = None,
) -> Work:
    """Return the work of a question asked now.

    Raises:
        UsageError: the budget or the text is none.
    """
    asked = Question(
        text=checking.check_text(text),
        asked_at=datetime.now(zone or parts.zone),
        budget_s=budget_of(parts, budget_s),
    )
    return Work(kind="ask", asked=asked, session=checking.check_session(session))


def of_plan(
    parts: Parts,
    plan: Mapping[str, Any],
    *,
    principal: Principal,
    budget_s: float | None = None,
    session: int | None = None,
) -> Work:
    """Return the work of a plan given by hand, now.

    Raises:
        UsageError: the plan may not be run.
    """
    registry, limits = parts.caller.registry, parts.caller.limits
    decoded = decode_plan(plan, limits)
    waits = check_plan(decoded, registry, limits, principal=principal)
    asked = Question(
        text=", ".join(step.id for step in decoded.steps)[:200],
        asked_at=datetime.now(UTC),
        budget_s=budget_of(parts, budget_s),
    )
    noted = checking.check_session(session)
    return Work(kind="run", asked=asked, steps=decoded.steps, waits=waits, session=noted)


def of_earlier(
    parts: Parts, found: Explanation, *, only: Sequence[str], budget_s: float | None
) -> Work:
    """Return the work of what an earlier run is missing.

    Raises:
        UsageError: `ask.bad_budget`, `run.no_plan` or `run.unknown_step`.
    """
    run, events = found.run, found.events
    earlier = records.earlier_of(run.run_id, events)
    earlier = replace(earlier, anew=_asked_anew(parts, earlier))
    asked = replace(records.asked_of(run, events), budget_s=budget_of(parts, budget_s))
    return Work(
        kind="ask" if run.kind == "ask" else "run",
        asked=asked,
        steps=earlier.steps,
        earlier=earlier,
        only=checking.check_steps(run.run_id, earlier, only),
    )


def _asked_anew(parts: Parts, earlier: Earlier) -> frozenset[str]:
    """Return the steps that only read what is their asker's own."""
    tools = {step.id: parts.caller.registry.get(step.tool) for step in earlier.steps}
    return frozenset(
        name for name, one in tools.items() if one is not None and one.personal and one.idempotent
    )


async def carry(
    parts: Parts,
    work: Work,
    *,
    principal: Principal,
    watch: Watch | None = None,
    row_first: bool = False,
) -> Any:
    """Carry out a run and return its `Answer` or `RunResult`; perhaps its row is written first.

    Raises:
        UsageError: a step may not be run.
        LimitError: `run.cancelled`, `limit.stopping`.
    """
    with recorded(parts, work, principal=principal, watch=watch) as run:
        if row_first:
            await parts.stores.run_log.write([run.journal.record], [])
        await keep_in_session(parts, work, run.journal, principal=principal)
        ground = await ground_of(parts, run.journal, principal=principal)
        run.result = await carried(work, ground)
    return run.result


async def keep_in_session(
    parts: Parts, work: Work, journal: Journal, *, principal: Principal
) -> None:
    """Remember that a run was asked in a session; where that cannot be kept in time, go on.

    Raises:
        UsageError: `access.denied`, `work.unknown`, `work.ended`: nothing is run.
    """
    if work.session is None:
        return
    checking.allow(principal, "sessions")
    record = journal.record
    stores, ends_at = parts.stores, journal.started_at + record.budget_s * SESSION_SHARE
    try:
        with anyio.CancelScope(deadline=ends_at) as in_time:
            written = await stores.work.sessions.add_run(
                work.session, record.run_id, principal=principal
            )
            await stores.rooms.tell(written.activities, principal=principal)
    except (StoreFault, LimitError) as error:
        LOG.warning("run %s is not in session %d: %s", record.run_id, work.session, error)
    else:
        if in_time.cancelled_caught:
            LOG.warning("run %s is not in session %d in time", record.run_id, work.session)


async def carried(work: Work, ground: Ground) -> Answer | RunResult:
    """Carry work out on ground that is made."""
    if work.kind == "ask":
        return await ask(work.asked, ground, earlier=work.earlier, only=work.only)
    return await carry_out(
        work.steps, ground, earlier=work.earlier, only=work.only, waits=work.waits
    )


def recorded(
    parts: Parts, work: Work, *, principal: Principal, watch: Watch | None = None
) -> AbstractContextManager[records.Recorded]:
    """Begin a run's journal, and end it with what the block sets as `result`."""
    return records.recorded(
        parts.outlet,
        parts.under_way,
        kind=work.kind,
        asked=work.asked,
        principal=principal,
        watch=watch,
        run_id=work.run_id,
    )


async def ground_of(parts: Parts, journal: Journal, *, principal: Principal) -> Ground:
    """Return what a run stands on: one deadline, and the data versions, read once."""
    record = journal.record
    share_s = composing_share_s(record.budget_s)
    deadline_at = journal.started_at + record.budget_s - share_s
    versions: Mapping[str, int] | None = None
    # Where they cannot be read, the run goes on: each of its steps says what is wrong.
    with anyio.CancelScope(deadline=deadline_at), suppress(HeadwaterError):
        versions = await parts.versions.current(principal=principal)
    return Ground(
        caller=parts.caller,
        reaper=parts.reaper,
        journal=journal,
        principal=principal,
        asked=Asked(record.asked_at),
        deadline_at=deadline_at,
        versions=versions,
        planner=parts.planner,
    )


def budget_of(parts: Parts, budget_s: float | None) -> float:
    """Return the seconds given, or those of the installation.

    Raises:
        UsageError: `ask.bad_budget`.
    """
    return parts.settings.budget_s if budget_s is None else checking.check_budget_s(budget_s)

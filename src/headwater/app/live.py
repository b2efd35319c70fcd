"""How runs are begun in the background, followed, listed and ended, here or at another replica.

It carries none out itself.

Next: `headwater.app.carrying.carry`
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from datetime import UTC, datetime, tzinfo
from typing import Any

import anyio
from anyio.abc import TaskStatus

from headwater.analysis.instants import from_us, to_us
from headwater.analysis.paging import read_cursor, write_cursor
from headwater.app import carrying, checking
from headwater.app.control import CONTROL
from headwater.app.feed import channel_of, decode
from headwater.app.following import Follower
from headwater.app.parts import Parts
from headwater.app.rebuilding import is_lost, lost_run, state_of
from headwater.errors import HeadwaterError, UsageError
from headwater.model.event import Event, RunRecord
from headwater.model.principal import Principal
from headwater.model.query import Sort
from headwater.model.run_state import RunPage, RunQuery, RunState, RunStatus

LOG = logging.getLogger(__name__)
HERE = "app.live"
SORTS = (Sort("asked_at", descending=True), Sort("run_id", descending=True))
STATUSES = ("running", "complete", "partial", "failed")
ENDS_S = 2.0
"""Seconds to wait for a run to end that was told to."""
LOOK_S = 0.02
LOST_EVENTS = Event(run_id="", seq=-1, offset_s=0.0, kind="run.gap", where=HERE)
FINISH_S = 1.0
"""Seconds at the end of a drain in which runs that were asked for their answer now give it."""


class LiveRuns:
    """The runs of a tenant as they go on; reached as `hw.live`.

    Args:
        parts: What lives as long as the app.
        principal: Who asks where a method is not told.
    """

    def __init__(self, parts: Parts, principal: Principal) -> None:
        self._parts = parts
        self._principal = principal
        self._run_log = parts.stores.run_log
        self._hub = parts.stores.hub

    async def begin(
        self,
        *,
        plan: Mapping[str, Any] | None = None,
        question: str | None = None,
        budget_s: float | None = None,
        zone: tzinfo | None = None,
        session: int | None = None,
        principal: Principal | None = None,
    ) -> RunRecord:
        """Begin a run in the background, and return its row once it is committed.

        Args:
            plan: A plan given by hand, or
            question: a question; exactly one of both.
            budget_s: Seconds from now to the answer, 0.05 to 60.
            zone: Where "yesterday 14:00" is meant; the machine's zone where it is left out.
            session: The session of investigation in which it is asked.
            principal: Who asks.

        Raises:
            UsageError: `run.nothing_asked`, or what is wrong with the plan, question or budget.
            LimitError: `limit.stopping`, `limit.runs`.
            StoreFault: the row cannot be committed; nothing was begun.
        """
        who = self._who(principal, "ask" if plan is None else "run")
        work = carrying.work_of(
            self._parts,
            plan=plan,
            question=question,
            budget_s=budget_s,
            zone=zone,
            session=session,
            principal=who,
        )
        begun: RunRecord = await self._parts.reaper.group.start(self._carry, work, who)
        return begun

    async def find(self, run_id: str, *, principal: Principal | None = None) -> RunState:
        """Return a run as it stands, with its result once it has ended.

        Raises:
            UsageError: `run.unknown`.
        """
        who = self._who(principal, "explain")
        await self._parts.writer.flush()
        record = await self._settled(await self._record(run_id, who), who)
        if record.status is None:
            return RunState(run=record)
        events = await self._run_log.events(record.run_id, principal=who)
        return state_of(record, events, phrasings=self._parts.caller.registry.phrasings)

    async def recent(
        self,
        *,
        limit: int = 20,
        cursor: str | None = None,
        status: RunStatus | None = None,
        kind: str | None = None,
        text: str | None = None,
        principal: Principal | None = None,
    ) -> RunPage:
        """Return a page of the tenant's runs, newest first.

        Args:
            limit: Runs of a page, 1 to 10,000.
            cursor: Where the page before ended.
            status: Only `running`, `complete`, `partial` or `failed` ones.
            kind: Only those of this kind, `ask` or `run`.
            text: Only those whose question or steps contain this.
            principal: Whose runs.

        Raises:
            UsageError: `run.bad_limit`, `run.bad_status`, `query.bad_cursor`.
        """
        who = self._who(principal, "runs")
        if status is not None and status not in STATUSES:
            message = f"{ascii(status)[:80]} is no status of a run; take {', '.join(STATUSES)}"
            raise UsageError(message, code="run.bad_status")
        wanted = checking.check_limit(limit)
        before = None if cursor is None else _read_cursor(cursor)
        await self._parts.writer.flush()
        query = RunQuery(limit=wanted + 1, status=status, kind=kind, text=text, before=before)
        runs, total = await self._run_log.page(query, principal=who)
        more = _write_cursor(runs[wanted - 1]) if len(runs) > wanted else None
        return RunPage(runs=tuple(runs[:wanted]), total=total, cursor=more)

    @asynccontextmanager
    async def follow(
        self, run_id: str, *, after: int = -1, principal: Principal | None = None
    ) -> AsyncIterator[AsyncIterator[Event]]:
        """Follow a run from wherever it runs: its stored events, then those that happen.

        They end after `run.answered`. Where events were dropped, a `run.gap` stands for them.

        Args:
            run_id: The run, under way or ended.
            after: The number of the last event seen; -1 for none.
            principal: Who follows.

        Raises:
            UsageError: `run.unknown`.
            StoreFault: what the run log says; while no hub is reached, it tells of the run alone.
        """
        who = self._who(principal, "follow")
        async with self._heard(channel_of(who.tenant)) as messages:
            await self._parts.writer.flush()
            record = await self._record(run_id, who)

            async def settle() -> RunRecord:
                return await self._settled(await self._record(run_id, who), who)

            follower = Follower(
                record,
                self._run_log,
                messages=messages,
                settle=settle,
                principal=who,
                after=after,
            )
            async with aclosing(follower.events()) as events:
                yield events

    @asynccontextmanager
    async def subscribe(
        self, *, principal: Principal | None = None
    ) -> AsyncIterator[AsyncIterator[Event]]:
        """Hear every event of the tenant's runs from now on, in whichever replica they run.

        An event too large to be told comes with what the run log has of it; a `run.gap` with the
        number -1 says that some were lost because nobody read them in time.

        Raises:
            StoreFault: `hub.unreachable`.
        """
        who = self._who(principal, "follow")
        channel = channel_of(who.tenant)
        async with (
            self._hub.listen(channel) as messages,
            aclosing(self._told(messages, who)) as events,
        ):
            yield events

    async def finish(self, run_id: str, *, principal: Principal | None = None) -> RunRecord:
        """Ask a run for its answer now, with what is there, and return its row.

        Its `status` is None where it has not ended yet.

        Raises:
            UsageError: `run.unknown`.
            StoreFault: `hub.unreachable`, where another replica runs it.
        """
        return await self._tell("finish", run_id, self._who(principal, "finish"))

    async def cancel(self, run_id: str, *, principal: Principal | None = None) -> RunRecord:
        """End a run without an answer, and return its row.

        It has failed then, with code `run.cancelled`; what its steps found stays in its events,
        and `again` goes on from there. Its `status` is None where it has not ended yet.

        Raises:
            UsageError: `run.unknown`.
            StoreFault: `hub.unreachable`, where another replica runs it.
        """
        return await self._tell("cancel", run_id, self._who(principal, "cancel"))

    async def drain(self, *, within_s: float) -> int:
        """Begin no more runs here, and let those under way end; return how many were cancelled.

        Towards the end of the time they are asked for their answers now, then cancelled.
        """
        under_way = self._parts.under_way
        under_way.stopping = True
        deadline_at = anyio.current_time() + within_s
        with anyio.CancelScope(deadline=deadline_at - FINISH_S):
            await under_way.idle()
        under_way.finish_all()
        with anyio.CancelScope(deadline=deadline_at):
            await under_way.idle()
        left = len(under_way)
        under_way.cancel_all(by="a process that stops")
        with anyio.move_on_after(FINISH_S, shield=True):
            await under_way.idle()
            await self._parts.writer.flush()
        return left

    def _who(self, principal: Principal | None, action: str) -> Principal:
        return checking.allow(checking.who_asks(principal, self._principal), action)

    async def _carry(
        self,
        work: carrying.Work,
        who: Principal,
        *,
        task_status: TaskStatus[RunRecord],
    ) -> None:
        """Carry out a run of the app's own task group, which no fault of a run may end."""
        begun = False
        try:
            with (
                self._parts.admission.run_of(who.tenant),
                carrying.recorded(self._parts, work, principal=who) as run,
            ):
                await self._run_log.write([run.journal.record], [])
                await carrying.keep_in_session(self._parts, work, run.journal, principal=who)
                begun = True
                task_status.started(run.journal.record)
                ground = await carrying.ground_of(self._parts, run.journal, principal=who)
                run.result = await carrying.carried(work, ground)
        except HeadwaterError:
            if not begun:
                raise
        except Exception:
            if not begun:
                raise
            LOG.exception("a run in the background ended with a defect of Headwater")

    async def _record(self, run_id: str, who: Principal) -> RunRecord:
        record = await self._run_log.get(str(run_id), principal=who)
        if record is None:
            raise checking.unknown_run(run_id)
        return record

    async def _settled(self, record: RunRecord, who: Principal) -> RunRecord:
        """Return a run's row, ended where whoever ran it is gone."""
        if not is_lost(record, datetime.now(UTC)):
            return record
        events = await self._run_log.events(record.run_id, principal=who)
        lost, last = lost_run(record, events)
        await self._run_log.write([lost], [last])
        return lost

    @asynccontextmanager
    async def _heard(self, channel: str) -> AsyncIterator[AsyncIterator[Mapping[str, Any]] | None]:
        """Listen to a channel, or to nothing where the hub is not reached."""
        async with AsyncExitStack() as stack:
            messages = None
            try:
                messages = await stack.enter_async_context(self._hub.listen(channel))
            except HeadwaterError as error:
                LOG.warning("a run is followed by the run log alone: %s", error)
            yield messages

    async def _told(
        self, messages: AsyncIterator[Mapping[str, Any]], who: Principal
    ) -> AsyncGenerator[Event]:
        async for message in messages:
            if "hub" in message:
                yield LOST_EVENTS
            for event, stored in decode(message, principal=who):
                if stored:
                    found = await self._run_log.events(
                        event.run_id, after=event.seq - 1, principal=who
                    )
                    event.data = found[0].data if found and found[0].seq == event.seq else {}
                yield event

    async def _tell(self, what: str, run_id: str, who: Principal) -> RunRecord:
        """Tell a run's own replica to end it, and wait a while until it has."""
        await self._parts.writer.flush()
        record = await self._settled(await self._record(run_id, who), who)
        checking.allow_on(who, what, record)
        if record.status is not None:
            return record
        order = {"do": what, "run": record.run_id, "tenant": who.tenant, "by": who.name}
        if not self._parts.control.obey(order):
            await self._hub.publish(CONTROL, order)
        with anyio.move_on_after(ENDS_S):
            while record.status is None:
                await anyio.sleep(LOOK_S)
                await self._parts.writer.flush()
                record = await self._record(run_id, who)
        return record


def _write_cursor(record: RunRecord) -> str:
    return write_cursor(SORTS, (to_us(record.asked_at), record.run_id, 0))


def _read_cursor(cursor: str) -> tuple[datetime, str]:
    at_us, run_id, _ = read_cursor(cursor, SORTS)
    if not (isinstance(at_us, int) and isinstance(run_id, str)):
        message = "this cursor is of no page of runs; start again without a cursor"
        raise UsageError(message, code="query.bad_cursor")
    return from_us(at_us), run_id

"""What a run has to tell, as events; it writes nothing to a store itself."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import Any

import anyio

from headwater.engine.clock import loop_clock
from headwater.engine.watch import AnswerNow, Watch
from headwater.model.event import Event, RunRecord
from headwater.model.evidence import Evidence
from headwater.model.outcome import Failed, Outcome, Succeeded
from headwater.model.plan import Step
from headwater.model.remark import Remark, Remarks

Audience = tuple[str, str | None]
"""Who may hear of an event: a tenant, or of it only one by name, and its admins."""


class Outlet:
    """What waits to be written behind: bounded, its drops counted.

    Args:
        most: Events, and runs, kept at the most until a writer takes them.
        most_live: Events kept at the most until they are told to whoever follows; the oldest go.
    """

    def __init__(self, most: int = 100_000, *, most_live: int = 20_000) -> None:
        self.dropped = 0
        self.dropped_live = 0
        self._live: deque[tuple[Audience, Event]] = deque(maxlen=most_live)
        self._live_awaited: anyio.Event | None = None
        self._most = most
        self._events: deque[Event] = deque()
        self._runs: deque[RunRecord] = deque()
        self._awaited: anyio.Event | None = None

    @property
    def waiting(self) -> int:
        """Return how many events wait to be written."""
        return len(self._events)

    def put(self, event: Event, audience: Audience | None = None) -> None:
        """Keep an event for the writer, or drop it where too many wait; tell its audience live."""
        if audience is not None:
            self._put_live(audience, event)
        if len(self._events) >= self._most:
            self.dropped += 1
            return
        self._events.append(event)
        if self._awaited is not None:
            self._awaited.set()
            self._awaited = None

    def _put_live(self, audience: Audience, event: Event) -> None:
        if len(self._live) == self._live.maxlen:
            self.dropped_live += 1
        self._live.append((audience, event))
        if self._live_awaited is not None:
            self._live_awaited.set()
            self._live_awaited = None

    async def something_live(self) -> None:
        """Wait until an event waits to be told live."""
        if not self._live:
            self._live_awaited = anyio.Event()
            await self._live_awaited.wait()

    def take_live(self) -> list[tuple[Audience, Event]]:
        """Return the events that wait to be told live, each with who may hear, waiting for none."""
        taken = list(self._live)
        self._live.clear()
        return taken

    def put_run(self, record: RunRecord) -> None:
        """Keep a run's row for the writer; the oldest goes where too many wait."""
        if len(self._runs) >= self._most:
            self._runs.popleft()
            self.dropped += 1
        self._runs.append(record)
        if self._awaited is not None:
            self._awaited.set()
            self._awaited = None

    def put_back(self, runs: list[RunRecord], events: list[Event]) -> None:
        """Keep what could not be written, before what came since."""
        room = max(0, self._most - len(self._events))
        self.dropped += max(0, len(events) - room)
        self._events.extendleft(reversed(events[:room]))
        self._runs.extendleft(reversed(runs[: max(0, self._most - len(self._runs))]))

    async def something(self) -> None:
        """Wait until something waits to be written."""
        if not self._events and not self._runs:
            self._awaited = anyio.Event()
            await self._awaited.wait()

    def take(self, most: int | None = None) -> tuple[list[RunRecord], list[Event]]:
        """Return what waits, as plain JSON data, and wait for nothing; all, or so many events."""
        count = len(self._events) if most is None else min(most, len(self._events))
        runs, events = list(self._runs), [write_out(self._events.popleft()) for _ in range(count)]
        self._runs.clear()
        return runs, events


class Journal:
    """The events of one run, numbered, on their way to the outlet and to whoever watches.

    Args:
        record: The run's own row.
        outlet: Where events wait to be written.
        watch: A live view, or None.
    """

    def __init__(self, record: RunRecord, outlet: Outlet, watch: Watch | None = None) -> None:
        self.record = record
        self.watch = watch
        self.now = AnswerNow() if watch is None else watch.now
        self._now = loop_clock()
        self.started_at = self._now()
        self._outlet = outlet
        self._seq = 0
        self._audience: Audience = (record.tenant, None)
        outlet.put_run(record)

    def note(self, kind: str, where: str, step: str | None = None, **data: Any) -> None:
        """Tell one thing that happened; it never waits and never fails.

        `outcome` and `steps` are told as they are, and written out off the run's path.
        """
        if "outcome" in data:
            self._hide_what_is_private(data["outcome"])
        event = Event(
            run_id=self.record.run_id,
            seq=self._seq,
            offset_s=self._now() - self.started_at,
            kind=kind,
            where=where,
            step=step,
            data=data,
        )
        self._seq += 1
        self._outlet.put(event, self._audience)
        if self.watch is not None:
            self.watch.tell(write_out(event))

    def _hide_what_is_private(self, outcome: Outcome) -> None:
        """Keep the run to its asker and admins from the first private record that it shows."""
        record = self.record
        if not record.private and is_private(outcome):
            self.record = replace(record, private=True)
            self._audience = (record.tenant, record.principal)
            self._outlet.put_run(self.record)

    def remarks(self) -> Remarks:
        """Return where a tool of this run may leave what it has to tell."""
        return Remarks(run_id=self.record.run_id, heard=True)

    def relay(self, remark: Remark, step: str | None = None) -> None:
        """Tell what a tool said of its call; what comes after the run has ended is left out."""
        if self.record.status is None:
            tell = self.note
            tell(remark.kind, remark.where, step, **remark.data)

    def end(self, record: RunRecord) -> None:
        """Tell how the run ended and close the live view."""
        self.record = record
        self._outlet.put_run(record)
        if self.watch is not None:
            self.watch.close()


class Silence(Journal):
    """The journal of a call that belongs to no run."""

    def __init__(self) -> None:
        self.watch = None

    def note(self, kind: str, where: str, step: str | None = None, **data: Any) -> None:
        """Tell nobody."""

    def remarks(self) -> Remarks:
        """Return where a tool may leave what nobody hears."""
        return Remarks()

    def relay(self, remark: Remark, step: str | None = None) -> None:
        """Tell nobody."""


SILENCE = Silence()


def shows_private(evidence: Evidence) -> bool:
    """Tell whether something was shown that depends on who asked."""
    return evidence.private and evidence.count != 0


def write_out(event: Event) -> Event:
    """Return an event whose outcome and steps are plain JSON data, as they may be already."""
    outcome, steps = event.data.get("outcome"), event.data.get("steps", ())
    if isinstance(outcome, Outcome):
        event.data = {**event.data, "outcome": plain(outcome)}
    if any(isinstance(one, Step) for one in steps):
        event.data = {**event.data, "steps": [shallow(one) for one in steps]}
    return event


def plain(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as plain JSON data; its value is not copied.

    A success is written out field by field, in a third of the time.
    """
    if not isinstance(outcome, Succeeded):
        return shallow(outcome)
    return {
        "value": outcome.value,
        "evidence": [_plain_evidence(one) for one in outcome.evidence],
        "attempts": outcome.attempts,
        "elapsed_s": outcome.elapsed_s,
        "via": outcome.via,
        "via_tool": outcome.via_tool,
        "earlier": outcome.earlier,
        "failures": [shallow(one) for one in outcome.failures] if outcome.failures else (),
        "status": outcome.status,
    }


def shallow(one: Any) -> dict[str, Any]:
    """Return a dataclass's fields by name; nothing in them is copied."""
    return {name: getattr(one, name) for name in one.__dataclass_fields__}


def _plain_evidence(one: Evidence) -> dict[str, Any]:
    window, observed_at = one.window, one.observed_at
    return {
        "source": one.source,
        "step": one.step,
        "tool": one.tool,
        "count": one.count,
        "unit": one.unit,
        "records": list(one.records),
        "query": one.query,
        "window": window and {name: at.isoformat() for name, at in shallow(window).items()},
        "observed_at": observed_at and observed_at.isoformat(),
        "truncated": one.truncated,
        "private": one.private,
    }


def is_private(outcome: Outcome) -> bool:
    """Tell whether an outcome shows what depends on who asked; facts of a refusal may."""
    if isinstance(outcome, Failed):
        return bool(outcome.facts)
    return isinstance(outcome, Succeeded) and any(map(shows_private, outcome.evidence))

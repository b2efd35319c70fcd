"""How one run's events are read: the stored ones, then the live ones, no gap and none twice.

It needs no live event to be right: what the hub does not bring is read from the run log.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import anyio

from headwater.app.feed import decode
from headwater.errors import HeadwaterError
from headwater.model.event import Event, RunRecord
from headwater.model.principal import Principal
from headwater.ports.run_log import RunLog

HERE = "app.following"
SILENCE_S = 0.5
"""Seconds without a live event after which the run log is asked."""
HOLE_S = 0.05
"""Seconds between two looks into the run log for events that were heard of and are missing."""
GIVEN_UP_S = 3.0
"""Seconds after which a missing event is told as a gap: it was dropped, or is not to be had."""
LAST, GAP = "run.answered", "run.gap"


class Follower:
    """One reader of one run, who has seen the events up to a number.

    Args:
        record: The run's row.
        run_log: Where its events are stored.
        messages: What the hub tells of the tenant's runs, heard since before this was made; None
            where it is not reached.
        settle: Returns the run's row as it stands, ended if it is lost.
        principal: Who reads.
        after: The number of the last event seen; -1 for none.
    """

    def __init__(
        self,
        record: RunRecord,
        run_log: RunLog,
        *,
        messages: AsyncIterator[Mapping[str, Any]] | None,
        settle: Callable[[], Awaitable[RunRecord]],
        principal: Principal,
        after: int,
    ) -> None:
        self._run_id = record.run_id
        self._run_log = run_log
        self._messages = messages
        self._settle = settle
        self._principal = principal
        self._seen = self._heard = after
        self._over, self._ended = record.status is not None, False
        self._early: dict[int, Event] = {}
        self._missing_since: float | None = None

    async def events(self) -> AsyncGenerator[Event]:
        """Give the events in order until the run has ended, also where it ended long ago."""
        await self._read()
        while True:
            for event in self._ready():
                yield event
            if self._ended:
                return
            if self._heard > self._seen or self._over:
                await self._fill()
            else:
                await self._hear()

    def _ready(self) -> list[Event]:
        """Take those events that are next in turn."""
        ready: list[Event] = []
        while not self._ended and (event := self._early.pop(self._seen + 1, None)) is not None:
            self._seen = event.seq
            self._ended = event.kind == LAST or (event.kind == GAP and event.data["last"] is None)
            self._missing_since = None
            ready.append(event)
        return ready

    async def _hear(self) -> None:
        """Take what the hub tells next of this run, or look for its end where it is silent."""
        message = await self._next_message()
        if message is None:
            self._over = (await self._settle()).status is not None
        if message is None or "hub" in message:
            await self._read()
            return
        for event, stored in decode(message, principal=self._principal):
            if event.run_id == self._run_id and event.seq > self._seen:
                self._heard = max(self._heard, event.seq)
                if not stored:
                    self._early[event.seq] = event

    async def _next_message(self) -> Mapping[str, Any] | None:
        """Wait for a message; None where the hub is silent for a while, or is not reached."""
        try:
            with anyio.move_on_after(SILENCE_S):
                if self._messages is None:
                    await anyio.sleep_forever()
                else:
                    return await anext(self._messages)
        except (HeadwaterError, StopAsyncIteration):
            self._messages = None
        return None

    async def _fill(self) -> None:
        """Read what was heard of and is missing, and tell a gap where it does not come."""
        now = anyio.current_time()
        self._missing_since = self._missing_since or now
        await self._read()
        if self._seen + 1 in self._early or self._ended:
            return
        # A run's last row is written with its last events: none come later.
        if self._over or now - self._missing_since > GIVEN_UP_S:
            self._tell_gap()
        else:
            await anyio.sleep(HOLE_S)

    async def _read(self) -> None:
        """Read from the run log what has not been seen, and whether there is anything more."""
        stored = await self._run_log.events(
            self._run_id, after=self._seen - 1, principal=self._principal
        )
        self._early |= {event.seq: event for event in stored if event.seq > self._seen}
        self._ended = bool(stored) and stored[0].seq == self._seen and stored[0].kind == LAST

    def _tell_gap(self) -> None:
        """Put one event in place of those that are missing before the next, or up to the end."""
        first, following = self._seen + 1, min(self._early, default=None)
        last = max(first, self._heard) if following is None else following - 1
        to_the_end = following is None and self._over
        gap = self.note("run.gap", first=first, last=None if to_the_end else last)
        self._seen, gap.seq = last - 1, last
        self._early[last] = gap

    def note(self, kind: str, **data: Any) -> Event:
        """Make an event of our own."""
        return Event(
            run_id=self._run_id, seq=self._seen + 1, offset_s=0.0, kind=kind, where=HERE, data=data
        )

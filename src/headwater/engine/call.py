"""How one call passes its policies; it asks the tool through one attempt at a time.

Next: `headwater.engine.attempt.attempt`
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import anyio

from headwater.engine.attempt import attempt
from headwater.engine.clock import loop_clock, loop_scope
from headwater.engine.endings import may_fall_back, refused, too_late, why
from headwater.engine.flights import Flight, Flights
from headwater.engine.gate import Gate
from headwater.engine.journal import Journal
from headwater.engine.limits import Limits
from headwater.engine.passage import Desk, Key, Passage
from headwater.engine.reaper import Reaper
from headwater.engine.sizes import canonical_json
from headwater.engine.threads import Threads
from headwater.engine.versions_lease import LeasedVersions
from headwater.engine.wall import check_role
from headwater.engine.written import Written, check_size, pack, unpack, value_of
from headwater.errors import HeadwaterError
from headwater.model.call import Call
from headwater.model.moment import Asked
from headwater.model.outcome import Outcome, Skipped, Succeeded, Via
from headwater.policy.backoff import Backoff
from headwater.policy.budget import clean_up_s
from headwater.ports.cache import Cache
from headwater.ports.telemetry import Telemetry
from headwater.ports.versions import Versions
from headwater.toolkit.registry import Registry

HERE = "engine.call"
QUICK_S = 0.005
"""A call of a tool that took less the last time has no task of its own, which costs 90 us.

It may take so much for each call under way, of whatever tool: they wait for each other.
"""
TELLING_S = 1.0
"""A late call says something about its tool only where the tool had at least this long."""


class Caller:
    """Carries calls through the policies of their tools.

    Args:
        registry: The tools.
        cache: Where results of cacheable tools are kept.
        versions: The estate's data versions, part of the cache's keys.
        limits: The bounds of this installation.
        reaper: Who carries what takes longer, so that no tool holds up whoever asked.
        telemetry: Told how each call ended, or None.
        lease: The versions, where they are leased: forgotten by each call that may have written.
        dice: Draws a number from 0 to 1, for jitter.
    """

    def __init__(
        self,
        registry: Registry,
        *,
        cache: Cache,
        versions: Versions,
        limits: Limits,
        reaper: Reaper,
        telemetry: Telemetry | None = None,
        lease: LeasedVersions | None = None,
        dice: Callable[[], float] = random.random,  # noqa: S311 (jitter, no secret)
    ) -> None:
        self.registry = registry
        self.limits = limits
        self.threads = Threads(limits.threads_each)
        self._cache = cache
        self._versions = versions
        self._flights = Flights()
        self._reaper = reaper
        self._desks: dict[str, Desk] = {}
        self._backoff = Backoff()
        self._dice = dice
        self._telemetry = telemetry
        self._lease = lease
        self.now = loop_clock()
        self._scope = loop_scope()

    @property
    def gates(self) -> list[Gate]:
        """Return the gates of the tools called so far, for whoever looks at their state."""
        return [desk.gate for desk in self._desks.values()]

    async def call(self, call: Call, journal: Journal) -> Outcome:
        """Return how a call ended; nothing but cancellation is raised."""
        outcome = await self._outcome(call, journal)
        if isinstance(outcome, Succeeded):
            return outcome
        tool = self.registry.get(call.tool)
        if tool is None or tool.fallback is None or not may_fall_back(outcome):
            return outcome
        return await self.fall_back(replace(call, tool=tool.fallback), outcome, journal)

    async def fall_back(self, call: Call, first: Outcome, journal: Journal) -> Outcome:
        """Return how a call ended that stands in for one without success; both are told."""
        journal.note("fallback.used", HERE, call.step, tool=call.tool, because=why(first))
        second = await self._outcome(call, journal)
        if isinstance(second, Skipped) or isinstance(first, Skipped):
            return second
        earlier = (*first.earlier, why(first), *second.earlier)
        both = replace(second, earlier=earlier, elapsed_s=first.elapsed_s + second.elapsed_s)
        if isinstance(both, Succeeded):
            return replace(both, via="fallback", via_tool=call.tool)
        return both

    async def _outcome(self, call: Call, journal: Journal) -> Outcome:
        """Turn what a call gives or raises into data: the one place where that happens."""
        started_at = self.now()
        passage: Passage | None = None
        try:
            passage = self._passage(call, journal, started_at)
            written, via = await self._through_policies(passage)
            outcome: Outcome = Succeeded(
                value=value_of(passage.tool, written, as_json=call.as_json),
                evidence=written.evidence,
                via=via,
                attempts=passage.tries,
                elapsed_s=self.now() - started_at,
                earlier=passage.failures,
            )
        except HeadwaterError as error:
            tries, earlier = (passage.tries, passage.failures) if passage else (0, ())
            elapsed_s = self.now() - started_at
            outcome = refused(error, tries=tries, earlier=earlier, elapsed_s=elapsed_s)
        if self._telemetry is not None and passage is not None:
            self._telemetry.called(passage.tool.name, outcome)
        return outcome

    async def _through_policies(self, passage: Passage) -> tuple[Written, Via]:
        """Return a call's result: the nesting below is the order of the policies.

        A hedge will stand round the attempt and batching before the flight.

        Raises:
            HeadwaterError: the last try's error, or the policy's that stopped the call.
        """
        journal, step = passage.journal, passage.call.step
        with self._scope(deadline=passage.deadline_at) as in_time:  # deadline, over all tries
            kept_as = await self._kept_as(passage) if passage.tool.cacheable else None
            if kept_as and (kept := unpack(await self._cache.get(kept_as))) is not None:  # cache
                journal.note("cache.hit", HERE, step)
                return kept, "cache"
            with self._flights.share(passage.key, time_s=passage.time_s) as flight:
                if flight.waits and await flight.landing(passage.deadline_at):
                    journal.note("flight.joined", HERE, step)
                    return flight.result(), "shared"
                if passage.desk.quick:
                    written = flight.brought = await self._tries(passage)
                else:
                    written = await self._carried(flight, passage)
        if in_time.cancelled_caught or written is None:
            passage.desk.quick = False
            raise too_late(passage.tool)
        if kept_as and written.keep:
            packed = pack(written)
            await self._cache.put(kept_as, packed, size_bytes=len(packed))
        return written, "direct"

    async def _carried(self, flight: Flight, passage: Passage) -> Any:
        """Let the app carry a call that may take long, so that it ends in time whatever it does."""
        crew = self._reaper.crew(grace_s=clean_up_s(passage.time_s, most_s=self.limits.grace_s))
        return await flight.carry(crew, self._tries, passage, deadline_at=passage.deadline_at)

    async def _tries(self, passage: Passage) -> Written:
        """Return what the tool gives, tried as often as its policies allow."""
        gate = passage.gate
        with gate.place(required=passage.call.required) as place:  # concurrency limit
            if place.waits:
                await place.turn()
            while True:
                gate.admit(self.now())  # breaker
                try:
                    return await self._once(passage)
                except HeadwaterError as error:
                    await self._wait_or_raise(passage, error)  # retry

    async def _once(self, passage: Passage) -> Written:
        """Make one attempt and tell the gate how it ended, cancelled ones included."""
        passage.tries += 1
        gate, told, began_at = passage.gate, False, self.now()
        try:
            written = await attempt(
                passage.tool,
                passage.call,
                passage.arguments,
                ports=passage.desk.ports,
                threads=self.threads,
                journal=passage.journal,
            )
            check_size(passage.tool, written, self.limits)
            ended_at = self.now()
            at_once = sum(one.gate.limiter.taken for one in self._desks.values())
            gate.succeeded(ended_at, took_s=ended_at - began_at)
            passage.desk.quick = ended_at - began_at < QUICK_S * at_once
            told = True
        except HeadwaterError as error:
            told = error.fault in {"tool", "store"}
            if told:
                gate.failed(self.now())
            raise
        finally:
            if not told:
                self._left(passage)
            if self._lease is not None and not passage.tool.idempotent:
                self._lease.forget(principal=passage.call.principal)  # it may have written
        return written

    def _left(self, passage: Passage) -> None:
        """Tell the gate of a try that neither succeeded nor failed: too late, or not wanted."""
        now = self.now()
        late = now >= passage.deadline_at and now - passage.started_at >= TELLING_S
        passage.gate.left(now, late=late)

    async def _wait_or_raise(self, passage: Passage, error: HeadwaterError) -> None:
        """Wait before the next try, where there may be one, else raise the error."""
        tool, now = passage.tool, self.now()
        wait_s = self._backoff.wait_s(
            passage.tries, dice=self._dice(), retry_after_s=error.retry_after_s
        )
        again = (
            tool.idempotent
            and error.retry_safe is True
            and passage.tries < tool.attempts
            and now + wait_s < passage.deadline_at
            and passage.gate.quota.spend()
        )
        passage.journal.note(
            "attempt.failed",
            HERE,
            passage.call.step,
            attempt=passage.tries,
            of=tool.attempts if tool.idempotent else 1,
            code=error.code,
            message=error.message,
            retry_in_s=wait_s if again else None,
        )
        if not again:
            raise error
        passage.failures += (error.message,)
        await anyio.sleep(wait_s)

    def _passage(self, call: Call, journal: Journal, started_at: float) -> Passage:
        """Check a call before any policy sees it.

        Raises:
            UsageError: `tool.unknown`, `access.denied`, `tool.bad_arguments` or
                `limit.argument_bytes`.
        """
        desk = self._desks.get(call.tool) or self._desk(call.tool)
        tool = desk.tool
        check_role(tool, call.principal)
        arguments = tool.schema.decode(call.args)
        deadline_at = call.deadline_at
        if tool.within_s is not None:
            deadline_at = min(deadline_at, started_at + tool.within_s)
        return Passage(
            call,
            desk,
            tool,
            desk.gate,
            arguments,
            self._key(desk, call, arguments),
            journal,
            started_at,
            deadline_at,
        )

    def _desk(self, name: str) -> Desk:
        tool = self.registry.find(name)
        places = min(tool.concurrency, self.limits.threads_each) if tool.blocking else 0
        gate = Gate(tool.name, places=places or tool.concurrency, rules=self.limits.breaker)
        dated = Asked in tool.schema.supplied.values()
        desk = self._desks[name] = Desk(tool, gate, self.registry.ports(name), dated)
        return desk

    def _key(self, desk: Desk, call: Call, arguments: dict[str, Any]) -> Key | None:
        """Return what equal calls have in common; None for a tool that may not be shared."""
        tool = desk.tool
        canonical = canonical_json(tool, arguments, self.limits)
        if not tool.idempotent:
            return None
        asked = call.asked.at.isoformat() if desk.is_dated(arguments) else ""
        who = call.principal
        return tool.name, who.own_scope if tool.personal else who.scope, asked, canonical

    async def _kept_as(self, passage: Passage) -> str | None:
        """Return the cache's key: what equal calls share, at the data versions they would read."""
        if passage.key is None or passage.call.fresh:
            return None
        versions = passage.call.versions
        if versions is None or passage.tool.personal:  # what a run itself wrote is seen in it
            versions = await self._versions.current(principal=passage.call.principal)
        seen = ",".join(f"{port}={versions.get(port, 0)}" for port in passage.tool.reads)
        tool, scope, asked, canonical = passage.key
        return "\x1e".join((tool, scope, asked, canonical.decode(), seen))

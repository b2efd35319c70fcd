"""An engine on memory alone, for tests of tools and of the engine; it opens no database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import anyio

from headwater.engine.call import Caller
from headwater.engine.ground import Ground
from headwater.engine.journal import Journal, Outlet
from headwater.engine.limits import Limits
from headwater.engine.reaper import Reaper
from headwater.engine.run import run
from headwater.engine.validation import decode_plan
from headwater.engine.watch import Watch
from headwater.model.call import Call
from headwater.model.event import Event, RunRecord
from headwater.model.moment import Asked
from headwater.model.outcome import Outcome
from headwater.model.principal import Principal
from headwater.toolkit.registry import Pack, Registry

ASKED_AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@dataclass(slots=True)
class FakeCache:
    """A cache that keeps everything and counts what it is asked."""

    kept: dict[str, Any] = field(default_factory=dict)
    hits: int = 0

    async def get(self, key: str) -> Any | None:
        """Return what was put under this key, or None."""
        self.hits += key in self.kept
        return self.kept.get(key)

    async def put(self, key: str, value: Any, *, size_bytes: int) -> None:
        """Keep a value."""
        self.kept[key] = value


@dataclass(slots=True)
class FakeVersions:
    """Data versions that a test sets."""

    numbers: dict[str, int] = field(default_factory=dict)

    async def current(self, *, principal: Principal) -> Mapping[str, int]:
        """Return the numbers as they are now."""
        return dict(self.numbers)


@dataclass(slots=True, kw_only=True)
class Harness:
    """An engine with the given tools.

    `call` and `run` are those of the app without their door; `events` holds what was told.
    """

    caller: Caller
    reaper: Reaper
    cache: FakeCache
    versions: FakeVersions
    principal: Principal
    outlet: Outlet = field(default_factory=Outlet)

    @property
    def events(self) -> list[Event]:
        """Return and forget the events told so far."""
        return self.outlet.take()[1]

    async def call(
        self,
        tool: str,
        args: Mapping[str, Any] | None = None,
        *,
        budget_s: float = 5.0,
        principal: Principal | None = None,
    ) -> Outcome:
        """Call one tool through its policies."""
        call = Call(
            tool=tool,
            args=args or {},
            principal=principal or self.principal,
            asked=Asked(ASKED_AT),
            deadline_at=anyio.current_time() + budget_s,
        )
        return await self.caller.call(call, self.journal(budget_s))

    async def run(
        self,
        plan: Mapping[str, Any],
        *,
        budget_s: float = 5.0,
        sequential: bool = False,
        watch: Watch | None = None,
    ) -> dict[str, Outcome]:
        """Carry out a plan."""
        ground = Ground(
            caller=self.caller,
            reaper=self.reaper,
            journal=self.journal(budget_s, watch),
            principal=self.principal,
            asked=Asked(ASKED_AT),
            deadline_at=anyio.current_time() + budget_s,
            versions=await self.versions.current(principal=self.principal),
            sequential=sequential,
        )
        return await run(decode_plan(plan, self.caller.limits), ground)

    def journal(self, budget_s: float, watch: Watch | None = None) -> Journal:
        """Return a journal of a run called r-test."""
        record = RunRecord(
            run_id="r-test",
            tenant=self.principal.tenant,
            principal=self.principal.name,
            kind="run",
            text="",
            asked_at=ASKED_AT,
            budget_s=budget_s,
        )
        return Journal(record, self.outlet, watch)


@asynccontextmanager
async def open_harness(
    *packs: Pack,
    supplies: Mapping[type, Any] | None = None,
    limits: Limits | None = None,
    principal: Principal | None = None,
    dice: Callable[[], float] = lambda: 1.0,
) -> AsyncIterator[Harness]:
    """Open an engine with these packs.

    Args:
        packs: Lists of tools or modules of them.
        supplies: The adapter for each port that a tool asks for, by the port's Protocol.
        limits: Bounds other than the defaults.
        principal: Who asks.
        dice: Draws for jitter; always 1.0 unless given, so that back-off is its longest.
    """
    cache, versions = FakeCache(), FakeVersions()
    raised: Exception | None = None
    async with anyio.create_task_group() as group:
        reaper = Reaper(group)
        caller = Caller(
            Registry(packs, supplies or {}),
            cache=cache,
            versions=versions,
            limits=limits or Limits(),
            reaper=reaper,
            dice=dice,
        )
        try:
            yield Harness(
                caller=caller,
                reaper=reaper,
                cache=cache,
                versions=versions,
                principal=principal or Principal(),
            )
        except Exception as error:  # noqa: BLE001 (raised again below, outside of the group)
            raised = error
        caller.threads.close()
        group.cancel_scope.cancel()
    if raised is not None:
        raise raised

"""Can the service do its work, and what do its numbers say? It mends nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import anyio

from headwater.app.gauges import engine_gauges
from headwater.app.run_writer import RunWriter
from headwater.app.wiring import Stores
from headwater.engine.call import Caller
from headwater.engine.journal import Outlet
from headwater.engine.reaper import Reaper
from headwater.errors import HeadwaterError
from headwater.model.gauge import Gauge
from headwater.model.principal import Principal
from headwater.model.readiness import Check, Readiness
from headwater.ports.gauged import Gauged
from headwater.ports.telemetry import Telemetry

KEPT_S = 1.0
"""Readiness looked at this long ago is still told, so that probes cost next to nothing."""
LOOK_S = 1.0
"""Seconds for all checks together; what has not answered by then is not ready."""
PROBE = Principal(tenant="default", name="probe", roles=())
"""Who looks whether the stores answer; it reads no tenant's data."""


class Health:
    """What probes and scrapers ask.

    Args:
        stores: What is looked at.
        caller: Whose gates are read.
        reaper: Whose tasks are counted.
        outlet: Whose events are counted.
        writer: Whose faults are counted.
        telemetry: What has tallied calls and runs.
        gauged: Whatever else has numbers to show.
    """

    def __init__(
        self,
        stores: Stores,
        *,
        caller: Caller,
        reaper: Reaper,
        outlet: Outlet,
        writer: RunWriter,
        telemetry: Telemetry,
        gauged: Sequence[Gauged] = (),
    ) -> None:
        self._stores = stores
        self._caller = caller
        self._reaper = reaper
        self._outlet = outlet
        self._writer = writer
        self._telemetry = telemetry
        self._gauged = (*stores.gauged, *gauged)
        self._draining = False
        self._last: Readiness | None = None
        self._looked_at = 0.0
        self._one_at_a_time = anyio.Lock()

    def drain(self) -> None:
        """Tell from now on that no further requests shall come."""
        self._draining = True

    async def ready(self) -> Readiness:
        """Return whether requests may come, as found within the last second."""
        if self._draining:
            gone = Check(name="service", status="failed", message="the service is stopping")
            return Readiness(ready=False, checks=(gone,), checked_at=datetime.now(UTC))
        async with self._one_at_a_time:
            if self._last is None or anyio.current_time() - self._looked_at >= KEPT_S:
                self._last = await self._look()
                self._looked_at = anyio.current_time()
            return self._last

    def metrics(self) -> str:
        """Return every tally and gauge as Prometheus' text."""
        return self._telemetry.render(list(self._gauges()))

    async def _look(self) -> Readiness:
        looks: dict[str, Callable[[], Awaitable[Any]]] = {
            "estate": lambda: self._stores.versions.current(principal=PROBE),
            "runs": lambda: self._stores.run_log.get("r-probe", principal=PROBE),
        }
        needed = frozenset(looks)
        looks |= {name: one.check for name, one in self._stores.probed.items()}
        found: dict[str, Check] = {}

        async def look(name: str) -> None:
            check = await looked(name, looks[name])
            if name not in needed and check.status == "failed":  # it is done without
                check = replace(check, status="warning")
            found[name] = check

        async with anyio.create_task_group() as group:
            for name in looks:
                group.start_soon(look, name)
        checks = tuple(found[name] for name in looks)
        ready = all(one.status != "failed" for one in checks)
        return Readiness(ready=ready, checks=checks, checked_at=datetime.now(UTC))

    def _gauges(self) -> Iterator[Gauge]:
        yield from engine_gauges(
            self._caller, self._reaper, outlet=self._outlet, writer=self._writer
        )
        for part in self._gauged:
            yield from part.gauges()


async def looked(name: str, look: Callable[[], Awaitable[Any]]) -> Check:
    """Return what came of one look, within a second."""
    started_at = anyio.current_time()
    problem = f"no answer within {LOOK_S:g} s"
    with anyio.move_on_after(LOOK_S):
        try:
            await look()
            problem = ""
        except HeadwaterError as error:
            problem = error.message
    took_s = anyio.current_time() - started_at
    if problem:
        advice = "see `headwater doctor`"
        return Check(name=name, status="failed", message=problem, advice=advice, took_s=took_s)
    return Check(name=name, status="ok", message="it answers", took_s=took_s)

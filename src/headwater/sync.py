"""Headwater for blocking callers: one bridge, one line a method; it does nothing by itself.

Next: `headwater.app.service.AsyncHeadwater`
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from headwater.app.access import Access
from headwater.app.code_accounts import CodeAccounts
from headwater.app.jobs import BackgroundJobs
from headwater.app.library import Library
from headwater.app.live import LiveRuns
from headwater.app.namespace import namespace
from headwater.app.rooms import LiveRooms
from headwater.app.service import AsyncHeadwater
from headwater.app.settings import Settings
from headwater.bridge import Bridge, each, refuse_in_loop, with_async_iterators
from headwater.model.answer import Answer, RunResult
from headwater.model.event import Event, RunRecord
from headwater.model.explanation import Explanation, ToolInfo
from headwater.model.ingest import IngestReport
from headwater.model.load import LoadReport, Progress
from headwater.model.outcome import Outcome
from headwater.model.principal import Principal
from headwater.model.replay import ReplayReport
from headwater.toolkit.registry import Pack


class Headwater:
    """Headwater for blocking callers; every method is `AsyncHeadwater`'s of the same name.

    Open one with `with Headwater.open("sqlite:///estate.db") as hw`; any number of threads may
    share it. From a running event loop every method raises `CalledFromEventLoop` at once.

    Args:
        bridge: The loop in which the async client lives.
    """

    def __init__(self, bridge: Bridge[AsyncHeadwater]) -> None:
        self._bridge = bridge

    @classmethod
    @contextmanager
    def open(
        cls,
        url: str | None = None,
        *,
        packs: Sequence[Pack] = (),
        tenant: str | None = None,
        principal: Principal | None = None,
        settings: Settings | None = None,
    ) -> Iterator[Headwater]:
        """Open an estate as `AsyncHeadwater.open` does, and close it at the end of the block."""
        bridge: Bridge[AsyncHeadwater] = Bridge(
            lambda: AsyncHeadwater.open(
                url, packs=packs, tenant=tenant, principal=principal, settings=settings
            ),
            twin="Headwater",
        )
        try:
            yield cls(bridge)
        finally:
            bridge.close()

    def watch(self) -> BlockingWatch:
        """Return a live view to hand to `ask`, `run` or `again`, and to read in another thread."""
        return BlockingWatch(self._bridge)

    def ask(
        self,
        question: str,
        *,
        budget_s: float | None = None,
        zone: tzinfo | None = None,
        session: int | None = None,
        watch: BlockingWatch | None = None,
        principal: Principal | None = None,
    ) -> Answer:
        """Answer a question in plain words; see `AsyncHeadwater.ask`."""
        answer: Answer = self._bridge.call(
            "ask",
            question=question,
            budget_s=budget_s,
            zone=zone,
            session=session,
            watch=watch and watch.live,
            principal=principal,
        )
        return answer

    def run(
        self,
        plan: Mapping[str, Any],
        *,
        budget_s: float | None = None,
        session: int | None = None,
        watch: BlockingWatch | None = None,
        principal: Principal | None = None,
    ) -> RunResult:
        """Carry out a plan given by hand; see `AsyncHeadwater.run`."""
        result: RunResult = self._bridge.call(
            "run",
            plan=plan,
            budget_s=budget_s,
            session=session,
            watch=watch and watch.live,
            principal=principal,
        )
        return result

    def call(
        self,
        tool: str,
        args: Mapping[str, Any] | None = None,
        *,
        budget_s: float | None = None,
        principal: Principal | None = None,
        as_json: bool = False,
    ) -> Outcome:
        """Call one tool and return how that ended; see `AsyncHeadwater.call`."""
        outcome: Outcome = self._bridge.call(
            "call", tool=tool, args=args, budget_s=budget_s, principal=principal, as_json=as_json
        )
        return outcome

    def value(self, tool: str, args: Mapping[str, Any]) -> Any:
        """Call one tool and return its typed value; see `AsyncHeadwater.value`."""
        return self._bridge.call("value", tool=tool, args=args)

    def tools(self, *, principal: Principal | None = None) -> list[ToolInfo]:
        """List the tools; see `AsyncHeadwater.tools`."""
        tools: list[ToolInfo] = self._bridge.call("tools", principal=principal)
        return tools

    def runs(self, *, limit: int = 20, principal: Principal | None = None) -> list[RunRecord]:
        """List the newest runs; see `AsyncHeadwater.runs`."""
        runs: list[RunRecord] = self._bridge.call("runs", limit=limit, principal=principal)
        return runs

    def explain(self, run_id: str, *, principal: Principal | None = None) -> Explanation:
        """Return what a run tells of itself; see `AsyncHeadwater.explain`."""
        found: Explanation = self._bridge.call("explain", run_id=run_id, principal=principal)
        return found

    def again(
        self,
        run_id: str,
        *,
        only: Sequence[str] = (),
        budget_s: float | None = None,
        watch: BlockingWatch | None = None,
        principal: Principal | None = None,
    ) -> Answer | RunResult:
        """Ask again for what a run is missing; see `AsyncHeadwater.again`."""
        result: Answer | RunResult = self._bridge.call(
            "again",
            run_id=run_id,
            only=only,
            budget_s=budget_s,
            watch=watch and watch.live,
            principal=principal,
        )
        return result

    def replay(
        self, run_id: str, *, sequential: bool = False, principal: Principal | None = None
    ) -> ReplayReport:
        """Carry out a stored plan again; see `AsyncHeadwater.replay`."""
        report: ReplayReport = self._bridge.call(
            "replay", run_id=run_id, sequential=sequential, principal=principal
        )
        return report

    def load(
        self,
        path: str | Path,
        *,
        kind: str | None = None,
        replace: bool = False,
        skip_bad: bool = False,
        progress: Progress | None = None,
        principal: Principal | None = None,
    ) -> LoadReport:
        """Load an estate from a bundle or a NetBox dump; see `AsyncHeadwater.load`."""
        report: LoadReport = self._bridge.call(
            "load",
            path=path,
            kind=kind,
            replace=replace,
            skip_bad=skip_bad,
            progress=progress,
            principal=principal,
        )
        return report

    def ingest(
        self,
        path: str | Path | bytes,
        *,
        title: str | None = None,
        tags: Mapping[str, str] | None = None,
        items: Sequence[str] = (),
        source: str | None = None,
        progress: Progress | None = None,
        principal: Principal | None = None,
    ) -> IngestReport:
        """Take in a document or a folder of them; see `AsyncHeadwater.ingest`."""
        report: IngestReport = self._bridge.call(
            "ingest",
            path=path,
            title=title,
            tags=tags,
            items=items,
            source=source,
            progress=progress,
            principal=principal,
        )
        return report

    def scan(
        self, *, progress: Progress | None = None, principal: Principal | None = None
    ) -> LoadReport:
        """Load what this host tells of itself; see `AsyncHeadwater.scan`."""
        report: LoadReport = self._bridge.call("scan", progress=progress, principal=principal)
        return report

    def demo(
        self,
        folder: str | Path,
        *,
        seed: int = 1,
        ends_at: datetime | None = None,
        progress: Progress | None = None,
        principal: Principal | None = None,
    ) -> LoadReport:
        """Write the demo estate to a folder and load it; see `AsyncHeadwater.demo`."""
        report: LoadReport = self._bridge.call(
            "demo",
            folder=folder,
            seed=seed,
            ends_at=ends_at,
            progress=progress,
            principal=principal,
        )
        return report

    def export(
        self,
        folder: str | Path,
        *,
        progress: Progress | None = None,
        principal: Principal | None = None,
    ) -> dict[str, int]:
        """Write the estate to a folder, as a bundle; see `AsyncHeadwater.export`."""
        counts: dict[str, int] = self._bridge.call(
            "export", folder=folder, progress=progress, principal=principal
        )
        return counts

    @property
    def access(self) -> Part:
        """Return who may ask: keys, tenants, credentials; see `AsyncHeadwater.access`."""
        return Part(self._bridge, "access", Access)

    @property
    def github(self) -> Part:
        """Return what keeps credentials to GitHub; see `AsyncHeadwater.github`."""
        return Part(self._bridge, "github", CodeAccounts)

    @property
    def documents(self) -> Part:
        """Return the tenant's documents; see `AsyncHeadwater.documents`."""
        return Part(self._bridge, "documents", Library)

    @property
    def live(self) -> Part:
        """Return what begins, follows and ends runs; see `AsyncHeadwater.live`."""
        return Part(self._bridge, "live", LiveRuns)

    @property
    def rooms(self) -> Part:
        """Return the rooms of the tenant's projects; see `AsyncHeadwater.rooms`."""
        return Part(self._bridge, "rooms", LiveRooms)

    @property
    def jobs(self) -> Part:
        """Return what loads and runs as background jobs; see `AsyncHeadwater.jobs`."""
        return Part(self._bridge, "jobs", BackgroundJobs)

    def __getattr__(self, name: str) -> Any:
        """Return the tools of a namespace as functions, as in `hw.ci.search(...)`."""
        if name.startswith("_"):
            raise AttributeError(name)
        refuse_in_loop(f"Headwater.{name}")
        return namespace(name, [tool.name for tool in self.tools()], self.value)


class Part:
    """A part of the client for blocking callers: each of its methods, under the same name.

    Where the async method opens a block with something to iterate over, so does this one, for
    `with` and `for`; where it takes an async iterator, this one takes any iterable.

    Args:
        bridge: The loop in which the async client lives.
        name: What the part is called there.
        kind: Its class.
    """

    def __init__(self, bridge: Bridge[AsyncHeadwater], name: str, kind: type) -> None:
        self._bridge = bridge
        self._name = name
        self._kind = kind

    def __getattr__(self, name: str) -> Any:
        """Return the blocking twin of an async method."""
        method: Any = getattr(self._kind, name, None) if not name.startswith("_") else None
        opens = method is not None and inspect.isasyncgenfunction(inspect.unwrap(method))
        if not opens and not inspect.iscoroutinefunction(method):
            message = f"{self._name} has no method {name!r}"
            raise AttributeError(message)

        @functools.wraps(method)
        def call(*given: Any, **named: Any) -> Any:
            part = getattr(self._bridge.entity, self._name)
            given, named = with_async_iterators(inspect.signature(method), given, named)
            work = functools.partial(method, part, *given, **named)
            where = f"{self._name}.{name}"
            return each(self._bridge, where, work) if opens else self._bridge.do(where, work)

        return call

    def __dir__(self) -> list[str]:
        """List the methods."""
        return [name for name in dir(self._kind) if not name.startswith("_")]


class BlockingWatch:
    """A live view of one run, for any thread: iterate over it for the events as they happen.

    Make one with `Headwater.watch`, hand it to `ask`, `run` or `again` in one thread, and read it
    in another. Once the client is closed it raises `client.closed`.

    Args:
        bridge: The loop in which the run is asked, and in which the view itself lives.
    """

    def __init__(self, bridge: Bridge[AsyncHeadwater]) -> None:
        async def made() -> object:
            return bridge.entity.watch()

        self._bridge = bridge
        self.live: Any = bridge.do("watch", made)

    def finish(self) -> None:
        """Ask for the answer now, with what is there."""

        async def told() -> None:
            self.live.finish()

        self._bridge.do("watch", told)

    @property
    def finished(self) -> bool:
        """Tell whether somebody has asked for the answer now."""
        told: bool = self.live.finished
        return told

    @property
    def dropped(self) -> int:
        """Return how many events were dropped because nobody read them."""
        dropped: int = self.live.dropped
        return dropped

    def __iter__(self) -> Iterator[Event]:
        """Give the events as they happen, until the run has ended."""
        while (event := self._bridge.do("watch", self.live.next)) is not None:
            yield event

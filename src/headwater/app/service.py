"""The one door: what every entry awaits; it decodes and encodes nothing for any of them.

Next: `headwater.app.carrying.carry`
"""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

from anyio import to_thread

from headwater.app import carrying, checking
from headwater.app.access import Access
from headwater.app.admission import Admission
from headwater.app.code_accounts import CodeAccounts
from headwater.app.health import Health
from headwater.app.jobs import BackgroundJobs
from headwater.app.library import Library
from headwater.app.lifespan import lifespan
from headwater.app.live import LiveRuns
from headwater.app.loading import export, load
from headwater.app.namespace import describe, namespace, value_of
from headwater.app.parts import Parts
from headwater.app.replaying import replay
from headwater.app.rooms import LiveRooms
from headwater.app.settings import Settings, find_settings
from headwater.app.supplies import bundle_writer, host_supply, supply_of, write_demo
from headwater.engine.journal import SILENCE
from headwater.engine.watch import Watch
from headwater.model.answer import Answer, RunResult
from headwater.model.call import Call
from headwater.model.event import RunRecord
from headwater.model.explanation import Explanation, ToolInfo
from headwater.model.ingest import IngestReport
from headwater.model.load import LoadReport, Progress
from headwater.model.moment import Asked
from headwater.model.outcome import Outcome
from headwater.model.principal import Principal
from headwater.model.replay import ReplayReport
from headwater.policy.permissions import enough
from headwater.toolkit.registry import Pack


class AsyncHeadwater:
    """Headwater for async callers; `headwater.Headwater` has the same methods, blocking.

    Open one with `async with AsyncHeadwater.open("sqlite:///estate.db") as hw`. Tools are also
    functions under their names: `await hw.ci.search(keywords=["orders"])` returns the typed
    value or raises a `HeadwaterError`.

    Args:
        parts: What lives as long as the app.
        principal: Who asks where a method is not told.
    """

    def __init__(self, parts: Parts, principal: Principal) -> None:
        self._parts = parts
        self._principal = principal

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        url: str | None = None,
        *,
        packs: Sequence[Pack] = (),
        tenant: str | None = None,
        principal: Principal | None = None,
        settings: Settings | None = None,
    ) -> AsyncIterator[AsyncHeadwater]:
        """Open an estate, and close it at the end of the `async with` block.

        Args:
            url: `sqlite:///PATH`, `memory:` or a server's; else a file in your data folder.
            packs: Further tools: each a list of tools or a module that has some.
            tenant: Whose estate; short for a principal of that tenant.
            principal: Who asks where a method is not told.
            settings: Instead of those from the environment.

        Raises:
            UsageError: a bad URL, pack or setting.
            StoreFault: the database cannot be opened.
        """
        settings = settings or find_settings()
        here = Principal(tenant=tenant or settings.tenant, name=settings.principal)
        who = checking.checked(here if principal is None else principal)
        async with lifespan(url or settings.database_url, packs, settings) as parts:
            yield cls(parts, who)

    @property
    def jobs(self) -> BackgroundJobs:
        """Return what loads and runs as background jobs, where they are on."""
        return BackgroundJobs(self._parts, self._principal)

    @property
    def documents(self) -> Library:
        """Return the tenant's documents: taken in, listed, forgotten."""
        return Library(self._parts, self._principal)

    @property
    def live(self) -> LiveRuns:
        """Return what begins runs in the background, and follows and ends any run."""
        return LiveRuns(self._parts, self._principal)

    @property
    def rooms(self) -> LiveRooms:
        """Return the rooms of the tenant's projects: what is done there, as it is done."""
        return LiveRooms(self._parts.halls, self._principal)

    @property
    def access(self) -> Access:
        """Return who may ask: keys, tenants, and whose credential it is."""
        return Access(self._parts.stores.keys, self._parts.identities, self._principal)

    @property
    def github(self) -> CodeAccounts:
        """Return what keeps credentials to GitHub, and makes and hears its webhooks."""
        return CodeAccounts(self._parts, self._principal)

    @property
    def health(self) -> Health:
        """Return what probes and scrapers ask: `ready()`, `metrics()`."""
        return self._parts.health

    @property
    def admission(self) -> Admission:
        """Return the way in for requests from outside."""
        return self._parts.admission

    def watch(self) -> Watch:
        """Return a live view to hand to `ask`, `run` or `again`."""
        return Watch()

    async def ask(
        self,
        question: str,
        *,
        budget_s: float | None = None,
        zone: tzinfo | None = None,
        session: int | None = None,
        watch: Watch | None = None,
        principal: Principal | None = None,
    ) -> Answer:
        """Answer a question in plain words by its deadline, complete or honestly partial.

        Args:
            question: One question.
            budget_s: Seconds from now to the answer, 0.05 to 60.
            zone: Where "yesterday 14:00" is meant; the machine's zone where it is left out.
            session: The session of investigation in which it is asked (`work.start_session`).
            watch: A live view of the run.
            principal: Who asks.

        Raises:
            UsageError: the budget, the text or the session is none.
        """
        who = self._who(principal, "ask")
        work = carrying.of_question(
            self._parts, question, zone=zone, budget_s=budget_s, session=session
        )
        answer: Answer = await carrying.carry(self._parts, work, principal=who, watch=watch)
        return answer

    async def run(
        self,
        plan: Mapping[str, Any],
        *,
        budget_s: float | None = None,
        session: int | None = None,
        watch: Watch | None = None,
        principal: Principal | None = None,
    ) -> RunResult:
        """Carry out a plan given by hand, `{"steps": [...]}`, by its deadline.

        `session` is that of the investigation in which it is asked.

        Raises:
            UsageError: the plan may not be run; nothing was.
        """
        who = self._who(principal, "run")
        work = carrying.of_plan(
            self._parts, plan, budget_s=budget_s, session=session, principal=who
        )
        result: RunResult = await carrying.carry(self._parts, work, principal=who, watch=watch)
        return result

    async def call(
        self,
        tool: str,
        args: Mapping[str, Any] | None = None,
        *,
        budget_s: float | None = None,
        principal: Principal | None = None,
        as_json: bool = False,
    ) -> Outcome:
        """Call one tool through its policies and return how that ended, as data.

        `as_json` gives the value of a success as `Json`: bytes, for who only hands it on.

        Raises:
            UsageError: the budget is none.
        """
        caller = self._parts.caller
        call = Call(
            tool=tool if isinstance(tool, str) else repr(tool),
            args=args or {},
            principal=self._who(principal, "call"),
            asked=Asked(datetime.now(UTC)),
            deadline_at=caller.now() + self._budget_s(budget_s),
            as_json=as_json,
        )
        return await caller.call(call, SILENCE)

    async def tools(self, *, principal: Principal | None = None) -> list[ToolInfo]:
        """List the tools that the principal may call, by name."""
        who = self._who(principal, "tools")
        offered = [one for one in self._parts.caller.registry if enough(who.roles, one.role)]
        return await to_thread.run_sync(lambda: [describe(one) for one in offered])  # slow once

    async def runs(self, *, limit: int = 20, principal: Principal | None = None) -> list[RunRecord]:
        """List the tenant's newest runs, newest first."""
        who = self._who(principal, "runs")
        await self._parts.writer.flush()
        return await self._parts.stores.run_log.recent(
            limit=checking.check_limit(limit), principal=who
        )

    async def explain(self, run_id: str, *, principal: Principal | None = None) -> Explanation:
        """Return what a run tells of itself: its row, and every event with where it happened.

        Raises:
            UsageError: `run.unknown`.
        """
        who = self._who(principal, "explain")
        await self._parts.writer.flush()
        record = await self._parts.stores.run_log.get(str(run_id), principal=who)
        if record is None:
            raise checking.unknown_run(run_id)
        events = await self._parts.stores.run_log.events(run_id, principal=who)
        spent = await self._parts.stores.spending.of_run(run_id, principal=who)
        return Explanation(run=record, events=tuple(events), spent=spent)

    async def again(
        self,
        run_id: str,
        *,
        only: Sequence[str] = (),
        budget_s: float | None = None,
        watch: Watch | None = None,
        principal: Principal | None = None,
    ) -> Answer | RunResult:
        """Ask again for what a run is missing; its finished steps are kept, but work is read anew.

        Args:
            run_id: The earlier run.
            only: The missing steps wanted; empty means all.
            budget_s: Seconds from now, 0.05 to 60.
            watch: A live view of the run.
            principal: Who asks.

        Raises:
            UsageError: `run.unknown`, `run.no_plan` or `run.unknown_step`.
        """
        who = self._who(principal, "again")
        found = await self.explain(run_id, principal=who)
        checking.allow_on(who, "again", found.run)
        work = carrying.of_earlier(self._parts, found, only=only, budget_s=budget_s)
        result: Answer | RunResult = await carrying.carry(
            self._parts, work, principal=who, watch=watch
        )
        return result

    async def replay(
        self, run_id: str, *, sequential: bool = False, principal: Principal | None = None
    ) -> ReplayReport:
        """Carry out a stored plan again, past the cache, and report differences and both times.

        Args:
            run_id: The earlier run; its moment of asking is kept, so windows read the same span.
            sequential: One step at a time.
            principal: Who asks.

        Raises:
            UsageError: `run.unknown` or `run.no_plan`.
        """
        who = self._who(principal, "replay")
        found = await self.explain(run_id, principal=who)
        checking.allow_on(who, "replay", found.run)
        return await replay(self._parts, found, sequential=sequential, principal=who)

    async def load(
        self,
        path: str | Path,
        *,
        kind: str | None = None,
        replace: bool = False,
        skip_bad: bool = False,
        progress: Progress | None = None,
        principal: Principal | None = None,
    ) -> LoadReport:
        """Load an estate from a bundle or a NetBox dump, all or nothing for each of its files.

        Args:
            path: A folder or a file.
            kind: `bundle` or `netbox`; by its looks where it is left out.
            replace: Remove what the source no longer has.
            skip_bad: Count and list bad lines instead of refusing their file.
            progress: Filled in while it loads, for whoever looks.
            principal: Whose estate.

        Raises:
            UsageError: `load.bad_line` naming file, line and reason, or the path is none.
        """
        who = self._who(principal, "load")
        told: dict[str, Any] = {"lease": self._parts.versions, "progress": progress}
        supply = await to_thread.run_sync(supply_of, Path(path), kind)
        more = {"replace": replace, "skip_bad": skip_bad, **told}
        return await load(self._parts.stores, supply, principal=who, **more)

    async def ingest(
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
        """Take in a document or a folder of them; see `Library.ingest` for what it takes."""
        more: dict[str, Any] = {"title": title, "tags": tags, "items": items, "source": source}
        return await self.documents.ingest(path, progress=progress, principal=principal, **more)

    async def scan(
        self, *, progress: Progress | None = None, principal: Principal | None = None
    ) -> LoadReport:
        """Load what this host tells of itself; another scan brings it up to date."""
        who = self._who(principal, "scan")
        told: dict[str, Any] = {"lease": self._parts.versions, "progress": progress}
        supply = await to_thread.run_sync(host_supply)
        return await load(self._parts.stores, supply, replace=True, principal=who, **told)

    async def demo(
        self,
        folder: str | Path,
        *,
        seed: int = 1,
        ends_at: datetime | None = None,
        progress: Progress | None = None,
        principal: Principal | None = None,
    ) -> LoadReport:
        """Write the demo estate to a folder, as a bundle, and load it.

        The same seed and end give the same estate; its story ends now where it is left out.
        """
        who = self._who(principal, "load")
        until = ends_at or datetime.now(UTC)
        write = functools.partial(write_demo, Path(folder), seed=seed, ends_at=until)
        await to_thread.run_sync(write)
        return await self.load(folder, kind="bundle", progress=progress, principal=who)

    async def export(
        self,
        folder: str | Path,
        *,
        progress: Progress | None = None,
        principal: Principal | None = None,
    ) -> dict[str, int]:
        """Write the estate to a folder, as a bundle, and return how many rows each part has."""
        who = self._who(principal, "export")
        writer = await to_thread.run_sync(bundle_writer, Path(folder))
        return await export(self._parts.stores, writer, progress=progress, principal=who)

    def __getattr__(self, name: str) -> Any:
        """Return the tools of a namespace as functions, as in `hw.ci.search(...)`."""
        if name.startswith("_"):
            raise AttributeError(name)
        return namespace(name, [tool.name for tool in self._parts.caller.registry], self.value)

    async def value(self, tool: str, args: Mapping[str, Any]) -> Any:
        """Call one tool and return its typed value.

        Raises:
            HeadwaterError: the tool's fault, a deadline, or what is wrong with the arguments.
        """
        outcome = await self.call(tool, args)
        return self._parts.caller.registry.find(tool).schema.restore(value_of(outcome))

    def _who(self, principal: Principal | None, action: str) -> Principal:
        """Return who asks, if they may do this."""
        return checking.allow(checking.who_asks(principal, self._principal), action)

    def _budget_s(self, budget_s: float | None) -> float:
        return carrying.budget_of(self._parts, budget_s)

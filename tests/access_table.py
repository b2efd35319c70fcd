"""Who may do what, as a table: each thing that the app does, and the least role it takes.

Tests of the app and of every entry go through this one table; what is missing in it fails them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio

from headwater import AsyncHeadwater
from headwater.model.access import ROLES
from headwater.model.principal import Principal

CALLERS: dict[str, tuple[str, ...]] = {
    "nobody": (),
    "stranger": ("root", "Admin", "READER", "admin "),
    "reader": ("reader",),
    "operator": ("operator",),
    "admin": ("admin",),
}
"""Sets of roles, by the name of whoever has them; the last three are the roles."""
PLAN = {"steps": [{"id": "find", "tool": "ci.search", "args": {"keywords": ["x"]}}]}


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What is there to be asked about: an app, a run of the asker's own, and another's."""

    hw: AsyncHeadwater
    mine: str
    theirs: str
    folder: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing that the app does: its method, the least role for it, and how it is asked for."""

    method: str
    least: str
    do: Callable[[World, Principal], Awaitable[Any]]
    note: str = ""

    @property
    def id(self) -> str:
        """Name the row in a test's name."""
        return f"{self.method}{self.note and f' of {self.note}'}"


def may(roles: tuple[str, ...], least: str) -> bool:
    """Say it again, in other words than the code: some role at least as high as the least."""
    return any(role in ROLES and ROLES.index(role) >= ROLES.index(least) for role in roles)


def _of_run(method: str) -> list[Row]:
    """Return the rows of a method that takes a run: one's own, and another's."""

    async def do(run_id: str, world: World, who: Principal) -> Any:
        part, _, name = method.rpartition(".")
        subject = getattr(world.hw, part) if part else world.hw
        return await getattr(subject, name)(run_id, principal=who)

    return [
        Row(method=method, least="reader", note="one's own run",
            do=lambda world, who: do(world.mine, world, who)),
        Row(method=method, least="operator", note="another's run",
            do=lambda world, who: do(world.theirs, world, who)),
    ]  # fmt: skip


async def _nothing() -> AsyncIterator[bytes]:
    """Give an upload without a byte."""
    for portion in ():
        yield portion


async def _entered(manager: Any) -> None:
    async with manager:
        await anyio.lowlevel.checkpoint()


TABLE: list[Row] = [
    Row(method="ask", least="reader", do=lambda w, who: w.hw.ask("list hosts", principal=who)),
    Row(method="ask", least="operator", note="in a session",
        do=lambda w, who: w.hw.ask("list hosts", session=404, principal=who)),
    Row(method="run", least="reader", do=lambda w, who: w.hw.run(PLAN, principal=who)),
    Row(method="call", least="reader",
        do=lambda w, who: w.hw.call("ci.search", {"keywords": ["x"]}, principal=who)),
    Row(method="tools", least="reader", do=lambda w, who: w.hw.tools(principal=who)),
    Row(method="runs", least="reader", do=lambda w, who: w.hw.runs(principal=who)),
    Row(method="explain", least="reader",
        do=lambda w, who: w.hw.explain(w.theirs, principal=who)),
    *_of_run("again"),
    *_of_run("replay"),
    Row(method="load", least="operator",
        do=lambda w, who: w.hw.load(w.folder / "bundle", principal=who)),
    Row(method="ingest", least="operator",
        do=lambda w, who: w.hw.ingest(b"# words", source=who.name, principal=who)),
    Row(method="documents.ingest", least="operator",
        do=lambda w, who: w.hw.documents.ingest(b"# words", source=who.name, principal=who)),
    Row(method="documents.recent", least="reader",
        do=lambda w, who: w.hw.documents.recent(principal=who)),
    Row(method="documents.find", least="reader",
        do=lambda w, who: w.hw.documents.find("nothing", principal=who)),
    Row(method="documents.forget", least="operator",
        do=lambda w, who: w.hw.documents.forget("nothing", principal=who)),
    Row(method="scan", least="operator", do=lambda w, who: w.hw.scan(principal=who)),
    Row(method="demo", least="operator",
        do=lambda w, who: w.hw.demo(w.folder / f"demo-{who.name}", principal=who)),
    Row(method="export", least="operator",
        do=lambda w, who: w.hw.export(w.folder / f"export-{who.name}", principal=who)),
    Row(method="live.begin", least="reader", note="a question",
        do=lambda w, who: w.hw.live.begin(question="list hosts", principal=who)),
    Row(method="live.begin", least="reader", note="a plan",
        do=lambda w, who: w.hw.live.begin(plan=PLAN, principal=who)),
    Row(method="live.find", least="reader",
        do=lambda w, who: w.hw.live.find(w.theirs, principal=who)),
    Row(method="live.recent", least="reader", do=lambda w, who: w.hw.live.recent(principal=who)),
    Row(method="live.follow", least="reader",
        do=lambda w, who: _entered(w.hw.live.follow(w.theirs, principal=who))),
    Row(method="live.subscribe", least="reader",
        do=lambda w, who: _entered(w.hw.live.subscribe(principal=who))),
    Row(method="rooms.join", least="reader", note="a project that is not there",
        do=lambda w, who: _entered(w.hw.rooms.join(404, principal=who))),
    *_of_run("live.finish"),
    *_of_run("live.cancel"),
    Row(method="jobs.load", least="operator",
        do=lambda w, who: w.hw.jobs.load(_nothing(), media_type="application/zip", principal=who)),
    Row(method="jobs.ingest", least="operator",
        do=lambda w, who: w.hw.jobs.ingest(_nothing(), principal=who)),
    Row(method="jobs.run", least="operator",
        do=lambda w, who: w.hw.jobs.run(question="list hosts", principal=who)),
    Row(method="jobs.find", least="operator",
        do=lambda w, who: w.hw.jobs.find("j-1", principal=who)),
    Row(method="jobs.recent", least="operator", do=lambda w, who: w.hw.jobs.recent(principal=who)),
    Row(method="jobs.cancel", least="operator",
        do=lambda w, who: w.hw.jobs.cancel("j-1", principal=who)),
    Row(method="jobs.schedule", least="operator",
        do=lambda w, who: w.hw.jobs.schedule(
            "nightly", cron="0 3 * * *", do={"scan": True}, principal=who)),
    Row(method="jobs.schedules", least="operator",
        do=lambda w, who: w.hw.jobs.schedules(principal=who)),
    Row(method="jobs.unschedule", least="operator",
        do=lambda w, who: w.hw.jobs.unschedule("nightly", principal=who)),
    Row(method="github.keep_token", least="admin",
        do=lambda w, who: w.hw.github.keep_token("x", "", principal=who)),
    Row(method="github.keep_installation", least="admin",
        do=lambda w, who: w.hw.github.keep_installation("x", 0, principal=who)),
    Row(method="github.begin_login", least="admin",
        do=lambda w, who: w.hw.github.begin_login("", principal=who)),
    Row(method="github.end_login", least="admin",
        do=lambda w, who: w.hw.github.end_login("x", "x", principal=who)),
    Row(method="github.credentials", least="admin",
        do=lambda w, who: w.hw.github.credentials(principal=who)),
    Row(method="github.forget", least="admin",
        do=lambda w, who: w.hw.github.forget("x", principal=who)),
    Row(method="github.webhook", least="admin",
        do=lambda w, who: w.hw.github.webhook(404, principal=who)),
    Row(method="access.create_key", least="admin",
        do=lambda w, who: w.hw.access.create_key(role="reader", principal=who)),
    Row(method="access.keys", least="admin", do=lambda w, who: w.hw.access.keys(principal=who)),
    Row(method="access.revoke_key", least="admin",
        do=lambda w, who: w.hw.access.revoke_key("x", principal=who)),
    Row(method="access.create_tenant", least="admin",
        do=lambda w, who: w.hw.access.create_tenant(f"t-{who.name}", principal=who)),
    Row(method="access.tenants", least="admin",
        do=lambda w, who: w.hw.access.tenants(principal=who)),
]  # fmt: skip
"""Every method of the app that acts for somebody."""
FOR_NOBODY = {
    "open": "opens the database, before there is anyone",
    "watch": "makes a view of a run yet to be asked",
    "value": "is `call`, for the client's own principal",
    "github.receive": "takes what is signed by a webhook's secret",
    "live.drain": "is for the process that stops",
    "access.identify": "tells who it is",
    "access.until_ended": "waits until a credential is nobody's any more",
}
"""Methods that act for nobody, and why."""


@asynccontextmanager
async def world(hw: AsyncHeadwater, folder: Path, *, name: str) -> AsyncIterator[World]:
    """Give an app with a run of an asker of this name, and a run of somebody else."""
    mine = await hw.run(PLAN, principal=Principal("default", name))
    theirs = await hw.run(PLAN, principal=Principal("default", "somebody else"))
    yield World(hw=hw, mine=mine.run_id, theirs=theirs.run_id, folder=folder)

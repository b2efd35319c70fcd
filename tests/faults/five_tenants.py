"""Five tenants with the same codes and a canary each, who ask everything at once and leave early.

Each asks by the library and over HTTP, in good faith and for what is another's: ids, runs, words.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
from patience import GUARD_S
from pydantic_core import to_json
from unit.entries.http.asgi_client import Client, House

from headwater import AsyncHeadwater
from headwater.errors import HeadwaterError
from headwater.model.principal import Principal

CANARIES = {
    "amber": "xylophone7", "birch": "quartzite3", "coral": "zeppelin5", "delta": "walrusfin9",
    "ember": "kumquatly2",
}  # fmt: skip
"""By tenant, a word that stands in each of its rows, and that nobody ever asks for."""
TENANTS = tuple(CANARIES)
CODES = ("shop", "orders-db", "host-1")
WINDOW = "2026-11-20T00:00:00Z/2026-11-21T00:00:00Z"
START_S = 1_795_132_800
AT_ONCE = 24
PLAN = {
    "steps": [
        {"id": "find", "tool": "ci.search", "args": {"keywords": ["shop"]}},
        {"id": "each", "tool": "ci.get", "args": {"id": {"$": "find.items[0].id"}}},
    ]
}
QUESTIONS = ("what is shop?", "how many items per owner?", "what breaks if host-1 fails?")


def write_bundle(folder: Path, tenant: str) -> Path:
    """Write an estate whose codes are everybody's and whose words are the tenant's."""
    word = CANARIES[tenant]
    folder.mkdir(parents=True)
    items = [
        {"code": code, "name": f"{code} of {word}", "type": "service", "owner": f"{word}-team",
         "tags": {"team": word}, "attributes": {"note": word}}
        for code in CODES
    ]  # fmt: skip
    pairs = (("shop", "orders-db"), ("orders-db", "host-1"))
    edges = [{"source": one, "target": other, "type": "depends_on", "attributes": {"w": word}}
             for one, other in pairs]  # fmt: skip
    history = [{"ci": "shop", "kind": "deployment", "at": START_S + 60, "title": f"{word} out"}]
    metrics = [{"name": "latency_ms", "unit": word, "kind": "gauge"}]
    files = {"items": items, "relations": edges, "history": history, "metrics": metrics}
    for name, rows in files.items():
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(text, "utf-8")
    value = TENANTS.index(tenant) + 1
    samples = "".join(f"latency_ms,shop,{START_S + 60 * n},{value}\n" for n in range(5))
    (folder / "samples.csv").write_text(f"metric,ci,at,value\n{samples}", "utf-8")
    return folder


def call_of(dice: random.Random) -> tuple[str, dict[str, Any]]:
    """Return a call of a tool: the same for every tenant, so that their cache keys are near."""
    code, number = dice.choice(CODES), dice.randrange(1, 20)
    calls: list[tuple[str, dict[str, Any]]] = [
        ("ci.search", {"keywords": ["shop"]}),
        ("ci.get", {"id": number}),
        ("ci.get_by_code", {"code": code}),
        ("ci.aggregate", {"group_by": ["owner"]}),
        ("ci.aggregate", {"group_by": ["type"], "ci_ids": [1, 4, 7, 10, 13]}),
        ("estate.resolve", {"terms": [code, "team"]}),
        ("graph.expand", {"root": code, "view": "neighbours", "depth": 2}),
        ("graph.path", {"source": "shop", "target": number}),
        ("history.recent", {"window": WINDOW}),
        ("history.recent", {"window": WINDOW, "ci_ids": [number]}),
        ("metric.aggregate", {"metric": "latency_ms", "window": WINDOW, "aggregate": "max"}),
        ("metric.series_table", {"metric": "latency_ms", "ci": "shop", "window": WINDOW}),
    ]
    return dice.choice(calls)


def request_of(dice: random.Random, run_id: str) -> tuple[str, str, Any]:
    """Return a request: method, path and body."""
    tool, args = call_of(dice)
    requests: list[tuple[float, tuple[str, str, Any]]] = [
        (60, ("POST", f"/v1/tools/{tool}", args)),
        (5, ("POST", "/v1/runs?background=true", PLAN)),
        (15, ("POST", "/v1/ask", {"question": dice.choice(QUESTIONS)})),
        (5, ("GET", f"/v1/runs/{run_id}", None)),
        (5, ("GET", f"/v1/runs/{run_id}/explain", None)),
        (10, ("GET", "/v1/runs?limit=5", None)),
    ]
    return dice.choices([one for _, one in requests], [weight for weight, _ in requests])[0]


def runs_in(told: Any) -> list[str]:
    """Return the ids of runs that a reply tells of."""
    rows = told.get("runs", [told]) if isinstance(told, dict) else []
    return [one["run_id"] for one in rows if isinstance(one, dict) and one.get("run_id")]


@dataclass
class Campaign:
    """What was asked and shown so far, and what of it was another's."""

    hw: AsyncHeadwater
    house: House
    seed: int
    keys: dict[str, Client] = field(default_factory=dict)
    runs: dict[str, str] = field(default_factory=dict)
    """Whose each run is."""
    jobs: dict[str, str] = field(default_factory=dict)
    leaks: list[str] = field(default_factory=list)
    own: Counter[str] = field(default_factory=Counter)
    """How often each tenant was shown its own canary."""
    left: int = 0
    """How many left before they were answered."""

    async def set_up(self, folder: Path) -> None:
        """Load the estates, all tenants at once, and make a key for each."""
        admin = Principal(name="setup", roles=("admin",))

        async def one(tenant: str) -> None:
            bundle = await anyio.to_thread.run_sync(write_bundle, folder / tenant, tenant)
            await self.hw.load(bundle, principal=Principal(tenant))
            if tenant not in {each.name for each in await self.hw.access.tenants(principal=admin)}:
                await self.hw.access.create_tenant(tenant, principal=admin)
            self.keys[tenant] = await self.house.someone("operator", tenant)

        async with anyio.create_task_group() as group:
            for tenant in TENANTS:
                group.start_soon(one, tenant)

    async def go(self, tries: int) -> None:
        """Ask so often, all tenants mixed, while each listens to its own runs."""
        dice = random.Random(self.seed)
        places = anyio.CapacityLimiter(AT_ONCE)
        async with anyio.create_task_group() as listening:
            for tenant in TENANTS:
                await listening.start(self._listen, tenant)
            async with anyio.create_task_group() as group:
                for _ in range(tries):
                    async with places:
                        pass
                    group.start_soon(self._try, places, dice.randrange(2**32))
                    await anyio.lowlevel.checkpoint()
            listening.cancel_scope.cancel()

    async def _listen(self, tenant: str, *, task_status: Any) -> None:
        async with self.hw.live.subscribe(principal=Principal(tenant)) as events:
            task_status.started()
            async for event in events:
                if event.run_id:
                    self._mine(tenant, event.run_id)
                self._look(tenant, "an event", event)

    async def _try(self, places: anyio.CapacityLimiter, seed: int) -> None:
        dice = random.Random(seed)
        tenant = dice.choice(TENANTS)
        what, ask = (self._by_http if dice.random() < 0.5 else self._by_library)(tenant, dice)
        patience_s = dice.uniform(0, 0.02) if dice.random() < 0.25 else GUARD_S
        async with places:
            with anyio.move_on_after(patience_s) as scope:
                try:
                    shown = await ask()
                except HeadwaterError as error:
                    shown = error.message
                self._look(tenant, what, shown)
            self.left += scope.cancelled_caught
        assert patience_s < GUARD_S or not scope.cancelled_caught, what

    def _by_library(
        self, tenant: str, dice: random.Random
    ) -> tuple[str, Callable[[], Awaitable[Any]]]:
        who, kind = Principal(tenant), dice.random()
        if kind < 0.6:
            tool, args = call_of(dice)
            return f"{tool} {args}", lambda: self.hw.call(tool, args, principal=who)
        if kind < 0.7:
            text = dice.choice(QUESTIONS)
            return text, lambda: self._run(tenant, self.hw.ask(text, principal=who))
        if kind < 0.8:
            return "a plan", lambda: self._run(tenant, self.hw.run(PLAN, principal=who))
        if kind < 0.85 and self.hw._parts.jobs is not None:
            return "jobs", lambda: self._job(tenant, dice)
        run_id = self._some_run(dice)
        verb = dice.choice((self.hw.explain, self.hw.live.find, self.hw.live.cancel,
                            self.hw.again, self.hw.live.finish))  # fmt: skip
        return f"{verb.__name__} {run_id}", lambda: self._of(tenant, run_id, verb, who)

    def _by_http(
        self, tenant: str, dice: random.Random
    ) -> tuple[str, Callable[[], Awaitable[Any]]]:
        run_id = self._some_run(dice)
        method, path, body = request_of(dice, run_id)

        async def send() -> Any:
            reply = await self.keys[tenant].send(method, path, body)
            assert reply.status != 500, reply.body
            if reply.status < 300:
                asked_for = [run_id] if path.startswith(f"/v1/runs/{run_id}") else []
                for one in (*asked_for, *runs_in(reply.json)):
                    self._mine(tenant, one)
            return reply.body.decode()

        return f"{method} {path} {body}", send

    async def _run(self, tenant: str, run: Awaitable[Any]) -> Any:
        result = await run
        self._mine(tenant, result.run_id)
        return result

    async def _of(self, tenant: str, run_id: str, verb: Any, who: Principal) -> Any:
        result = await verb(run_id, principal=who)
        self._mine(tenant, run_id)  # it was given, so it has to be ours
        return result

    async def _job(self, tenant: str, dice: random.Random) -> Any:
        who = Principal(tenant)
        if dice.random() < 0.2:
            job = await self.hw.jobs.run(plan=PLAN, principal=who)
            self.jobs[job.id] = tenant
        elif self.jobs:
            job_id = dice.choice(list(self.jobs))
            await self.hw.jobs.find(job_id, principal=who)
            if self.jobs[job_id] != tenant:
                self.leaks.append(f"{tenant} was shown the job {job_id}")
        return await self.hw.jobs.recent(principal=who)

    def _some_run(self, dice: random.Random) -> str:
        return dice.choice(list(self.runs)[-50:]) if self.runs else "r-none"

    def _mine(self, tenant: str, run_id: str) -> None:
        if self.runs.setdefault(run_id, tenant) != tenant:
            self.leaks.append(f"{tenant} was shown the run {run_id} of {self.runs[run_id]}")

    def _look(self, tenant: str, what: str, shown: Any) -> None:
        text = shown if isinstance(shown, str) else to_json(shown, fallback=repr).decode()
        self.own[tenant] += CANARIES[tenant] in text
        for other, canary in CANARIES.items():
            if other != tenant and canary in text:
                self.leaks.append(f"{tenant} asked {what} and read of {other}: {text[:500]}")

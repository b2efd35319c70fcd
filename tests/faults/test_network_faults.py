"""Each dependency is broken in each way at each moment: in time, said as what it is, and back."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import anyio
import pytest
from breaking import Cell, cells_of, sampled, struck, until
from patience import GUARD_S, PROMPT_S
from proxy import Proxy, open_proxy
from servers import Servers

from headwater import AsyncHeadwater
from headwater.app.settings import Settings
from headwater.engine.journal import SILENCE
from headwater.errors import HeadwaterError
from headwater.model.call import Call
from headwater.model.moment import Asked
from headwater.model.outcome import Failed, Late, Outcome, Succeeded
from headwater.model.principal import Principal

BUDGET_S = 0.5
"""What is asked while something is broken has so long; before and after, it has `PROMPT_S`."""
BACK_S = 5.0
"""Seconds after a fault's end by which all is as before, on a machine of its own."""
CODES = re.compile(r"store\.\w+|limit\.(deadline|breaker_open)|access\.unavailable")
"""What may be said while a database is broken."""
WORKS = ("call", "ask", "run", "runs", "identify", "load")
ITEMS = [
    {"code": code, "name": code, "type": "service", "owner": f"{code}-team"}
    for code in ("shop", "orders", "web")
]
PLAN = {
    "steps": [
        {"id": "find", "tool": "ci.search", "args": {"keywords": ["shop"]}},
        {"id": "each", "tool": "ci.get", "args": {"id": {"$": "find.items[0].id"}}},
        {"id": "groups", "tool": "ci.aggregate", "args": {"group_by": ["owner"]}},
    ]
}
NUMBERS = count()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@dataclass
class World:
    """An app behind a proxy, and what went wrong so far."""

    hw: AsyncHeadwater
    proxy: Proxy
    folder: Path
    key: str = ""
    budget_s: float = PROMPT_S
    back_s: float = GUARD_S
    wrong: list[str] = field(default_factory=list)

    async def works(self, name: str) -> list[str]:
        """Ask for something, and return the codes of what went wrong: none where all went well."""
        did: Callable[[], Awaitable[list[str]]] = getattr(self, f"_{name}")
        return await did()

    async def _call(self) -> list[str]:
        outcome = await self.hw.call("ci.search", {"keywords": ["shop"]}, budget_s=self.budget_s)
        if isinstance(outcome, Succeeded):
            assert outcome.value["total"] == 1, outcome.value
        return [outcome.code] if isinstance(outcome, Failed | Late) else []

    async def _ask(self) -> list[str]:
        answer = await self.hw.ask("how many items per owner?", budget_s=self.budget_s)
        codes = [gap.code for gap in answer.gaps]
        if answer.status != "complete":
            assert codes or answer.code, answer
            return codes or [str(answer.code)]
        assert "orders-team" in repr(answer.blocks), answer
        return codes

    async def _run(self) -> list[str]:
        result = await self.hw.run(PLAN, budget_s=self.budget_s)
        codes = [gap.code for gap in result.gaps]
        assert codes or result.status == "complete", result
        return [code for code in codes if code not in {"step.skipped", "run.skipped"}] or codes

    async def _runs(self) -> list[str]:
        return await self._bounded(lambda: self.hw.runs(limit=3))

    async def _identify(self) -> list[str]:
        self.hw._parts.identities.forget()
        return await self._bounded(lambda: self.hw.access.identify(self.key))

    async def _load(self) -> list[str]:
        number = next(NUMBERS)
        folder = self.folder / f"load-{number}"
        await anyio.to_thread.run_sync(write_items, folder, {"code": "n", "name": str(number)})
        return await self._bounded(lambda: self.hw.load(folder))

    async def _bounded(self, ask: Callable[[], Awaitable[Any]]) -> list[str]:
        """Ask for what has no budget of its own, under the caller's deadline."""
        try:
            with anyio.fail_after(self.budget_s):
                await ask()
        except HeadwaterError as error:
            return [error.code]
        except TimeoutError:
            return ["limit.deadline"]
        return []

    async def try_cell(self, cell: Cell) -> None:
        """Break and ask, mend and ask again; keep what is wrong with either."""
        codes: list[str] = []
        async with struck(self.proxy, cell):
            self.budget_s = BUDGET_S
            try:
                with anyio.fail_after(PROMPT_S):
                    codes = await self.works(cell.work)
            except Exception as error:  # noqa: BLE001  nothing but what works() knows may come
                self.wrong.append(f"{cell}: {error!r}")
            self.budget_s = PROMPT_S
        odd = [code for code in codes if not CODES.fullmatch(code)]
        if odd:
            self.wrong.append(f"{cell}: said {odd}")
        await self._recover(cell)

    async def _recover(self, cell: Cell) -> None:
        codes: list[str] = []

        async def works() -> bool:
            codes[:] = await self.works(cell.work)
            return not codes

        if not await until(works, within_s=self.back_s):
            self.wrong.append(f"{cell}: not back, {codes}")


def write_items(folder: Path, *more: dict[str, Any]) -> Path:
    """Write a bundle."""
    folder.mkdir()
    lines = "".join(json.dumps(one | {"type": "service"}) + "\n" for one in (*ITEMS, *more))
    (folder / "items.jsonl").write_text(lines, "utf-8")
    return folder


@asynccontextmanager
async def world(url: str, direct: str, folder: Path, **settings: Any) -> AsyncIterator[World]:
    """Open an app whose dependency at the direct URL is reached through a proxy."""
    async with open_proxy(direct) as proxy:
        placed = {name: one(proxy) if callable(one) else one for name, one in settings.items()}
        made = Settings(prepare=False, cache_bytes=0, **placed)
        through = proxy.url(url) if url == direct else url
        async with AsyncHeadwater.open(through, settings=made) as hw:
            bundle = await anyio.to_thread.run_sync(write_items, folder / "bundle")
            await hw.load(bundle)
            key = (await hw.access.create_key(role="reader", principal=ADMIN)).key
            yield World(hw, proxy, folder, key)


ADMIN = Principal(name="setup", roles=("admin",))


@pytest.fixture(params=["postgresql", "mariadb"])
def database(request: pytest.FixtureRequest, servers: Servers) -> Iterator[tuple[str, str]]:
    made = servers.postgresql() if request.param == "postgresql" else servers.mariadb()
    with made as url:
        yield request.param, url


async def try_database(
    database: tuple[str, str], folder: Path, cells: list[Cell], *, back_s: float = GUARD_S
) -> None:
    url = database[1]
    async with world(url, url, folder) as one:
        one.back_s = back_s
        for cell in cells:
            await one.try_cell(cell)
    assert one.wrong == []


async def test_a_database_that_breaks_leaves_gaps_in_time_and_is_used_again(
    database: tuple[str, str], tmp_path: Path
) -> None:
    await try_database(database, tmp_path, sampled(cells_of(database[0], WORKS)))


@pytest.mark.slow
@pytest.mark.timeout(1_800)
async def test_a_database_that_breaks_in_any_way_leaves_gaps_in_time(
    database: tuple[str, str], tmp_path: Path
) -> None:
    await try_database(database, tmp_path, cells_of(database[0], WORKS), back_s=BACK_S)


async def test_an_outage_with_many_calls_in_it_is_forgotten(
    postgresql: str, tmp_path: Path
) -> None:
    async with world(postgresql, postgresql, tmp_path) as one:
        await one.proxy.refuse()
        one.proxy.cut()
        one.budget_s = BUDGET_S
        said = {code for _ in range(100) for code in await one.works("run")}
        one.budget_s = PROMPT_S
        assert said
        assert [code for code in said if not CODES.fullmatch(code)] == []
        await one.proxy.mend()

        async def works() -> bool:
            return await one.works("run") == []

        assert await until(works)


async def test_a_breaker_that_an_outage_opened_answers_itself_and_closes_afterwards(
    postgresql: str, tmp_path: Path
) -> None:
    """The database is away only while many calls are under way, and back when the breaker opens."""
    async with world(postgresql, postgresql, tmp_path) as one:
        versions = await one.hw._parts.versions.current(principal=ADMIN)
        await one.proxy.refuse()
        one.proxy.cut()
        said: list[Outcome] = []

        async def call(number: int) -> None:
            said.append(await one.hw._parts.caller.call(call_of(number, versions), SILENCE))

        with anyio.fail_after(GUARD_S):
            while not is_open(one.hw):
                async with anyio.create_task_group() as group:
                    for number in range(20):
                        group.start_soon(call, number)
        await one.proxy.mend()
        assert {getattr(outcome, "code", "") for outcome in said} <= {
            "store.unreachable", "store.lost", "limit.breaker_open",
        }  # fmt: skip
        assert await one.works("call") == ["limit.breaker_open"]

        async def works() -> bool:
            return await one.works("call") == []

        assert await until(works)
        assert not is_open(one.hw)


def call_of(number: int, versions: Mapping[str, int]) -> Call:
    """Return a call of a run that began while all was well."""
    return Call(
        tool="ci.search",
        args={"keywords": [f"word{number}"]},
        principal=Principal(),
        asked=Asked(datetime.now(UTC)),
        deadline_at=anyio.current_time() + PROMPT_S,
        versions=versions,
    )


def is_open(hw: AsyncHeadwater) -> bool:
    return 'headwater_breaker_state{tool="ci.search"} 2.0' in hw.health.metrics()


async def test_whoever_asks_without_a_deadline_gets_one(postgresql: str, tmp_path: Path) -> None:
    """Runs are listed while the database hangs: what waits to be written is not lost by that."""
    async with world(postgresql, postgresql, tmp_path) as one:
        run_id = (await one.hw.run(PLAN)).run_id
        one.proxy.strand()
        with anyio.fail_after(GUARD_S):
            said = await outcome_of(one.hw)
        assert said in {"", "store.deadline", "store.lost", "store.unreachable"}
        with anyio.fail_after(GUARD_S):
            found = await one.hw.explain(run_id)
        assert found.run.status == "complete"
        assert found.events[-1].kind == "run.answered"


async def outcome_of(hw: AsyncHeadwater) -> str:
    try:
        await hw.runs()
    except HeadwaterError as error:
        return error.code
    return ""

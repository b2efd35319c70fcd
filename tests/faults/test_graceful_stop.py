"""A server told to stop at any moment: what it accepted is there afterwards, once."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import anyio
import pytest
from anyio import to_thread
from breaking import until
from e2e.serving import Server, serving, write_pack

EFFECT = """
import os

@tool(name="slow.effect", description="Leaves a mark.", role="reader", idempotent=False)
async def effect(mark: str, seconds: float = 0.0) -> str:
    await anyio.sleep(seconds)
    with open(os.environ["EFFECTS"], "a") as file:
        file.write(mark + "\\n")
    return mark
"""
STOP_S = 60.0
"""Seconds in which a server that is told to stop is gone."""
CLIENTS = 8
GONE = (aiohttp.ClientError, TimeoutError, ConnectionError)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@dataclass
class Book:
    """What clients were told while the server stopped."""

    answered: list[str] = field(default_factory=list)
    """Runs whose answers came."""
    begun: dict[str, str] = field(default_factory=dict)
    """Background runs that were accepted, each with the mark that it leaves."""
    loaded: dict[str, str] = field(default_factory=dict)
    """Uploads that were accepted, each with the code of the item that it brings."""
    refused: Counter[str] = field(default_factory=Counter)
    marks: int = 0

    def mark(self) -> str:
        self.marks += 1
        return f"mark-{self.marks}"


class Somebody:
    """A client who asks one thing after the other until the server is gone."""

    def __init__(self, client: aiohttp.ClientSession, book: Book, dice: random.Random) -> None:
        self._client = client
        self._book = book
        self._dice = dice

    async def go(self) -> None:
        """Ask until nobody answers."""
        ways = (self._ask, self._stream, self._run, self._begin, self._begin, self._load)
        while True:
            try:
                await self._dice.choice(ways)()
            except GONE:
                return

    async def _ask(self) -> None:
        body = {"question": "how many items per type?", "budget_s": 20}
        async with self._client.post("/v1/ask", json=body) as reply:
            if told := await self._told(reply, 200):
                self._book.answered.append(told["run_id"])

    async def _stream(self) -> None:
        body = {"question": "how many items per owner?", "budget_s": 20}
        headers = {"Accept": "text/event-stream"}
        async with self._client.post("/v1/ask", json=body, headers=headers) as reply:
            text = await reply.text()
            self._book.refused[f"stream {reply.status}"] += 1
            assert reply.status == 503 or "event: answer" in text, text[-500:]

    async def _run(self) -> None:
        async with self._client.post("/v1/runs", json=self._plan(self._book.mark())) as reply:
            if told := await self._told(reply, 200):
                self._book.answered.append(told["run_id"])

    async def _begin(self) -> None:
        mark = self._book.mark()
        async with self._client.post("/v1/runs?background=true", json=self._plan(mark)) as reply:
            if told := await self._told(reply, 202):
                self._book.begun[told["run_id"]] = mark

    async def _load(self) -> None:
        code = self._book.mark()
        row = {"part": "items", "code": code, "name": code, "type": "service"}
        headers = {"Content-Type": "application/x-ndjson"}
        async with self._client.post("/v1/load", data=json.dumps(row), headers=headers) as reply:
            if told := await self._told(reply, 202):
                self._book.loaded[told["id"]] = code

    def _plan(self, mark: str) -> dict[str, Any]:
        seconds = self._dice.choice((0.0, 0.1, 1.0))
        step = {"id": "a", "tool": "slow.effect", "args": {"mark": mark, "seconds": seconds}}
        return {"steps": [step], "budget_s": 20}

    async def _told(self, reply: aiohttp.ClientResponse, wanted: int) -> dict[str, Any] | None:
        told: dict[str, Any] = await reply.json()
        if reply.status == wanted:
            return told
        assert reply.status in {429, 503, 504}, told  # late, on a slow machine
        self._book.refused[told["code"]] += 1
        await anyio.sleep(0.05)
        return None


async def stopped(one: Server, key: str, book: Book, *, after_s: float, seed: int) -> float:
    """Have clients ask, and the server stop in their midst; return the seconds that took."""
    headers = {"Authorization": f"Bearer {key}"}
    timeout = aiohttp.ClientTimeout(total=STOP_S)
    async with (
        aiohttp.ClientSession(one.address, headers=headers, timeout=timeout) as client,
        anyio.create_task_group() as group,
    ):

        async def open_() -> bool:
            return (await client.get("/readyz")).status == 200

        assert await until(open_)
        for number in range(CLIENTS):
            group.start_soon(Somebody(client, book, random.Random(seed + number)).go)
        await anyio.sleep(after_s)
        one.stop()
        began_at = time.monotonic()
        assert await to_thread.run_sync(one.ended, STOP_S) == 0
    return time.monotonic() - began_at


async def try_stop(folder: Path, seed: int) -> None:
    """Stop a server at some moment, start it again, and look after everything it accepted."""
    packs, effects = folder / "packs", folder / "effects"
    packs.mkdir(parents=True)
    write_pack(packs)
    with (packs / "slow_pack.py").open("a") as file:
        file.write(EFFECT)
    effects.touch()
    env, book, dice = {"EFFECTS": effects}, Book(), random.Random(seed)
    async with serving(folder, env=env) as one:
        key = await to_thread.run_sync(one.key, "operator")
        took_s = await stopped(one, key, book, after_s=dice.uniform(0.1, 2.0), seed=seed)
    assert took_s < STOP_S
    assert book.marks or book.refused
    headers = {"Authorization": f"Bearer {key}"}
    async with (
        serving(folder, one.url, env=env) as again,
        aiohttp.ClientSession(again.address, headers=headers) as client,
    ):
        await look_after(client, book, effects)


async def look_after(client: aiohttp.ClientSession, book: Book, effects: Path) -> None:
    """Look whether everything that was accepted is there, once."""

    async def found(path: str) -> dict[str, Any]:
        async with client.get(path) as reply:
            assert reply.status == 200, (path, await reply.text())
            told: dict[str, Any] = await reply.json()
            return told

    statuses = {}
    for run_id in (*book.answered, *book.begun):
        statuses[run_id] = (await found(f"/v1/runs/{run_id}"))["run"]["status"]
    assert [run_id for run_id, status in statuses.items() if status is None] == []
    marks = Counter((await anyio.Path(effects).read_text()).split())
    assert [mark for mark, count in marks.items() if count > 1] == []
    done = {mark for run_id, mark in book.begun.items() if statuses[run_id] == "complete"}
    assert done <= set(marks)
    for job_id, code in book.loaded.items():
        job: dict[str, Any] = {}

        async def ended(job: dict[str, Any] = job, job_id: str = job_id) -> bool:
            job.update(await found(f"/v1/jobs/{job_id}"))
            return job["status"] not in {"queued", "running"}

        assert await until(ended)
        assert job["status"] == "succeeded", job
        async with client.post("/v1/tools/ci.get_by_code", json={"code": code}) as reply:
            assert (await reply.json())["value"]["code"] == code


async def test_what_was_accepted_before_a_stop_is_there_once(tmp_path: Path) -> None:
    await try_stop(tmp_path / "a", 0)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(1, 55))
async def test_what_was_accepted_before_a_stop_is_there_once_at_many_moments(
    tmp_path: Path, seed: int
) -> None:
    await try_stop(tmp_path / "a", seed)

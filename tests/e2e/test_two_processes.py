"""A run of one process is followed and ended in another, by Redis, or by the run log alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
import pytest
from anyio import to_thread
from patience import GUARD_S
from pydantic import SecretStr

from headwater import AsyncHeadwater
from headwater.app.settings import Settings

CHILD = r"""
import sys

import anyio

from headwater import AsyncHeadwater, tool
from headwater.app.settings import Settings

let_go = anyio.Event()


@tool(name="test.held", description="Wait.", idempotent=True, role="reader")
async def held() -> str:
    print(run.run_id, flush=True)
    await let_go.wait()
    return "held"


async def main(url, redis):
    global run
    settings = Settings(prepare=False, redis=redis or None)
    async with AsyncHeadwater.open(url, packs=[[held]], settings=settings) as hw:
        run = await hw.live.begin(plan={"steps": [{"id": "a", "tool": "test.held"}]}, budget_s=50)
        await anyio.to_thread.run_sync(sys.stdin.readline)
        let_go.set()
        state = await hw.live.find(run.run_id)
        while state.run.status is None:
            await anyio.sleep(0.02)
            state = await hw.live.find(run.run_id)
        print(state.run.status, flush=True)


anyio.run(main, *sys.argv[1:])
"""


@pytest.fixture
def anyio_backend() -> str:
    """Run on asyncio."""
    return "asyncio"


@contextmanager
def child(folder: Path, url: str, redis: str) -> Iterator[subprocess.Popen[str]]:
    """Run a process that has begun a run and holds it."""
    script = folder / "child.py"
    script.write_text(CHILD)
    command = [sys.executable, str(script), url, redis]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def line_of(process: subprocess.Popen[str]) -> str:
    """Return the next line that a process writes."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def let_go(process: subprocess.Popen[str]) -> None:
    """Tell a process to hold its run no longer."""
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


async def test_a_run_of_one_process_is_cancelled_in_another(tmp_path: Path, redis: str) -> None:
    url = f"sqlite:///{tmp_path}/estate.db"
    settings = Settings(prepare=False, redis=SecretStr(redis))
    with child(tmp_path, url, redis) as process, anyio.fail_after(GUARD_S):
        run_id = await to_thread.run_sync(line_of, process)
        async with AsyncHeadwater.open(url, settings=settings) as hw:
            async with hw.live.follow(run_id) as events:
                seen = [await anext(events)]
                record = await hw.live.cancel(run_id)
                seen += [event async for event in events]
            assert (record.status, seen[-1].kind) == ("failed", "run.answered")
            assert [event.seq for event in seen] == list(range(len(seen)))
        let_go(process)
        assert await to_thread.run_sync(line_of, process) == "failed"


async def test_without_redis_a_run_is_followed_by_its_log(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/estate.db"
    with child(tmp_path, url, "") as process, anyio.fail_after(GUARD_S):
        run_id = await to_thread.run_sync(line_of, process)
        async with AsyncHeadwater.open(url, settings=Settings(prepare=False)) as hw:
            assert (await hw.live.cancel(run_id)).status is None
            async with hw.live.follow(run_id) as events:
                seen = [await anext(events)]
                let_go(process)
                seen += [event async for event in events]
            assert (await hw.live.find(run_id)).run.status == "complete"
        assert [event.seq for event in seen] == list(range(len(seen)))
        assert await to_thread.run_sync(line_of, process) == "complete"

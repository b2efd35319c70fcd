"""Does every answer come in time whatever tools do, and is nothing left running afterwards?"""

from __future__ import annotations

import asyncio
import random
import sqlite3
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import anyio

from bench.rows import Row, at_most
from bench.timing import Loop, percentile
from headwater import AsyncHeadwater, tool

BAR = "deadline"
RUNS = 300
AT_ONCE = 4
MOST_LATE_S = 0.050
SEED = 11
release = threading.Event()


@tool(name="late.sleep", description="Sleep for a while.", idempotent=True)
async def sleep(takes_s: float) -> float:
    await anyio.sleep(takes_s)
    return takes_s


@tool(name="late.fail", description="Fail.", idempotent=True)
async def fail(takes_s: float) -> float:
    await anyio.sleep(takes_s / 4)
    message = f"after {takes_s}"
    raise RuntimeError(message)


@tool(name="late.hang", description="Wait for ever.", idempotent=True)
async def hang(takes_s: float) -> float:
    await anyio.sleep_forever()
    return takes_s


@tool(name="late.stubborn", description="Clean up for a second when cancelled.")
async def stubborn(takes_s: float) -> float:
    try:
        await anyio.sleep_forever()
    finally:
        with anyio.CancelScope(shield=True):
            await anyio.sleep(1.0)
    return takes_s


@tool(name="late.block", description="Block its thread until released.")
def block(takes_s: float) -> float:
    release.wait()
    return takes_s


@tool(name="late.nap", description="Block its thread for a while.", idempotent=True)
def nap(takes_s: float) -> float:
    time.sleep(takes_s)
    return takes_s


PACK = [sleep, fail, hang, stubborn, block, nap]


def measure(*, quick: bool, full: bool) -> list[Row]:
    """Take the figures of this bar."""
    del full
    runs = RUNS // 10 if quick else RUNS
    loop = Loop()
    release.clear()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "estate.db"
        loop.run(_nothing())
        with loop.open(AsyncHeadwater.open(f"sqlite:///{path}", packs=[PACK])) as hw:
            before = loop.run(_tasks())
            late_s = loop.run(_all(hw, runs))
            left = loop.run(_left(before))
            open_transactions = _locked(path)
            release.set()
            threads = _threads_left()
    loop.close()
    p99_s, most_s = percentile(late_s, 0.99), max(late_s)
    what = f"{runs} runs of tools that sleep, fail, hang, block, clean up for 1 s: p99 too late"
    shown = (f"{p99_s * 1e3:.1f} ms", f"{MOST_LATE_S * 1e3:g} ms")
    rows = [
        at_most(
            BAR,
            what,
            value=p99_s,
            limit=MOST_LATE_S,
            shown=shown,
            note=f"at most {most_s * 1e3:.1f} ms",
        )
    ]
    for what, count in (
        ("tasks left running after them", left),
        ("threads left running once what they waited for came", threads),
        ("transactions left open", open_transactions),
    ):
        rows.append(at_most(BAR, what, value=count, limit=0, shown=(str(count), "0")))
    return rows


async def _all(hw: AsyncHeadwater, runs: int) -> list[float]:
    dice = random.Random(SEED)
    waiting = [_plan(dice) for _ in range(runs)]
    late_s: list[float] = []

    async def work() -> None:
        while waiting:
            budget_s, plan = waiting.pop()
            started_s = time.perf_counter()
            await hw.run(plan, budget_s=budget_s)
            late_s.append(time.perf_counter() - started_s - budget_s)

    async with anyio.create_task_group() as group:
        for _ in range(AT_ONCE):
            group.start_soon(work)
    return late_s


def _plan(dice: random.Random) -> tuple[float, dict[str, Any]]:
    budget_s = dice.uniform(0.08, 0.25)
    steps: list[dict[str, Any]] = []
    for number in range(dice.randint(4, 10)):
        name = dice.choice(["sleep", "fail", "hang", "stubborn", "block", "nap", "search"])
        step: dict[str, Any] = {"id": f"s{number}", "tool": f"late.{name}"}
        step["args"] = {"takes_s": round(dice.uniform(0.01, 0.4), 3)}
        if name == "search":
            step |= {"tool": "ci.search", "args": {"keywords": [f"w{dice.randrange(10**6)}"]}}
        if number and dice.random() < 0.3:
            step["after"] = [f"s{dice.randrange(number)}"]
        step["required"] = dice.random() < 0.8
        steps.append(step)
    return budget_s, {"steps": steps}


async def _nothing() -> None:
    """Let the loop make its own tasks first."""


async def _tasks() -> set[asyncio.Task[Any]]:
    return asyncio.all_tasks() - {asyncio.current_task()}


async def _left(before: set[asyncio.Task[Any]]) -> int:
    """Count the tasks that are still there when the slowest clean-up must be over."""
    await anyio.sleep(1.5)
    return len(await _tasks() - before)


def _threads_left() -> int:
    """Count threads still inside of a tool a while after everything was released."""
    until_s = time.monotonic() + 2.0
    while (busy := _busy()) and time.monotonic() < until_s:
        time.sleep(0.01)
    return busy


def _busy() -> int:
    import sys

    frames = sys._current_frames()  # noqa: SLF001 (the only way to see where threads are)
    inside = {block.function.__code__, nap.function.__code__}
    busy = 0
    for frame in frames.values():
        at = frame
        while at is not None and at.f_code not in inside:
            at = at.f_back  # type: ignore[assignment]
        busy += at is not None
    return busy


def _locked(path: Path) -> int:
    """Tell, as 1 or 0, whether another process could not begin to write at once."""
    connection = sqlite3.connect(path, timeout=0.05, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
    except sqlite3.OperationalError:
        return 1
    finally:
        connection.close()
    return 0

"""Does a run take as long as its critical path, and its replay in sequence as long as the sum?"""

from __future__ import annotations

import random
import time
from typing import Any

import anyio

from bench.rows import Row, at_most
from bench.timing import Loop
from headwater import AsyncHeadwater, tool

BAR = "dag"
TOOLS = 20
SEED = 7


@tool(name="bench.slow", description="Take some time.", idempotent=True)
async def slow(name: str, takes_s: float) -> str:
    await anyio.sleep(takes_s)
    return name


def measure(*, quick: bool, full: bool) -> list[Row]:
    """Take the figures of this bar."""
    del full
    takes_s, plan = _plan(random.Random(SEED))
    path_s, sum_s = _critical_path_s(plan, takes_s), sum(takes_s.values())
    loop, walls = Loop(), []
    with loop.open(AsyncHeadwater.open("memory:", packs=[[slow]])) as hw:
        for _ in range(1 if quick else 3):
            started_s = time.perf_counter()
            result = loop.run(hw.run(plan, budget_s=30))
            walls.append(time.perf_counter() - started_s)
            assert result.status == "complete", result.summary
        report = loop.run(hw.replay(result.run_id, sequential=True))
    loop.close()
    wall_s, limit_s = sorted(walls)[len(walls) // 2], 1.05 * path_s + 0.010
    what = f"{TOOLS} tools of 50 to 300 ms as a DAG, critical path {path_s * 1e3:.0f} ms"
    shown = (f"{wall_s * 1e3:.1f} ms", f"{limit_s * 1e3:.1f} ms")
    rows = [at_most(BAR, what, value=wall_s, limit=limit_s, shown=shown)]
    off = abs(report.replay_s - sum_s) / sum_s
    shown = (f"{report.replay_s:.2f} s", f"{sum_s:.2f} s, within 5 %")
    what = "the same by replay --sequential: the sum of all"
    return [*rows, at_most(BAR, what, value=off, limit=0.05, shown=shown)]


def _plan(dice: random.Random) -> tuple[dict[str, float], dict[str, Any]]:
    takes_s: dict[str, float] = {}
    steps: list[dict[str, Any]] = []
    for number in range(TOOLS):
        name = f"t{number}"
        takes_s[name] = round(dice.uniform(0.05, 0.3), 3)
        after = dice.sample(sorted(set(takes_s) - {name}), k=min(number, dice.randint(0, 2)))
        args = {"name": name, "takes_s": takes_s[name]}
        steps.append({"id": name, "tool": "bench.slow", "args": args, "after": after})
    return takes_s, {"steps": steps}


def _critical_path_s(plan: dict[str, Any], takes_s: dict[str, float]) -> float:
    ends: dict[str, float] = {}
    for step in plan["steps"]:
        before = max((ends[one] for one in step["after"]), default=0.0)
        ends[step["id"]] = before + takes_s[step["id"]]
    return max(ends.values())

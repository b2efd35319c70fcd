"""What do one loop and steps side by side gain, beside a loop a call and one step at a time?"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import made_estate as made
from bench.rows import Row, at_most
from bench.service import slow_query
from bench.service.asked import reviews
from bench.service.bars import ms
from bench.service.servers import estate_file
from bench.timing import Loop, interleaved, seconds
from headwater import AsyncHeadwater, Headwater

BAR = "before"
CALLS = 100
STEPS = 10
QUESTIONS = 10
BUDGET_S = 20.0


def measure(*, quick: bool) -> list[Row]:
    """Take the figures of this bar."""
    size = made.QUICK if quick else made.FULL
    file = estate_file(size).resolve()
    return [*_loops(file, size, rounds=3 if quick else 7), *_steps(file, size)]


def _loops(file: Path, size: made.Size, *, rounds: int) -> list[Row]:
    """Call one tool: opened in a loop of its own each time, from a thread, and in one loop."""
    url, dice, loop = f"sqlite:///{file}", random.Random(5), Loop()

    def args() -> dict[str, Any]:
        return {"id": dice.randint(1, size.items)}

    async def alone() -> None:
        async with AsyncHeadwater.open(url) as hw:
            await hw.call("ci.get", args())

    with loop.open(AsyncHeadwater.open(url)) as hw, Headwater.open(url) as blocking:

        async def many() -> None:
            for _ in range(CALLS):
                await hw.call("ci.get", args())

        contestants: dict[str, Callable[[], float]] = {
            "own": lambda: seconds(lambda: asyncio.run(alone())),
            "thread": lambda: (
                seconds(lambda: [blocking.call("ci.get", args()) for _ in range(CALLS)]) / CALLS
            ),
            "one": lambda: seconds(lambda: loop.run(many())) / CALLS,
        }
        taken = interleaved(contestants, rounds=rounds)
    loop.close()
    return [
        _told("a call in a loop of its own, the estate opened in it", taken["own"]),
        _told("a call of the blocking client, over one loop in a thread", taken["thread"]),
        at_most(
            BAR,
            "a call in one loop",
            value=taken["one"],
            limit=taken["own"],
            shown=(ms(taken["one"]), ms(taken["own"])),
            note=f"1/{taken['own'] / taken['one']:.0f} of a loop a call",
        ),
    ]


def _steps(file: Path, size: made.Size) -> list[Row]:
    """Carry plans out again, side by side and one step at a time."""
    loop = Loop()
    asked = reviews(QUESTIONS, size=size, budget_s=BUDGET_S, seed=8)
    waits = {
        "steps": [
            {"id": f"s{n}", "tool": "bench.slow_query", "args": {"number": n}} for n in range(STEPS)
        ]
    }
    with loop.open(AsyncHeadwater.open(f"sqlite:///{file}", packs=[slow_query])) as hw:

        async def both(run_id: str) -> tuple[float, float]:
            parallel = await hw.replay(run_id)
            sequential = await hw.replay(run_id, sequential=True)
            return parallel.replay_s, sequential.replay_s

        async def of_questions() -> tuple[float, float]:
            pairs = []
            for one in asked:
                answer = await hw.ask(one["body"]["question"], budget_s=BUDGET_S)
                pairs.append(await both(answer.run_id))
            return sum(one for one, _ in pairs) / QUESTIONS, sum(
                one for _, one in pairs
            ) / QUESTIONS

        async def of_waits() -> tuple[float, float]:
            return await both((await hw.run(waits)).run_id)

        waiting, reading = loop.run(of_waits()), loop.run(of_questions())
    loop.close()
    return [
        _pair(f"a plan of {STEPS} tools that wait 50 ms each", *waiting),
        _pair("the plan of a review, on a file of this machine", *reading),
    ]


def _pair(what: str, parallel_s: float, sequential_s: float) -> Row:
    return Row(
        bar=BAR,
        what=f"{what}: side by side, and one step at a time (replay --sequential)",
        figure=f"{ms(parallel_s)} and {ms(sequential_s)}",
        value=sequential_s / parallel_s,
        note=f"{sequential_s / parallel_s:.1f} times",
    )


def _told(what: str, value_s: float) -> Row:
    return Row(bar=BAR, what=what, figure=ms(value_s), value=value_s)

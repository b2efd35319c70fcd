"""Every budget is kept whatever the tools do: real clock, real threads, nothing left running.

How late an answer may be is measured in `bench/deadline.py`.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from typing import Any

import anyio
import pytest
from patience import GUARD_S, PROMPT_S

from headwater import AsyncHeadwater
from headwater.errors import StoreFault
from headwater.testing import Script, blocking, plain, scripted
from headwater.toolkit.tool import Tool

BUSY = StoreFault("busy", code="test.busy", retry_safe=True)
NAMES = ("t.quick", "t.slow", "t.hang", "t.down", "t.flaky", "t.swallow", "t.stubborn", "t.thread",
         "t.backup", "t.bare")  # fmt: skip


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def release() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


async def swallow(value: Any = None) -> Any:
    """Take one cancellation for nothing, and wait on."""
    try:
        await anyio.sleep_forever()
    except anyio.get_cancelled_exc_class():
        await anyio.sleep_forever()  # the scope cancels again at the next wait
    return value


async def bare(value: Any = None) -> Any:
    """Raise what no tool should."""
    raise KeyError(value)


def tools(release: threading.Event) -> tuple[list[Tool], dict[str, Script]]:
    scripts = {
        "t.slow": Script(takes_s=0.3),
        "t.hang": Script(hangs=True),
        "t.down": Script(gives=[StoreFault("down", code="test.down")]),
        "t.flaky": Script(gives=[BUSY, BUSY, 1]),
        "t.stubborn": Script(hangs=True, stubborn_s=0.4),
        "t.backup": Script(hangs=True),
    }
    made = [
        scripted("t.quick"),
        scripted("t.slow", scripts["t.slow"], within_s=0.2, fallback="t.quick"),
        scripted("t.hang", scripts["t.hang"]),
        scripted("t.down", scripts["t.down"], fallback="t.hang"),
        scripted("t.flaky", scripts["t.flaky"], idempotent=True),
        scripted("t.stubborn", scripts["t.stubborn"]),
        scripted("t.backup", scripts["t.backup"], within_s=0.03, fallback="t.hang"),
        plain("t.swallow", swallow),
        plain("t.bare", bare),
        blocking("t.thread", release),
    ]
    return made, scripts


def a_plan(dice: random.Random) -> dict[str, Any]:
    """Return a plan of a few steps, some after others, some optional, some for each of a list."""
    steps: list[dict[str, Any]] = []
    for number in range(dice.randrange(1, 7)):
        step: dict[str, Any] = {"id": f"s{number}", "tool": dice.choice(NAMES)}
        if steps and dice.random() < 0.4:
            step["after"] = [dice.choice(steps)["id"]]
        if dice.random() < 0.2:
            step["for_each"] = [1, 2, 3]
        step["required"] = dice.random() < 0.7
        steps.append(step)
    return {"steps": steps}


@pytest.mark.parametrize(("budget_s", "tries"), [(0.05, 12), (0.1, 12), (1.0, 2)])
async def test_an_answer_comes_by_its_deadline_and_nothing_is_left_running(
    release: threading.Event, budget_s: float, tries: int
) -> None:
    dice = random.Random(int(budget_s * 100))
    made, scripts = tools(release)
    async with AsyncHeadwater.open("memory:", packs=[made]) as hw:
        for _ in range(tries):
            plan = a_plan(dice)
            with anyio.fail_after(budget_s + PROMPT_S):
                result = await hw.run(plan, budget_s=budget_s)
            assert set(result.outcomes) == {step["id"] for step in plan["steps"]}
            assert result.status in {"complete", "partial", "failed"}
        with anyio.fail_after(GUARD_S):  # the stubborn ones are the reaper's
            while any(script.under_way for script in scripts.values()):  # noqa: ASYNC110
                await anyio.sleep(0.01)


@pytest.mark.parametrize("budget_s", [0.05, 0.1, 0.15])
async def test_an_answer_is_there_at_its_deadline_whatever_is_still_cleaned_up(
    release: threading.Event, budget_s: float
) -> None:
    cleaning, ends = anyio.Event(), anyio.Event()

    async def stubborn() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            cleaning.set()
            with anyio.CancelScope(shield=True):
                await ends.wait()

    made, _ = tools(release)
    made = [one for one in made if one.name != "t.stubborn"] + [plain("t.stubborn", stubborn)]
    steps = [{"id": f"s{n}", "tool": name} for n, name in enumerate(("t.quick", "t.stubborn"))]
    async with AsyncHeadwater.open("memory:", packs=[made]) as hw:
        try:
            for _ in range(8):
                with anyio.fail_after(budget_s + PROMPT_S):
                    result = await hw.run({"steps": steps}, budget_s=budget_s)
                assert result.outcomes["s1"].status == "late"
                assert result.outcomes["s0"].status in {"succeeded", "late"}  # where it is held up
            assert cleaning.is_set()
        finally:
            ends.set()


@pytest.mark.parametrize("budget_s", [0.05, 0.1])
@pytest.mark.parametrize("name", NAMES)
async def test_a_call_comes_by_its_deadline(
    release: threading.Event, name: str, budget_s: float
) -> None:
    made, _ = tools(release)
    async with AsyncHeadwater.open("memory:", packs=[made]) as hw:
        with anyio.fail_after(budget_s + PROMPT_S):
            outcome = await hw.call(name, budget_s=budget_s)
        assert outcome.status in {"succeeded", "late", "failed"}


async def test_threads_that_hang_leave_room_for_other_tools(release: threading.Event) -> None:
    made, _ = tools(release)
    free = blocking("t.free", set_event())
    async with AsyncHeadwater.open("memory:", packs=[made, [free]]) as hw:
        for _ in range(30):
            await hw.call("t.thread", budget_s=0.05)
        assert (await hw.call("t.free", {"value": 5}, budget_s=PROMPT_S)).value == 5


def set_event() -> threading.Event:
    event = threading.Event()
    event.set()
    return event

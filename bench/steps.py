"""What does a step of a run cost: 100 independent no-op steps and a join?"""

from __future__ import annotations

import asyncio
import importlib.util
import itertools
import operator
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypedDict

from bench.calls import noop
from bench.rows import Row, absent, at_most, share
from bench.timing import Loop, each, interleaved
from headwater import AsyncHeadwater

BAR = "steps"
STEPS = 100
MOST_US = 60.0
SETTLE_S = 0.3
"""Between the turns, for what a run leaves to be written behind."""


def measure(*, quick: bool, full: bool) -> list[Row]:
    """Take the figures of this bar."""
    del full
    loop, number = Loop(), itertools.count(1)

    def runs(work: Callable[[int], Awaitable[object]], how_many: int) -> Callable[[], float]:
        def turn() -> float:
            first = next(number)
            taken_s = loop.run(each(work, range(first, first + how_many)))
            loop.run(asyncio.sleep(SETTLE_S))
            return taken_s / (STEPS + 1)

        return turn

    graph = _langgraph() if importlib.util.find_spec("langgraph") is not None else None
    with loop.open(AsyncHeadwater.open("memory:", packs=[[noop]])) as hw:

        async def ours(n: int) -> None:
            result = await hw.run(_plan(n))
            assert result.status == "complete", result.summary

        contestants = {"headwater": runs(ours, 1)}
        if graph is not None:
            contestants["LangGraph"] = runs(graph, 1)
        taken = interleaved(contestants, rounds=7 if quick else 21)
    loop.close()
    mine = taken["headwater"]
    what = "100 independent no-op steps and a join, a step"
    shown = (f"{mine * 1e6:.1f} us", f"{MOST_US:g} us")
    rows = [at_most(BAR, what, value=mine * 1e6, limit=MOST_US, shown=shown)]
    told = f"{what}, beside LangGraph"
    if graph is None:
        return [*rows, absent(BAR, told, "LangGraph")]
    theirs = taken["LangGraph"]
    return [*rows, share(BAR, told, ours=mine, theirs=theirs, of="LangGraph", limit=2.5)]


def _plan(n: int) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [
        {"id": f"s{i}", "tool": "bench.noop", "args": {"n": n * STEPS + i}} for i in range(STEPS)
    ]
    join = {
        "id": "join",
        "tool": "bench.noop",
        "args": {"n": n},
        "after": [one["id"] for one in steps],
    }
    return {"steps": [*steps, join]}


def _langgraph() -> Callable[[int], Awaitable[object]]:
    from langgraph.graph import END, START, StateGraph

    class State(TypedDict):
        n: int
        seen: Annotated[list[int], operator.add]

    def node(i: int) -> Callable[[State], Awaitable[dict[str, Any]]]:
        async def give(state: State) -> dict[str, Any]:
            return {"seen": [state["n"] + i]}

        return give

    async def join(state: State) -> dict[str, Any]:
        assert len(state["seen"]) == STEPS
        return {"seen": []}

    graph = StateGraph(State)
    names = [f"s{i}" for i in range(STEPS)]
    for i, name in enumerate(names):
        graph.add_node(name, node(i))
        graph.add_edge(START, name)
    graph.add_node("join", join)
    graph.add_edge(names, "join")
    graph.add_edge("join", END)
    compiled = graph.compile()
    return lambda n: compiled.ainvoke({"n": n, "seen": []})

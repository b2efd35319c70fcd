"""What does a tool call through all policies cost, beside a loop a call and beside peers?"""

from __future__ import annotations

import importlib.util
import itertools
from collections.abc import Awaitable, Callable

from bench.rows import Row, absent, share
from bench.timing import Loop, a_loop_a_call, each, interleaved
from headwater import AsyncHeadwater, tool

BAR = "calls"
CALLS = 400
PEERS = {"langchain-core": "langchain_core", "FastMCP": "fastmcp"}
PEER_CALLS = 40


@tool(name="bench.noop", description="Give the number back.", idempotent=True)
async def noop(n: int) -> int:
    return n


def measure(*, quick: bool, full: bool) -> list[Row]:
    """Take the figures of this bar."""
    del full
    loop, number = Loop(), itertools.count()

    def calls(ask: Callable[[int], Awaitable[object]], how_many: int) -> Callable[[], float]:
        def turn() -> float:
            first = next(number) * how_many
            return loop.run(each(ask, range(first, first + how_many)))

        return turn

    with loop.open(AsyncHeadwater.open("memory:", packs=[[noop]])) as hw:

        async def ours(n: int) -> None:
            await hw.call("bench.noop", {"n": n})

        contestants = {"headwater": calls(ours, CALLS), "asyncio.run": lambda: a_loop_a_call(60)}
        peers = {name: peer for name, peer in _peers().items() if peer is not None}
        contestants |= {name: calls(peer, PEER_CALLS) for name, peer in peers.items()}
        taken = interleaved(contestants, rounds=7 if quick else 21)
    loop.close()
    mine = taken["headwater"]
    what = "a tool call through all policies, in process"
    rows = [share(BAR, what, ours=mine, theirs=taken["asyncio.run"], of="asyncio.run", limit=6)]
    for name in PEERS:
        told = f"{what}, beside {name}"
        if name in taken:
            rows.append(share(BAR, told, ours=mine, theirs=taken[name], of=name, limit=5))
        else:
            rows.append(absent(BAR, told, name))
    return rows


def _peers() -> dict[str, Callable[[int], Awaitable[object]] | None]:
    made = {"langchain-core": _langchain, "FastMCP": _fastmcp}
    found = {name: importlib.util.find_spec(module) is not None for name, module in PEERS.items()}
    return {name: make() if found[name] else None for name, make in made.items()}


def _langchain() -> Callable[[int], Awaitable[object]]:
    from langchain_core.tools import tool as langchain_tool

    @langchain_tool
    async def give_back(n: int) -> int:
        """Give the number back."""
        return n

    return lambda n: give_back.ainvoke({"n": n})


def _fastmcp() -> Callable[[int], Awaitable[object]]:
    from fastmcp import FastMCP

    server = FastMCP("bench")

    @server.tool
    async def give_back(n: int) -> int:
        """Give the number back."""
        return n

    return lambda n: server.call_tool("give_back", {"n": n})

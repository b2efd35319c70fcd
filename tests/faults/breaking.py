"""Which faults strike a network, when, and how a proxy of the tests is told to do so."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import product

import anyio
from patience import GUARD_S
from proxy import Proxy, Way

FAULTS = ("refuse", "cut", "hang", "strand", "slow", "garbage", "dribble")
"""`strand` is a connection that stands and carries nothing more, as behind a firewall restarted."""
MOMENTS = ("connect", "request", "reply", "idle")
SLOW_S = 0.15
DRIBBLE_S = 0.002
SAMPLED = 11
"""Of so many cells one is tried in a normal run; prime to how many faults and moments there are."""


@dataclass(frozen=True)
class Cell:
    """One fault of one dependency at one moment, and what is asked meanwhile."""

    dependency: str
    work: str
    fault: str
    moment: str

    def __str__(self) -> str:
        return f"{self.work} while {self.dependency} {self.fault}s at {self.moment}"


def cells_of(dependency: str, works: tuple[str, ...]) -> list[Cell]:
    """Return all cells of a dependency, each work once for each."""
    return [Cell(dependency, *one) for one in product(works, FAULTS, MOMENTS)]


def sampled(cells: list[Cell]) -> list[Cell]:
    """Return some of the cells, of every fault and moment."""
    return cells[::SAMPLED]


async def until(
    seen: Callable[[], Awaitable[bool]], *, within_s: float = GUARD_S, every_s: float = 0.02
) -> bool:
    """Look again and again until something is seen; tell whether it was."""
    with anyio.move_on_after(within_s):
        while not await seen():  # noqa: ASYNC110 (whatever it is tells nobody)
            await anyio.sleep(every_s)
        return True
    return False


@asynccontextmanager
async def struck(proxy: Proxy, cell: Cell) -> AsyncIterator[None]:
    """Strike for as long as the block lasts; while idle, only before it."""
    if cell.moment == "connect":
        await _connect(proxy, cell.fault)
    elif cell.moment == "idle":
        await _idle(proxy, cell.fault)
    else:
        await _pass(proxy, cell.fault, proxy.up if cell.moment == "request" else proxy.down)
    try:
        yield
    finally:
        await proxy.mend()


async def _connect(proxy: Proxy, fault: str) -> None:
    """Strike those who connect, and have everyone connect."""
    if fault == "refuse":
        await proxy.refuse()
    elif fault in {"hang", "strand"}:
        proxy.hang()
    elif fault != "cut":
        _spoil(proxy.down, fault)
    proxy.cut()
    if fault == "cut":
        proxy.down.cut_after_bytes = 3


async def _idle(proxy: Proxy, fault: str) -> None:
    """Strike while nobody asks, and mend what can be; what is broken stays so."""
    if fault == "refuse":
        await proxy.refuse()
        proxy.cut()
    elif fault == "cut":
        proxy.cut()
    elif fault == "strand":
        proxy.strand()
    elif fault == "hang":
        proxy.hang()
    else:
        _spoil(proxy.up, fault)
        _spoil(proxy.down, fault)
    await anyio.sleep(0.1)
    await proxy.mend()


async def _pass(proxy: Proxy, fault: str, way: Way) -> None:
    """Strike what passes on the connections that stand, from its first bytes on."""
    if fault == "refuse":
        await proxy.refuse()
        way.cut_after_bytes = 1
    elif fault == "cut":
        way.cut_after_bytes = 20
    elif fault == "hang":
        way.hangs = True
    elif fault == "strand":
        proxy.strand()
    else:
        _spoil(way, fault)


def _spoil(way: Way, fault: str) -> None:
    if fault == "slow":
        way.delay_s = SLOW_S
    elif fault == "garbage":
        way.scrambles = True
    elif fault == "dribble":
        way.piece_bytes, way.delay_s = 3, DRIBBLE_S

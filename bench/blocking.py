"""What does a call of the blocking client cost, there and back?"""

from __future__ import annotations

import itertools
import time

from bench.calls import noop
from bench.rows import Row, share
from bench.timing import a_loop_a_call, interleaved
from headwater import Headwater

BAR = "blocking"
CALLS = 200


def measure(*, quick: bool, full: bool) -> list[Row]:
    """Take the figures of this bar."""
    del full
    numbers = itertools.count()
    with Headwater.open("memory:", packs=[[noop]]) as hw:

        def ours() -> float:
            started_s = time.perf_counter()
            for _ in range(CALLS):
                hw.call("bench.noop", {"n": next(numbers)})
            return (time.perf_counter() - started_s) / CALLS

        contestants = {"headwater": ours, "asyncio.run": lambda: a_loop_a_call(60)}
        taken = interleaved(contestants, rounds=7 if quick else 21)
    what = "the blocking client's round trip, tool call included"
    mine, theirs = taken["headwater"], taken["asyncio.run"]
    return [share(BAR, what, ours=mine, theirs=theirs, of="asyncio.run", limit=3)]

"""What do a thousand users get, and at what memory, beside the blocking ways of doing the same?"""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from dataclasses import dataclass

from bench import made_estate as made
from bench.rows import Row, at_most
from bench.service.asked import mixed
from bench.service.bars import at_least, loop_rows, ms, none, stalls_of
from bench.service.loads import Load, beside, spec
from bench.service.servers import Server, estate_file, other, ours

BAR = "users"
USERS = 1000
LEAST_RATE = 500.0
MOST_LATENCY = 0.5
MOST_MEMORY = 0.7
REQUESTS = 60_000


@dataclass(frozen=True, slots=True)
class Taken:
    """A load, and the memory that its server held in the middle of it."""

    load: Load
    memory_mb: float
    rows: tuple[Row, ...] = ()

    def __str__(self) -> str:
        load = self.load
        return (
            f"{load.rate:,.0f}/s, mean {ms(load.mean_s)}, p99 {ms(load.at(0.99))}, "
            f"{self.memory_mb:.0f} MB, {load.failed} failed"
        )


def measure(*, quick: bool) -> list[Row]:
    """Take the figures of this bar."""
    size = made.QUICK if quick else made.FULL
    file, seconds = estate_file(size), 6.0 if quick else 60.0
    mine = taken(ours(f"sqlite:///{file.resolve()}"), size, seconds=seconds, own=True)
    beside_s = seconds / 3  # what they show is steady by then
    blocking = taken(other("blocking_way", file), size, seconds=beside_s)
    threads = taken(other("threads_way", file, threads=USERS), size, seconds=beside_s)
    share = mine.load.mean_s / blocking.load.mean_s
    memory = mine.memory_mb / threads.memory_mb
    what = f"{USERS:,} users, a request open each, {seconds:g} s"
    return [
        at_least(
            BAR,
            f"{what}: answers a second",
            value=mine.load.rate,
            limit=LEAST_RATE,
            shown=(f"{mine.load.rate:,.0f}/s", f"{LEAST_RATE:g}/s"),
            note=str(mine),
        ),
        none(BAR, f"{what}: errors", mine.load.failed, str(mine.load.statuses)),
        at_most(
            BAR,
            f"{what}: mean latency beside a blocking driver in the loop",
            value=share,
            limit=MOST_LATENCY,
            shown=(f"{share:.2f} ({ms(mine.load.mean_s)})", f"{MOST_LATENCY:g}"),
            note=f"the blocking way: {blocking}",
        ),
        at_most(
            BAR,
            f"{what}: memory beside a pool of {USERS:,} threads",
            value=memory,
            limit=MOST_MEMORY,
            shown=(f"{memory:.2f} ({mine.memory_mb:.0f} MB)", f"{MOST_MEMORY:g}"),
            note=f"the pool of threads: {threads}",
        ),
        *mine.rows,
    ]


def taken(
    way: AbstractContextManager[Server], size: made.Size, *, seconds: float, own: bool = False
) -> Taken:
    """Put the load on one way of doing it, and look at its memory shortly before the end."""
    with way as server:
        before = stalls_of(server) if own else 0.0
        asked = mixed(REQUESTS, size=size)
        with beside(spec(server, asked, connections=USERS, seconds=seconds)) as came:
            time.sleep(seconds * 0.9)
            memory_mb = server.memory_mb()
        when = f"under {USERS:,} users"
        rows = loop_rows(BAR, when, server, stalls_before=before) if own else []
    return Taken(came[0], memory_mb, tuple(rows))

"""What becomes of quick queries while slow ones wait for their database, beside blocking ways?"""

from __future__ import annotations

from contextlib import AbstractContextManager

from bench import made_estate as made
from bench.rows import Row, at_most
from bench.service.asked import with_slow
from bench.service.bars import at_least, loop_rows, ms, stalls_of
from bench.service.loads import Load, put, spec
from bench.service.servers import Server, estate_file, other, ours

BAR = "slow"
CONNECTIONS = 200
EVERY = 10
LEAST_TIMES = 3.0
REQUESTS = 30_000


def measure(*, quick: bool) -> list[Row]:
    """Take the figures of this bar."""
    size = made.QUICK if quick else made.FULL
    file, seconds = estate_file(size), 4.0 if quick else 15.0

    def put_on(server: Server) -> Load:
        asked = with_slow(REQUESTS, every=EVERY, size=size)
        return put(spec(server, asked, connections=CONNECTIONS, seconds=seconds))[0]

    def load(way: AbstractContextManager[Server]) -> Load:
        with way as server:
            return put_on(server)

    with ours(f"sqlite:///{file.resolve()}", max_threads_each=64) as server:
        before = stalls_of(server)
        mine = put_on(server)
        when = f"with {CONNECTIONS} connections and slow queries"
        of_loop = loop_rows(BAR, when, server, stalls_before=before)
    blocking = load(other("blocking_way", file))
    threads = load(other("threads_way", file, threads=CONNECTIONS))
    times = mine.rate / max(blocking.rate, 0.001)
    what = f"{CONNECTIONS} connections, a query of 50 ms at every {EVERY}th"
    return [
        at_least(
            BAR,
            f"{what}: throughput beside a blocking driver in the loop",
            value=times,
            limit=LEAST_TIMES,
            shown=(f"{times:.1f} times ({mine.rate:,.0f}/s)", f"{LEAST_TIMES:g} times"),
            note=f"the blocking way: {told(blocking)}; failed here: {mine.failed}",
        ),
        *(
            at_most(
                BAR,
                f"{what}: p99 beside {name}",
                value=mine.at(0.99),
                limit=its.at(0.99),
                shown=(ms(mine.at(0.99)), ms(its.at(0.99))),
                note=f"{name}: {told(its)}",
            )
            for name, its in (("the blocking way", blocking), ("a pool of threads", threads))
        ),
        *of_loop,
    ]


def told(load: Load) -> str:
    """Return a load's figures in words."""
    return f"{load.rate:,.0f}/s, mean {ms(load.mean_s)}, p99 {ms(load.at(0.99))}"

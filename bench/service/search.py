"""How many searches a second, with key and tenant check, beside what the server does at all?"""

from __future__ import annotations

import statistics

from bench import made_estate as made
from bench.rows import Row, absent, at_most
from bench.service.asked import alive, searches
from bench.service.bars import at_least, loop_rows, ms, none, stalls_of
from bench.service.databases import postgresql
from bench.service.loads import Load, put, spec
from bench.service.servers import Server, estate_file, ours

BAR = "search"
CONNECTIONS = 64
MANY = 1000
MOST_SPREAD = 8.0
SHARES = {"SQLite": 0.30, "PostgreSQL": 0.25}
REQUESTS = 30_000


def measure(*, quick: bool) -> list[Row]:
    """Take the figures of this bar."""
    size = made.QUICK if quick else made.FULL
    rows: list[Row] = []
    with ours(f"sqlite:///{estate_file(size).resolve()}") as server:
        rows.append(_share(server, size, "SQLite", quick=quick))
        rows += _many(server, size, quick=quick)
    url = postgresql(size)
    if url is None:
        return [*rows, absent(BAR, "ci.search on PostgreSQL", "PostgreSQL (make services)")]
    with ours(url) as server:
        rows.append(_share(server, size, "PostgreSQL", quick=quick))
    return rows


def _share(server: Server, size: made.Size, name: str, *, quick: bool) -> Row:
    """Take turns of both; the median of the rounds counts."""
    taken: list[tuple[Load, Load]] = []
    seconds = 2.0 if quick else 5.0
    put(spec(server, searches(3_000, size=size), connections=CONNECTIONS, seconds=2))
    for turn in range(2 if quick else 4):
        livez = spec(server, alive(), connections=CONNECTIONS, seconds=seconds / 2)
        asked = searches(REQUESTS, size=size, seed=turn + 10)
        search = spec(server, asked, connections=CONNECTIONS, seconds=seconds)
        taken.append((put(livez)[0], put(search)[0]))
    share = statistics.median(search.rate / livez.rate for livez, search in taken)
    rate = statistics.median(search.rate for _, search in taken)
    livez_rate = statistics.median(livez.rate for livez, _ in taken)
    limit = SHARES[name]
    return at_least(
        BAR,
        f"ci.search over HTTP on {name}, {size.items:,} items, of the rate of /livez",
        value=share,
        limit=limit,
        shown=(f"{share:.2f} ({rate:,.0f}/s)", f"{limit:.2f} ({limit * livez_rate:,.0f}/s)"),
        note=f"p50 {ms(taken[-1][1].at(0.5))}, p99 {ms(taken[-1][1].at(0.99))}",
    )


def _many(server: Server, size: made.Size, *, quick: bool) -> list[Row]:
    before = stalls_of(server)
    asked = searches(REQUESTS, size=size, seed=9)
    load = put(spec(server, asked, connections=MANY, seconds=5 if quick else 15))[0]
    spread, when = load.at(0.99) / load.at(0.5), f"with {MANY:,} connections"
    return [
        none(BAR, f"ci.search {when}: errors", load.failed, f"{load.rate:,.0f}/s {load.statuses}"),
        at_most(
            BAR,
            f"ci.search {when}: p99 beside p50",
            value=spread,
            limit=MOST_SPREAD,
            shown=(f"{spread:.1f} times", f"{MOST_SPREAD:g} times"),
            note=f"p50 {ms(load.at(0.5))}, p99 {ms(load.at(0.99))}",
        ),
        *loop_rows(BAR, when, server, stalls_before=before),
    ]

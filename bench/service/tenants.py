"""Do the other tenants notice one that asks twenty times as much as its share?"""

from __future__ import annotations

from bench import made_estate as made
from bench.rows import Row, at_most
from bench.service.asked import searches
from bench.service.bars import loop_rows, ms, none, stalls_of
from bench.service.loads import Load, Spec, put, spec
from bench.service.servers import Server, estate_file, new_key, ours
from bench.timing import percentile

BAR = "tenants"
TENANTS = 5
CONNECTIONS = 8
TIMES = 20
MOST_TIMES = 2.0
REQUESTS = 15_000


def measure(*, quick: bool) -> list[Row]:
    """Take the figures of this bar."""
    size, seconds = (made.QUICK, 4.0) if quick else (made.FULL, 12.0)
    database = f"sqlite:///{estate_file(size).resolve()}"
    admin = "default"
    keys = [new_key(database, tenant=admin if not n else f"bench-{n}") for n in range(TENANTS)]
    with ours(database) as server:

        def specs(noisy: int, seed: int) -> list[Spec]:
            return [
                _spec(server, size, key, number, noisy=noisy, seconds=seconds, seed=seed)
                for number, key in enumerate(keys)
            ]

        put(*specs(CONNECTIONS, 40))
        quiet = put(*specs(CONNECTIONS, 50))
        before = stalls_of(server)
        noisy = put(*specs(CONNECTIONS * TIMES, 60))
        of_loop = loop_rows(BAR, "with a noisy tenant", server, stalls_before=before)
    before_s, after_s = _p99(quiet[1:]), _p99(noisy[1:])
    what = f"{TENANTS} tenants of {CONNECTIONS} connections, one of them at {TIMES} times that"
    return [
        at_most(
            BAR,
            f"{what}: p99 of the others, beside before",
            value=after_s / before_s,
            limit=MOST_TIMES,
            shown=(f"{after_s / before_s:.2f} times ({ms(after_s)})", f"{MOST_TIMES:g} times"),
            note=f"before {ms(before_s)}; each {_rates(quiet)}/s, then {_rates(noisy)}/s",
        ),
        none(BAR, f"{what}: failures of the others", sum(one.failed for one in noisy[1:])),
        *of_loop,
    ]


def _spec(
    server: Server,
    size: made.Size,
    key: str,
    number: int,
    *,
    noisy: int,
    seconds: float,
    seed: int,
) -> Spec:
    asked = searches(REQUESTS, size=size, seed=seed + number)
    connections = CONNECTIONS if number else noisy
    return spec(server, asked, connections=connections, seconds=seconds, key=key)


def _p99(loads: list[Load]) -> float:
    return percentile([one for load in loads for one in load.latencies_s], 0.99)


def _rates(loads: list[Load]) -> str:
    return ", ".join(f"{load.rate:.0f}" for load in loads)

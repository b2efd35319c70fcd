"""Are fifty questions at once answered whole and in time?"""

from __future__ import annotations

from typing import Any

from bench import made_estate as made
from bench.rows import Row, at_most
from bench.service.asked import reviews
from bench.service.bars import at_least, loop_rows, ms, none, stalls_of
from bench.service.loads import Load, put, spec
from bench.service.servers import Server, estate_file, ours

BAR = "asking"
AT_ONCE = 50
BUDGET_S = 2.0
LATE_S = 0.05
LEAST_COMPLETE = 0.99
COMPLETE = '"status":"complete"'
REQUESTS = 4_000


def measure(*, quick: bool) -> list[Row]:
    """Take the figures of this bar."""
    size = made.QUICK if quick else made.FULL
    with ours(f"sqlite:///{estate_file(size).resolve()}") as server:
        before = stalls_of(server)
        load = questions(server, size, at_once=AT_ONCE, seconds=6.0 if quick else 30.0)
        rows = loop_rows(BAR, f"under {AT_ONCE} questions at once", server, stalls_before=before)
    complete = load.marks.get(COMPLETE, 0) / max(1, load.asked)
    what = f"ask: a review by 11 tools, {AT_ONCE} at once, budget {BUDGET_S:g} s"
    note = f"{load.rate:.0f}/s, p50 {ms(load.at(0.5))}, {load.statuses}"
    return [
        at_most(
            BAR,
            f"{what}: p95",
            value=load.at(0.95),
            limit=BUDGET_S,
            shown=(ms(load.at(0.95)), ms(BUDGET_S)),
            note=note,
        ),
        at_least(
            BAR,
            f"{what}: complete answers",
            value=complete,
            limit=LEAST_COMPLETE,
            shown=(f"{complete:.1%}", f"{LEAST_COMPLETE:.0%}"),
        ),
        none(BAR, f"{what}: answers later than {LATE_S * 1e3:g} ms after it", load.late),
        *rows,
    ]


def questions(
    server: Server, size: made.Size, *, at_once: int, seconds: float, seed: int = 4
) -> Load:
    """Ask for reviews, so many at once."""
    asked = reviews(REQUESTS, size=size, budget_s=BUDGET_S, seed=seed)
    more: dict[str, Any] = {"marks": [COMPLETE], "late_s": BUDGET_S + LATE_S}
    return put(spec(server, asked, connections=at_once, seconds=seconds, **more))[0]

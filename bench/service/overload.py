"""What is still done while ten times as much is asked as can be done, and afterwards?"""

from __future__ import annotations

import time
from typing import Any

from bench import made_estate as made
from bench.rows import Row, at_most
from bench.service.asked import alive, reviews
from bench.service.asking import BUDGET_S, COMPLETE, LATE_S, REQUESTS, questions
from bench.service.bars import at_least, loop_rows, ms, stalls_of
from bench.service.loads import Load, put, spec
from bench.service.servers import estate_file, ours

BAR = "overload"
AT_ONCE = (10, 25, 50)
TIMES = 10
CONNECTIONS = 2_000
LEAST_SHARE = 0.8
HEALTH_S = 0.25
RECOVERY_S = 10.0


def measure(*, quick: bool) -> list[Row]:
    """Take the figures of this bar."""
    size, seconds = (made.QUICK, 5.0) if quick else (made.FULL, 20.0)
    with ours(f"sqlite:///{estate_file(size).resolve()}") as server:
        taken = {
            many: questions(server, size, at_once=many, seconds=seconds / 2, seed=20 + many)
            for many in AT_ONCE
        }
        best, at_once = max((_goodput(load), many) for many, load in taken.items())
        before = stalls_of(server)
        asked = reviews(REQUESTS, size=size, budget_s=BUDGET_S, seed=5)
        more: dict[str, Any] = {
            "rate": TIMES * best,
            "marks": [COMPLETE],
            "late_s": BUDGET_S + LATE_S,
        }
        load, health = put(
            spec(server, asked, connections=CONNECTIONS, seconds=seconds, **more),
            spec(server, alive(), connections=2, seconds=seconds, pause_s=0.05),
        )
        rows = loop_rows(BAR, "in overload", server, stalls_before=before)
        time.sleep(RECOVERY_S)
        after = questions(server, size, at_once=at_once, seconds=seconds / 2, seed=6)
    share, recovered = _goodput(load) / best, _goodput(after) / best
    what = f"{TIMES} times as many questions as can be answered"
    note = f"{load.statuses}, {load.unsent} found no connection, {load.late} late"
    return [
        at_least(
            BAR,
            f"{what}: complete answers within their budget, of the best",
            value=share,
            limit=LEAST_SHARE,
            shown=(f"{share:.2f} ({_goodput(load):.0f}/s)", f"{LEAST_SHARE:g} of {best:.0f}/s"),
            note=note,
        ),
        at_most(
            BAR,
            f"{what}: /livez, the slowest",
            value=health.at(1.0),
            limit=HEALTH_S,
            shown=(ms(health.at(1.0)), ms(HEALTH_S)),
            note=f"{health.failed} failed",
        ),
        at_least(
            BAR,
            f"{RECOVERY_S:g} s afterwards, as many at once: complete answers, of the best",
            value=recovered,
            limit=LEAST_SHARE,
            shown=(f"{recovered:.2f} ({_goodput(after):.0f}/s)", f"{LEAST_SHARE:g}"),
            note=f"{after.statuses}, p95 {ms(after.at(0.95))}",
        ),
        *rows,
    ]


def _goodput(load: Load) -> float:
    """Return the complete answers a second that came within their budget."""
    return max(0.001, (load.marks.get(COMPLETE, 0) - load.late) / load.seconds)

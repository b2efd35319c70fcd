"""What memory do a thousand idle WebSockets take, and a thousand questions at once?"""

from __future__ import annotations

import subprocess
import sys
import time

from bench import made_estate as made
from bench.rows import Row, at_most
from bench.service.asked import reviews
from bench.service.bars import loop_rows, stalls_of
from bench.service.loads import ended, spec, started
from bench.service.servers import ROOT, Server, estate_file, ours

BAR = "memory"
MANY = 1000
SOCKETS_MB = 60.0
ASKS_MB = 300.0
KEPT_MB = 30.0
"""What may be more afterwards than after the thousand before: allocators keep some pages."""
BUDGET_S = 60.0
LOOK_S = 0.2


def measure(*, quick: bool) -> list[Row]:
    """Take the figures of this bar."""
    size, many = (made.QUICK, MANY // 5) if quick else (made.FULL, MANY)
    with ours(f"sqlite:///{estate_file(size).resolve()}", questions_at_once=MANY) as server:
        sockets_mb = _sockets_mb(server, many)
        _asked(server, size, many, seed=1)  # what is kept for the next is full after that
        before_mb = _settled_mb(server)
        stalls = stalls_of(server)
        peak_mb = _asked(server, size, many, seed=2)
        of_loop = loop_rows(BAR, f"with {many:,} questions at once", server, stalls_before=stalls)
        after_mb = _settled_mb(server)
    note = f"{before_mb:.0f} MB before, at most {peak_mb:.0f}, {after_mb:.0f} after"
    return [
        _mb(f"{many:,} idle WebSockets: more memory", sockets_mb, SOCKETS_MB),
        _mb(f"{many:,} questions at once: more memory", peak_mb - before_mb, ASKS_MB, note),
        _mb(f"{many:,} questions at once: not given back", after_mb - before_mb, KEPT_MB, note),
        *of_loop,
    ]


def _mb(what: str, value: float, limit: float, note: str = "") -> Row:
    shown = (f"{value:.0f} MB", f"{limit:g} MB")
    return at_most(BAR, what, value=value, limit=limit, shown=shown, note=note)


def _sockets_mb(server: Server, many: int) -> float:
    before_mb = server.memory_mb()
    command = [sys.executable, "-m", "bench.service.sockets", str(server.port), str(many)]
    child = subprocess.Popen(
        [*command, server.key], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline().strip() == "open"
    time.sleep(2.0)
    more_mb = server.memory_mb() - before_mb
    child.communicate()
    return more_mb


def _asked(server: Server, size: made.Size, many: int, *, seed: int) -> float:
    """Ask so many questions at once, each once, and return the most memory seen meanwhile."""
    asked = reviews(many, size=size, budget_s=BUDGET_S, seed=seed)
    most_mb = 0.0
    child = started(spec(server, asked, connections=many, seconds=0.5, slowest_s=BUDGET_S + 5))
    while child.poll() is None:
        most_mb = max(most_mb, server.memory_mb())
        time.sleep(LOOK_S)
    load = ended(child)
    print(f"{BAR}: {load.statuses}, {load.errors} unanswered", file=sys.stderr)
    return most_mb


def _settled_mb(server: Server) -> float:
    time.sleep(3.0)
    return server.memory_mb()

"""Are all events of rooms told to a thousand members in order and in time, whoever stalls?"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.rows import Row, at_most
from bench.service.bars import ms, none
from bench.service.servers import FOLDER, ROOT, Server, ours

BAR = "live"
ROOMS, EACH, RATE, SECONDS = 50, 20, 200.0, 20.0
STALLED = 100
MOST_LATE_S = 0.25
MOST_MB = 80.0
LOOK_S = 0.5
SERVICES = [sys.executable, ".ci/services.py"]


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of one load."""

    late_s: list[float]
    missing: int
    wrong: int
    dropped: int
    more_mb: float
    rate: float
    failed: int

    def at(self, share: float) -> float:
        """Return how late such a share of the events was at the most."""
        return self.late_s[min(len(self.late_s) - 1, int(share * len(self.late_s)))]

    def __str__(self) -> str:
        return (
            f"p50 {ms(self.at(0.5))}, p99 {ms(self.at(0.99))}, slowest {ms(self.late_s[-1])}; "
            f"{self.rate:.0f} changes/s, {self.failed} failed; {self.more_mb:.0f} MB above idle"
        )


def measure(*, quick: bool) -> list[Row]:
    """Take the figures of this bar."""
    rooms, rate = (ROOMS // 5, RATE / 5) if quick else (ROOMS, RATE)
    seconds = SECONDS / 4 if quick else SECONDS
    database = new_database()
    made = run("live_members", database, str(rooms), str(EACH))
    held = subprocess.Popen(
        [*SERVICES, "hold"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert held.stdout is not None
    redis = json.loads(held.stdout.readline())["servers"]["redis"]["url"]
    try:
        with ours(database, redis=redis) as server:
            plain = load(server, made, stalled=0, database=database, redis=redis,
                         rate=rate, seconds=seconds)  # fmt: skip
            beside = load(server, made, stalled=STALLED, database=database, redis=redis,
                          rate=rate, seconds=seconds)  # fmt: skip
    finally:
        held.communicate()
    many = f"{rooms * EACH:,} sockets in {rooms} rooms, {rate:g} changes/s at another replica"
    return [row for when, one in (
        (many, plain), (f"{many}, {STALLED} more that never read", beside),
    ) for row in rows(when, one)]  # fmt: skip


def rows(when: str, taken: Taken) -> list[Row]:
    """Return the rows of one load."""
    late_s = taken.at(0.99)
    return [
        none(BAR, f"{when}: events that did not come", taken.missing, str(taken)),
        none(BAR, f"{when}: events out of order, or of another room", taken.wrong),
        at_most(
            BAR,
            f"{when}: from the change made to the member told, p99",
            value=late_s,
            limit=MOST_LATE_S,
            shown=(ms(late_s), ms(MOST_LATE_S)),
            note=f"dropped of those that never read: {taken.dropped}",
        ),
        at_most(
            BAR,
            f"{when}: memory above idle",
            value=taken.more_mb,
            limit=MOST_MB,
            shown=(f"{taken.more_mb:.0f} MB", f"{MOST_MB:g} MB"),
        ),
    ]


def load(
    server: Server, made: dict[str, Any], *, stalled: int, database: str, redis: str,
    rate: float, seconds: float,
) -> Taken:  # fmt: skip
    """Put the load on a server, and return what came of it."""
    time.sleep(3.0)
    idle_mb = most_mb = server.memory_mb()
    listeners = started("live_listeners", str(server.port), str(stalled), given=made)
    assert listeners.stdout is not None
    assert listeners.stdin is not None
    assert listeners.stdout.readline().strip() == "open"
    writer = started("live_writer", database, redis, str(rate), str(seconds), given=made)
    said: str | None = None
    while said is None:
        with suppress(subprocess.TimeoutExpired):
            said = writer.communicate(timeout=LOOK_S)[0]
        most_mb = max(most_mb, server.memory_mb())
    written = json.loads(said)
    made["rooms"] = written["rooms"]
    came = json.loads(listeners.communicate("\n")[0])
    done = {room["project"]: at for room, at in zip(made["rooms"], written["done"], strict=True)}
    pairs = [(done[project], came_at) for project, came_at in came["came"]]
    return Taken(
        late_s=sorted(
            max(0.0, came_at - done_at)
            for all_done, all_came in pairs
            for done_at, came_at in zip(all_done, all_came, strict=False)
        ),
        missing=sum(len(all_done) - len(all_came) for all_done, all_came in pairs),
        wrong=came["wrong"],
        dropped=came["dropped"],
        more_mb=most_mb - idle_mb,
        rate=sum(map(len, written["done"])) / written["took_s"],
        failed=written["failed"],
    )


def new_database() -> str:
    """Return the URL of an estate that is not there yet."""
    folder = FOLDER / "live"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return f"sqlite:///{Path(folder / 'live.db').resolve()}"


def started(name: str, *words: str, given: object = None) -> subprocess.Popen[str]:
    """Start a part of the load, and tell it what it is given on its stdin."""
    command = [sys.executable, "-m", f"bench.service.{name}", *words]
    child = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdin is not None
    child.stdin.write(json.dumps(given) + "\n")
    child.stdin.flush()
    return child


def run(name: str, *words: str) -> dict[str, Any]:
    """Run a part of the load to its end, and return what it says."""
    told: dict[str, Any] = json.loads(started(name, *words).communicate()[0])
    return told

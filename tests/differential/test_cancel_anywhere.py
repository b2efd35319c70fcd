"""Calls cancelled at any moment, on SQLite: nothing half-written, nothing leaked, nobody harmed."""

import asyncio
import json
import random
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import anyio
import pytest
from patience import GUARD_S

from headwater import AsyncHeadwater
from headwater.stores.sql.sqlite_database import READERS

TO_BE_OPENED = 2 * (READERS - 1)
"""Descriptors of readers that open their connection when they are first needed: file and log."""
CALLS = [
    ("ci.search", {"keywords": ["node"], "limit": 50}),
    ("ci.get", {"id": 3}),
    ("ci.aggregate", {"group_by": ["type", "tags.zone"]}),
    ("ci.list_preview", {"limit": 20}),
    ("graph.expand", {"root": "node-1", "view": "impact", "depth": 4}),
    ("graph.path", {"source": "node-1", "target": "node-90"}),
    ("metric.aggregate", {"metric": "load", "window": "2026-11-20/2026-11-21", "aggregate": "p95"}),
    (
        "metric.series_table",
        {"metric": "load", "ci": "node-1", "window": "2026-11-20/2026-11-21", "step_s": 60},
    ),
    ("history.recent", {"window": "2026-11-20/2026-11-21"}),
    ("estate.resolve", {"terms": ["node-7", "zone-1"]}),
]


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
def bundle(tmp_path):
    folder = tmp_path / "bundle"
    folder.mkdir()
    items = [
        {
            "code": f"node-{n}",
            "name": f"node {n}",
            "type": "host",
            "tags": {"zone": f"zone-{n % 3}"},
        }
        for n in range(100)
    ]
    relations = [
        {"source": f"node-{n}", "target": f"node-{(n * 7 + 1) % 100}", "type": "depends_on"}
        for n in range(100)
    ]
    for name, rows in {"items": items, "relations": relations}.items():
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(lines, "utf-8")
    samples = "".join(f"load,node-{n % 10},{1795132800 + n * 10},{n}\n" for n in range(2000))
    (folder / "samples.csv").write_text(f"metric,ci,at,value\n{samples}", "utf-8")
    return folder


async def cancel_after(turns, wait_s, work):
    """Let work run for so many turns of the loop and then so long, and cancel it."""
    async with anyio.create_task_group() as group:

        async def guarded():
            with anyio.CancelScope() as scope:
                scopes.append(scope)
                await work()
                ended.append(True)

        scopes, ended = [], []
        group.start_soon(guarded)
        for _ in range(turns):
            await asyncio.sleep(0)
        if wait_s:
            await anyio.sleep(wait_s)
        if scopes:
            scopes[0].cancel()
    return bool(ended)


def descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


def threads():
    """Count our own threads; those of anyio's pool for files come and go."""
    return sum("headwater" in one.name.lower() for one in threading.enumerate())


def write_at_once(path):
    """Take the write lock from outside, which an open transaction would refuse."""
    with closing(sqlite3.connect(path, timeout=GUARD_S, isolation_level=None)) as outside:
        outside.execute("BEGIN IMMEDIATE")
        outside.execute("ROLLBACK")


async def campaign(path, bundle, tries, seed):
    dice = random.Random(seed)
    async with AsyncHeadwater.open(f"sqlite:///{path}") as hw:
        await hw.load(bundle)
        expected = {name: (await hw.call(name, args)).value for name, args in CALLS}
        before = await hw.call("ci.aggregate", {"group_by": ["name"], "top_n": 500})
        write_at_once(path)  # SQLite keeps a closed connection's descriptor while others lock
        await anyio.sleep(0.3)
        start = (descriptors() + TO_BE_OPENED, threads())
        finished = 0
        for turn in range(tries):
            name, args = dice.choice(CALLS)
            how = dice.choice(["turns", "time", "deadline", "load"])
            turns, wait_s = dice.randrange(8), dice.random() * 0.004
            if how == "turns":
                finished += await cancel_after(turns, 0, lambda n=name, a=args: hw.call(n, a))
            elif how == "time":
                finished += await cancel_after(0, wait_s, lambda n=name, a=args: hw.call(n, a))
            elif how == "deadline":
                plan = {"steps": [{"id": "s", "tool": name, "args": args}]}
                await cancel_after(turns, wait_s, lambda p=plan: hw.run(p, budget_s=0.05))
            else:
                changed = bundle / "items.jsonl"
                done = await cancel_after(turns, wait_s, lambda c=changed: hw.load(c))
                finished += done
            if turn % 25 == 0:
                name, args = dice.choice(CALLS)
                outcome = await hw.call(name, args)
                assert outcome.status == "succeeded", outcome
                assert outcome.value == expected[name]
                write_at_once(path)
        after = await hw.call("ci.aggregate", {"group_by": ["name"], "top_n": 500})
        assert after.value == before.value
        with anyio.fail_after(GUARD_S):
            while descriptors() > start[0] or threads() > start[1]:  # noqa: ASYNC110 (no event)
                await anyio.sleep(0.01)
    write_at_once(path)
    with closing(sqlite3.connect(path)) as outside:
        assert outside.execute("pragma integrity_check").fetchone() == ("ok",)
    return finished


async def test_five_hundred_seeded_cancellations_harm_nothing(tmp_path, bundle):
    finished = await campaign(tmp_path / "estate.db", bundle, 500, seed=1)
    assert 0 < finished < 500


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(20))
async def test_ten_thousand_seeded_cancellations_harm_nothing(tmp_path, bundle, seed):
    await campaign(tmp_path / "estate.db", bundle, 500, seed=100 + seed)

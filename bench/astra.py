"""What do fetches, searches and inserts on Astra DB cost, beside astrapy on the same stand-in?

The stand-in answers 20 ms after a request came, in a process of its own. Each contestant works in
a process of its own as well, so that its CPU seconds are its own; they take turns. Few documents
are searched, so that it is not the stand-in's arithmetic that is measured.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from bench.rows import Row, Verdict

BAR = "astra"
STANDIN = Path(__file__).parents[1] / "tests/astra_standin.py"
TOKEN = "AstraCS:stand-in:0123456789abcdef"
LATENCY_S = 0.02
DIMENSIONS = 384
IDS, SEARCHES, INSERTS, QUESTIONS = 5_000, 200, 20_000, 20
SEARCHED = 500
TASKS = ("fetch", "search", "insert")
WHAT = {
    "fetch": f"{IDS:,} documents by id",
    "search": f"{SEARCHES} vector searches at once",
    "insert": f"{INSERTS:,} documents with vectors inserted",
}
TIMES, CPU_SHARE, PARALLEL = 2.0, 0.5, 1.5
EMBED_S = 0.005
FIGURES = ("took_s", "cpu_s")
CONTESTANTS = ("headwater", "astrapy", "workflow")
Told = dict[str, float]


def measure(*, quick: bool, full: bool) -> list[Row]:
    """Take the figures of this bar."""
    del full
    taken: dict[str, list[dict[str, Told]]] = {who: [] for who in CONTESTANTS}
    with served() as url:
        _told("fill", url)
        for _ in range(3 if quick else 5):
            for who, figures in taken.items():
                figures.append(_told(who, url))
    rows = [row for task in TASKS for row in _beside(task, taken)]
    return [*rows, _workflow(taken["workflow"])]


def _told(who: str, url: str) -> dict[str, Told]:
    command = [sys.executable, "-m", "bench.astra", who, url]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    found: dict[str, Told] = json.loads(said)
    return found


def _median(found: list[dict[str, Told]], task: str, what: str) -> float:
    return statistics.median(one[task][what] for one in found)


def _beside(task: str, taken: dict[str, list[dict[str, Told]]]) -> Iterator[Row]:
    took_s, cpu_s = (_median(taken["headwater"], task, what) for what in FIGURES)
    their_s, their_cpu_s = (_median(taken["astrapy"], task, what) for what in FIGURES)
    yield _row(
        f"{WHAT[task]}: time",
        f"1/{their_s / took_s:.1f} ({took_s * 1e3:.0f} ms)",
        f"1/{TIMES:g} of astrapy ({their_s * 1e3:.0f} ms)",
        value=their_s / took_s,
        met=their_s / took_s >= TIMES,
    )
    yield _row(
        f"{WHAT[task]}: CPU",
        f"{cpu_s / their_cpu_s:.2f} ({cpu_s * 1e3:.0f} ms)",
        f"{CPU_SHARE:g} of astrapy ({their_cpu_s * 1e3:.0f} ms)",
        value=cpu_s / their_cpu_s,
        met=cpu_s / their_cpu_s <= CPU_SHARE,
    )


def _workflow(taken: list[dict[str, Told]]) -> Row:
    one_by_one, at_once = (_median(taken, how, "took_s") for how in ("sequential", "parallel"))
    times = one_by_one / at_once
    return _row(
        "fetch, embed and neighbours of an item, at once",
        f"1/{times:.1f} ({at_once / QUESTIONS * 1e3:.0f} ms)",
        f"1/{PARALLEL:g} of one after the other ({one_by_one / QUESTIONS * 1e3:.0f} ms)",
        value=times,
        met=times >= PARALLEL,
    )


def _row(what: str, figure: str, limit: str, *, value: float, met: bool) -> Row:
    verdict: Verdict = "met" if met else "missed"
    return Row(bar=BAR, what=what, figure=figure, limit=limit, verdict=verdict, value=value)


@contextmanager
def served() -> Iterator[str]:
    """Run the stand-in."""
    command = [sys.executable, str(STANDIN), "--latency-s", str(LATENCY_S)]
    one_thread = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=one_thread
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.communicate()


def made(first: int, how_many: int) -> list[dict[str, Any]]:
    """Return documents with vectors."""
    vectors = np.random.default_rng(first).standard_normal((how_many, DIMENSIONS))
    return [
        {
            "_id": f"node-{number}",
            "name": f"service {number}",
            "kind": "service",
            "tags": {"team": f"team {number % 17}", "zone": "eu-west-1"},
            "text": f"What to do when service {number} is slow: look at its database first.",
            "$vector": vector.tolist(),
        }
        for number, vector in enumerate(vectors, first)
    ]


def queries() -> list[list[float]]:
    """Return vectors to search for."""
    found: list[list[float]] = (
        np.random.default_rng(7).standard_normal((SEARCHES, DIMENSIONS)).tolist()
    )
    return found


async def timed(work: Callable[[], Awaitable[object]]) -> Told:
    """Return the seconds and CPU seconds that some work takes."""
    before, started_s = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    await work()
    took_s, after = time.perf_counter() - started_s, resource.getrusage(resource.RUSAGE_SELF)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"took_s": took_s, "cpu_s": cpu_s}


async def all_timed(*works: Callable[[], Awaitable[object]]) -> dict[str, Told]:
    """Return the figures of several, one after the other, by their names."""
    found = {}
    for work in works:
        gc.collect()
        found[work.__name__] = await timed(work)
    return found


async def fill(url: str) -> dict[str, Told]:
    from headwater.stores.astra import AsyncAstraClient

    async with AsyncAstraClient(url, token=TOKEN) as astra:
        for name in ("nodes", "vectors", "fresh"):
            await astra.create_collection(name, dimension=DIMENSIONS)
        await astra.insert_many("nodes", made(0, IDS))
        await astra.insert_many("vectors", made(0, SEARCHED))
    return {}


async def headwater(url: str) -> dict[str, Told]:
    from headwater.stores.astra import AsyncAstraClient

    ids = [f"node-{number}" for number in range(IDS)]
    vectors, documents = queries(), made(0, INSERTS)
    async with AsyncAstraClient(url, token=TOKEN) as astra:
        await astra.delete_many("fresh", {})

        async def fetch() -> None:
            assert len((await astra.batch_fetch_by_ids("nodes", ids)).documents) == IDS

        async def search() -> None:
            hits = await asyncio.gather(
                *(astra.vector_search("vectors", vector, limit=10) for vector in vectors)
            )
            assert all(len(one) == 10 for one in hits)

        async def insert() -> None:
            assert len((await astra.insert_many("fresh", documents)).ids) == INSERTS

        return await all_timed(fetch, search, insert)


def steps(astra: Any) -> list[Callable[[int], Awaitable[None]]]:
    """Return what is done for a question: fetch items, embed a text and search, find neighbours."""
    vector = queries()[0]

    async def fetch(number: int) -> None:
        mine = [f"node-{one}" for one in range(number, number + 20)]
        await astra.batch_fetch_by_ids("nodes", mine)

    async def nearest(_number: int) -> None:
        await asyncio.sleep(EMBED_S)
        await astra.vector_search("vectors", vector, limit=10)

    async def neighbours(number: int) -> None:
        await astra.find("nodes", {"tags.team": f"team {number % 17}"}, limit=20)

    return [fetch, nearest, neighbours]


async def workflow(url: str) -> dict[str, Told]:
    """Answer some questions, step by step or with their steps at once."""
    from headwater.stores.astra import AsyncAstraClient

    async with AsyncAstraClient(url, token=TOKEN) as astra:

        async def sequential() -> None:
            for number in range(QUESTIONS):
                for step in steps(astra):
                    await step(number)

        async def parallel() -> None:
            for number in range(QUESTIONS):
                await asyncio.gather(*(step(number) for step in steps(astra)))

        return await all_timed(sequential, parallel)


async def astrapy(url: str) -> dict[str, Told]:
    """Do the same with astrapy, as its docs say, and at once where it leaves that to its user."""
    from astrapy import DataAPIClient

    database = DataAPIClient(token=TOKEN).get_async_database(url, keyspace="default_keyspace")
    nodes, searched, fresh = map(database.get_collection, ("nodes", "vectors", "fresh"))
    await fresh.delete_many({})
    ids = [f"node-{number}" for number in range(IDS)]
    vectors, documents = queries(), made(0, INSERTS)

    async def fetch() -> None:
        chunks = [ids[start : start + 100] for start in range(0, IDS, 100)]
        found = await asyncio.gather(
            *(nodes.find({"_id": {"$in": chunk}}).to_list() for chunk in chunks)
        )
        assert sum(len(one) for one in found) == IDS

    async def search() -> None:
        hits = await asyncio.gather(
            *(
                searched.find(sort={"$vector": vector}, limit=10, include_similarity=True).to_list()
                for vector in vectors
            )
        )
        assert all(len(one) == 10 for one in hits)

    async def insert() -> None:
        found = await fresh.insert_many(documents, chunk_size=100, concurrency=20)
        assert len(found.inserted_ids) == INSERTS

    return await all_timed(fetch, search, insert)


async def work(who: str, url: str) -> None:
    contestants = {"fill": fill, "headwater": headwater, "astrapy": astrapy, "workflow": workflow}
    print(json.dumps(await contestants[who](url)))


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], sys.argv[2]))

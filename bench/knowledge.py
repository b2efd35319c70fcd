"""Is the right runbook found and rightly cited, and how long is a search of 100,000 passages?"""

from __future__ import annotations

import random
import sqlite3
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import anyio
import numpy as np

from bench.rows import Row, at_most, failed
from bench.runbook_alerts import ALERTS
from bench.runbook_questions import ANSWERED, UNANSWERED
from bench.timing import percentile
from headwater import AsyncHeadwater
from headwater.analysis.embeddings import pack
from headwater.model.document import DocumentRecord, Embedded, PassageRecord
from headwater.model.principal import Principal
from headwater.ports.embedder import Embedder

BAR = "knowledge"
RUNBOOKS = Path(__file__).parents[2] / "shared/data/runbooks"
FOLDER = Path(".bench")
FIRST, FIVE = 0.90, 0.99
CITED = 0.9
MOST_S, MOST_TIMES = 0.040, 3.0
DEEP = 50
LANES = ("hybrid", "keyword", "vector")
DIMENSIONS = 384
WORDS = 60
QUERIES, WARM, WRITES = 40, 3, 9
WHO = Principal()


def measure(*, quick: bool, full: bool) -> list[Row]:
    """Take the figures of this bar; `full` changes nothing."""
    del full
    rows: list[Row] = []
    parts: list[Callable[[], list[Row]]] = []
    if RUNBOOKS.exists():
        parts.append(lambda: anyio.run(_of_runbooks))
    parts.append(lambda: anyio.run(_of_passages, 10_000 if quick else 100_000))
    for part in parts:
        try:
            rows += part()
        except Exception as error:  # noqa: BLE001  the other part has its figures
            traceback.print_exc()
            rows.append(failed(BAR, error))
    return rows


@dataclass(slots=True)
class Recall:
    """How often the right runbook came first, and among the first five, by lane."""

    first: dict[str, int]
    five: dict[str, int]

    def count(self, lane: str, order: Sequence[str], right: str) -> None:
        self.first[lane] += order[:1] == [right]
        self.five[lane] += right in order[:5]


async def _of_runbooks() -> list[Row]:
    async with AsyncHeadwater.open("memory:") as hw:
        await hw.ingest(RUNBOOKS)
        rows = []
        for form, query in (
            ("name and description", "{name}: {words}"),
            ("asked", "what do I do about {name}? {words}"),
            ("description alone", "{words}"),
        ):
            rows += await _recall(hw, form, query)
        return rows + await _citations(hw)


async def _recall(hw: AsyncHeadwater, form: str, query: str) -> list[Row]:
    seen = Recall(dict.fromkeys(LANES, 0), dict.fromkeys(LANES, 0))
    for name, words in ALERTS:
        asked = query.format(name=name, words=words)
        five = await _value(hw, "knowledge.search", query=asked, limit=5)
        seen.count("hybrid", [_stem(hit) for hit in five["hits"]], name)
        deep = await _value(hw, "knowledge.search", query=asked, limit=DEEP)
        for lane in LANES[1:]:
            seen.count(lane, _order_of(lane, deep["hits"]), name)
    rows = []
    for lane in LANES:
        shares = (seen.first[lane] / len(ALERTS), seen.five[lane] / len(ALERTS))
        limits = (FIRST, FIVE) if lane == "hybrid" and "alone" not in form else (None, None)
        for what, share, limit in zip(("recall@1", "recall@5"), shares, limits, strict=True):
            rows.append(_share(f"{what}, {form}, {lane}", share, limit))
    return rows


def _order_of(lane: str, hits: Sequence[dict[str, Any]]) -> list[str]:
    """Return the runbooks as one lane alone ranks them."""
    held = [(int(hit["why"][lane]["rank"]), _stem(hit)) for hit in hits if lane in hit["why"]]
    return list(dict.fromkeys(stem for _, stem in sorted(held)))


async def _citations(hw: AsyncHeadwater) -> list[Row]:
    shown = contained = right = 0
    for question, runbooks, words in ANSWERED:
        value = await _value(hw, "knowledge.answer", question=question)
        ids = sorted({one["passage_id"] for one in value["sentences"]})
        read = await _value(hw, "knowledge.fetch", ids=ids) if ids else {"passages": []}
        held = {one["id"]: one for one in read["passages"]}
        shown += len(value["sentences"])
        contained += sum(
            one["text"] in held[one["passage_id"]]["text"] for one in value["sentences"]
        )
        right += any(
            _stem(one) in runbooks.split("|") and words in " ".join(one["text"].split())
            for one in held.values()
        )
    silent = [await _value(hw, "knowledge.answer", question=one) for one in UNANSWERED]
    return [
        _share("sentences contained in what they cite", contained / max(shown, 1), 1.0),
        _share(f"right passage cited, {len(ANSWERED)} questions", right / len(ANSWERED), CITED),
        _share(
            f"not found, {len(UNANSWERED)} questions that no runbook answers",
            sum(not one["found"] for one in silent) / len(UNANSWERED),
            None,
        ),
    ]


def _stem(hit: dict[str, Any]) -> str:
    return PurePosixPath(hit["document"]["source"]).stem


async def _value(hw: AsyncHeadwater, tool: str, **args: Any) -> Any:
    outcome = await hw.call(tool, args, budget_s=60)
    if outcome.status != "succeeded":
        message = f"{tool} {outcome.status}: {outcome.message}"
        raise RuntimeError(message)
    return outcome.value


def _share(what: str, value: float, limit: float | None) -> Row:
    if limit is None:
        return Row(bar=BAR, what=what, figure=f"{value:.3f}", value=value)
    return Row(
        bar=BAR,
        what=what,
        figure=f"{value:.3f}",
        limit=f"at least {limit:.2f}",
        verdict="met" if value >= limit else "missed",
        value=value,
    )


async def _of_passages(count: int) -> list[Row]:
    file = FOLDER / f"knowledge-{count}.db"
    dice = random.Random(7)
    words = [f"{a}{b}{c}" for a in "bdfklmprst" for b in "aeiou" for c in _ENDS]
    await _see_to(file, count, dice=dice, words=words)
    queries = [" ".join(dice.choices(words[20:], k=5)) for _ in range(QUERIES + WARM + WRITES)]
    warm, again, queries = queries[:WARM], queries[WARM : WARM + WRITES], queries[WARM + WRITES :]
    async with AsyncHeadwater.open(f"sqlite:///{file}") as hw:
        vectors = [await _embedded(hw, one) for one in [*warm, *again, *queries]][-QUERIES:]
        for one in warm:
            await _timed(hw, one)
        ours = [await _timed(hw, one) for one in queries]
        kept = [await _timed(hw, one) for one in queries]
        written = []
        for number, one in enumerate(again):
            await _put(hw, number, dice=dice, words=words, version=f"{time.time_ns()}")
            written.append(await _timed(hw, one))
    theirs_s = percentile(list(_bare(file, queries, vectors)), 0.5)
    return [
        *_rows_of(count, ours, theirs_s),
        _told(count, "again, from the cache: p50", kept, beside=ours),
        _told(count, "after a document of 100 was replaced: CPU", written, beside=ours, cpu=True),
    ]


class Took(NamedTuple):
    """Seconds of a search, by the clock and of CPU."""

    wall_s: float
    cpu_s: float


async def _timed(hw: AsyncHeadwater, query: str) -> Took:
    began_s, cpu_s = time.perf_counter(), time.process_time()
    await _value(hw, "knowledge.search", query=query, limit=5)
    return Took(time.perf_counter() - began_s, time.process_time() - cpu_s)


def _rows_of(count: int, ours: Sequence[Took], theirs_s: float) -> list[Row]:
    ours_s = percentile([one.wall_s for one in ours], 0.5)
    what = f"search, {count:,} passages, hybrid, SQLite, query embedded"
    return [
        at_most(
            BAR, f"{what}: p50", value=ours_s, limit=MOST_S,
            shown=(f"{ours_s * 1e3:.1f} ms", f"{MOST_S * 1e3:.0f} ms"),
        ),
        at_most(
            BAR, f"{what}: beside bare numpy and FTS5", value=ours_s / theirs_s, limit=MOST_TIMES,
            shown=(f"{ours_s / theirs_s:.2f}x", f"{MOST_TIMES:g}x of {theirs_s * 1e3:.1f} ms"),
        ),
    ]  # fmt: skip


def _told(
    count: int, what: str, took: Sequence[Took], *, beside: Sequence[Took], cpu: bool = False
) -> Row:
    mine, other = (
        percentile([one.cpu_s if cpu else one.wall_s for one in each], 0.5)
        for each in (took, beside)
    )
    return Row(
        bar=BAR,
        what=f"search, {count:,} passages, {what}",
        figure=f"{mine / other:.2f}x ({mine * 1e3:.1f} ms)",
        value=mine / other,
        note="beside the search that nothing was kept for",
    )


async def _see_to(file: Path, count: int, *, dice: random.Random, words: list[str]) -> None:
    """Make the estate anew, unless it is there whole."""
    for _ in range(2):
        async with AsyncHeadwater.open(f"sqlite:///{file}") as hw:
            held = await hw._parts.stores.documents.counts(principal=WHO)  # noqa: SLF001
            if held.passages == count:
                return
            if not held.passages:
                for number in range(count // 100):
                    await _put(hw, number, dice=dice, words=words)
                    if number % 100 == 99:
                        made = f"{(number + 1) * 100:,} passages made"
                        print(made, file=sys.stderr, flush=True)
                return
        _forget(file)  # it was left half made


def _forget(file: Path) -> None:
    for one in FOLDER.glob(f"{file.stem}.*"):
        one.unlink()


_ENDS = ("n", "r", "sk", "lt", "m", "nd", "rp", "x", "v", "g", "st", "k")


async def _embedded(hw: AsyncHeadwater, text: str) -> bytes:
    embedder: Embedder = hw._parts.stores.embedder  # noqa: SLF001
    [vector] = await embedder.embed([text], principal=WHO)
    return vector


async def _put(
    hw: AsyncHeadwater, number: int, *, dice: random.Random, words: list[str], version: str = "1"
) -> None:
    """Put a document of a hundred passages, with vectors drawn at random."""
    stores = hw._parts.stores  # noqa: SLF001
    weights = [1 / (place + 2) for place in range(len(words))]
    texts = [" ".join(dice.choices(words, weights, k=WORDS)) for _ in range(100)]
    records = [
        PassageRecord(text=text, start=at * 1000, end=at * 1000 + len(text))
        for at, text in enumerate(texts)
    ]
    record = DocumentRecord(
        source=f"made/{number}.txt", title=f"Made {number}", media_type="text/plain",
        version=version, at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    drawn = np.random.default_rng([7, number]).standard_normal((100, DIMENSIONS))
    embedded = Embedded(model=stores.embedder.model, vectors=tuple(map(pack, drawn)))
    await stores.documents.put(record, records, vectors=embedded, principal=WHO)


def _bare(file: Path, queries: Sequence[str], vectors: Sequence[bytes]) -> Iterator[float]:
    """Give the seconds of the least that such a search takes: FTS5, numpy, and reading texts."""
    beside = sqlite3.connect(":memory:")
    beside.execute("CREATE VIRTUAL TABLE words USING fts5(text)")
    with sqlite3.connect(file) as held:
        texts = held.execute("SELECT id, text FROM passage").fetchall()
        beside.executemany("INSERT INTO words (rowid, text) VALUES (?, ?)", texts)
        blobs = held.execute("SELECT passage_id, vector FROM passage_vector").fetchall()
    matrix = np.frombuffer(b"".join(one for _, one in blobs), dtype="<f4").reshape(len(blobs), -1)
    ids = np.array([one for one, _ in blobs])
    match = "SELECT rowid FROM words WHERE words MATCH ? ORDER BY bm25(words) LIMIT 50"
    for query, vector in zip(queries, vectors, strict=True):
        began_s = time.perf_counter()
        found = [one for (one,) in beside.execute(match, (" OR ".join(query.split()),))]
        scores = matrix @ np.frombuffer(vector, dtype="<f4")
        best = np.argpartition(-scores, 50)[:50]
        found += [int(one) for one in ids[best[np.argsort(-scores[best])]]]
        marks = ",".join("?" * len(found))
        beside.execute(f"SELECT rowid, text FROM words WHERE rowid IN ({marks})", found).fetchall()
        yield time.perf_counter() - began_s

"""Is the right runbook found and rightly cited, and how long is a search of 100,000 passages?"""

from __future__ import annotations

import random
import sqlite3
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

import anyio
import numpy as np

from bench.rows import Row, at_most
from bench.runbook_alerts import ALERTS
from bench.runbook_questions import ANSWERED, UNANSWERED
from bench.timing import percentile
from headwater import AsyncHeadwater
from headwater.analysis.embeddings import pack
from headwater.model.document import DocumentRecord, PassageRecord
from headwater.model.principal import Principal

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
WHO = Principal()


def measure(*, quick: bool, full: bool) -> list[Row]:
    """Take the figures of this bar; `full` changes nothing."""
    del full
    rows = anyio.run(_of_runbooks) if RUNBOOKS.exists() else []
    return rows + anyio.run(_of_passages, 10_000 if quick else 100_000)


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
            held = [hit for hit in deep["hits"] if lane in hit["why"]]
            held.sort(key=lambda hit, lane=lane: hit["why"][lane]["rank"])
            seen.count(lane, list(dict.fromkeys(map(_stem, held))), name)
    rows = []
    for lane in LANES:
        shares = (seen.first[lane] / len(ALERTS), seen.five[lane] / len(ALERTS))
        limits = (FIRST, FIVE) if lane == "hybrid" and "alone" not in form else (None, None)
        for what, share, limit in zip(("recall@1", "recall@5"), shares, limits, strict=True):
            rows.append(_share(f"{what}, {form}, {lane}", share, limit))
    return rows


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
    weights = [1 / (place + 2) for place in range(len(words))]
    async with AsyncHeadwater.open(f"sqlite:///{file}") as hw:
        if not (await _value(hw, "knowledge.search", query=words[0], limit=1))["total"]:
            await _fill(hw, count, dice=dice, words=words, weights=weights)
    queries = [" ".join(dice.choices(words[20:], k=5)) for _ in range(40)]
    async with AsyncHeadwater.open(f"sqlite:///{file}") as hw:
        vectors = [await _embedded(hw, one) for one in queries]
        for one in queries[:3]:
            await _value(hw, "knowledge.search", query=one, limit=5)
        ours_s = []
        for one in queries:
            began_s = time.perf_counter()
            await _value(hw, "knowledge.search", query=one, limit=5)
            ours_s.append(time.perf_counter() - began_s)
    theirs_s = list(_bare(file, queries, vectors))
    ours, theirs = percentile(ours_s, 0.5), percentile(theirs_s, 0.5)
    what = f"search, {count:,} passages, hybrid, SQLite, query embedded"
    return [
        at_most(
            BAR, f"{what}: p50", value=ours, limit=MOST_S,
            shown=(f"{ours * 1e3:.1f} ms", f"{MOST_S * 1e3:.0f} ms"),
        ),
        at_most(
            BAR, f"{what}: beside bare numpy and FTS5", value=ours / theirs, limit=MOST_TIMES,
            shown=(f"{ours / theirs:.2f}x", f"{MOST_TIMES:g}x of {theirs * 1e3:.1f} ms"),
        ),
    ]  # fmt: skip


_ENDS = ("n", "r", "sk", "lt", "m", "nd", "rp", "x", "v", "g", "st", "k")


async def _embedded(hw: AsyncHeadwater, text: str) -> bytes:
    [vector] = await hw._parts.stores.embedder.embed([text], principal=WHO)  # noqa: SLF001
    return vector


async def _fill(
    hw: AsyncHeadwater, count: int, *, dice: random.Random, words: list[str], weights: list[float]
) -> None:
    """Put documents of a hundred passages each, with vectors drawn at random."""
    stores = hw._parts.stores  # noqa: SLF001
    made = np.random.default_rng(7)
    for number in range(count // 100):
        texts = [" ".join(dice.choices(words, weights, k=WORDS)) for _ in range(100)]
        records = [
            PassageRecord(text=text, start=at * 1000, end=at * 1000 + len(text))
            for at, text in enumerate(texts)
        ]
        record = DocumentRecord(
            source=f"made/{number}.txt", title=f"Made {number}", media_type="text/plain",
            version="1", at=datetime(2026, 1, 1, tzinfo=UTC),
        )  # fmt: skip
        placed = await stores.documents.put(record, records, principal=WHO)
        drawn = [pack(one) for one in made.standard_normal((100, DIMENSIONS))]
        await stores.vectors.put(
            dict(zip(placed.passage_ids, drawn, strict=True)),
            model=stores.embedder.model,
            principal=WHO,
        )
        if number % 100 == 99:
            print(f"{(number + 1) * 100:,} passages made", file=sys.stderr, flush=True)


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

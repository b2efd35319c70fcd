"""How long does each tool take on a large estate, beside bare SQL on the same database?"""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from bench import bare
from bench import made_estate as made
from bench.rows import Row, at_most
from bench.timing import Loop, percentile
from headwater import AsyncHeadwater

BAR = "estate"
FOLDER = Path(".bench")
MOST_TIMES = 3.0
MOST_MORE_S = 0.0015
SLOW_S = 0.001
MOST_GROWTH = 2.0
ASKED = 120
SEED = 31


@dataclass(frozen=True, slots=True)
class Contest:
    """A tool, the bare SQL for the same answer, and what makes up arguments."""

    what: str
    tool: str
    bare: bare.Bare
    args: Callable[[random.Random], dict[str, Any]]
    grows: bool = False
    """Whether it is also measured at a million items."""


def measure(*, quick: bool, full: bool) -> list[Row]:
    """Take the figures of this bar."""
    size = made.QUICK if quick else made.FULL
    file = built(size)
    rows, ours_s = _contests(file, size)
    if full:
        big = built(made.MILLION)
        grown = [one for one in contests(made.MILLION) if one.grows]
        rows += _growth(_contests(big, made.MILLION, only=grown)[1], ours_s)
    return rows


def contests(size: made.Size) -> list[Contest]:
    """Return what is measured in an estate of this size."""
    spans = _Spans(size)

    def number(dice: random.Random) -> int:
        return dice.randint(1, size.items)

    def measured(dice: random.Random) -> str:
        return made.code_of(dice.randint(1, max(1, size.measured)))

    def where(**fields: str) -> list[dict[str, str]]:
        return [{"field": name, "op": "eq", "value": one} for name, one in fields.items()]

    return [
        Contest("search, one word, 20 matches", "ci.search", bare.search, lambda d: {
            "keywords": [made.word_of(d.randrange(1, size.items // made.GROUP))]}, grows=True),
        Contest("search, two filters, sorted", "ci.search", bare.filtered, lambda d: {
            "filters": where(type=d.choice(made.TYPES), owner=d.choice(made.OWNERS)),
            "sort": [{"field": "name"}], "limit": d.randint(10, 40)}),
        Contest("get by id", "ci.get", bare.get, lambda d: {"id": number(d)}, grows=True),
        Contest("get by code", "ci.get_by_code", bare.get_by_code,
                lambda d: {"code": made.code_of(number(d))}, grows=True),
        Contest("count by type of one owner", "ci.aggregate", bare.aggregate, lambda d: {
            "group_by": ["type"], "filters": where(owner=d.choice(made.OWNERS)),
            "top_n": d.randint(8, 500)}),
        Contest("list, two filters", "ci.list_preview", bare.filtered, lambda d: {
            "filters": where(location=d.choice(made.LOCATIONS), owner=d.choice(made.OWNERS)),
            "limit": 20}),
        Contest("p95 of one item over 6 h", "metric.aggregate", bare.percentile, lambda d: {
            "metric": d.choice(made.METRICS), "ci_ids": [measured(d)], "aggregate": "p95",
            "window": spans.of(6 * 60, d)}),
        Contest("average of a location over 1 h", "metric.aggregate", bare.average, lambda d: {
            "metric": d.choice(made.METRICS), "filters": where(location=d.choice(made.LOCATIONS)),
            "window": spans.of(60, d)}),
        Contest("series, 900 points raw", "metric.series_table", bare.points, lambda d: {
            "metric": d.choice(made.METRICS), "ci": measured(d), "window": spans.of(900, d)}),
        Contest("series, 900 points in buckets", "metric.series_table", bare.buckets, lambda d: {
            "metric": d.choice(made.METRICS), "ci": measured(d), "window": spans.of(900, d),
            "step_s": 300}),
        Contest("expand, impact, depth 2", "graph.expand", bare.expand,
                lambda d: {"root": number(d), "view": "impact", "depth": 2}, grows=True),
        Contest("expand, dependency, depth 4", "graph.expand", bare.expand,
                lambda d: {"root": number(d), "view": "dependency", "depth": 4}, grows=True),
        Contest("path of 3 to 6 hops", "graph.path", bare.path, _Pairs(size).one, grows=True),
        Contest("history of one item, 7 days", "history.recent", bare.history_of_one, lambda d: {
            "ci_ids": [made.code_of(number(d))], "window": spans.days()}),
        Contest("history of all, 1 h", "history.recent", bare.history_of_all,
                lambda d: {"window": spans.of(60, d)}),
        Contest("rule over 15 h of one item", "cep.simulate", bare.simulate, lambda d: {
            "rule": {"type": "metric", "metric": d.choice(made.METRICS), "ci": measured(d),
                     "aggregate": "avg", "window_s": 300, "comparison": "gt",
                     "threshold": d.randint(70, 80)}, "period": spans.of(900, d)}),
    ]  # fmt: skip


class _Spans:
    """Windows that lie within the samples."""

    def __init__(self, size: made.Size) -> None:
        self._points = max(1_000, size.points)

    def of(self, minutes: int, dice: random.Random) -> str:
        start = made.START + timedelta(minutes=dice.randrange(self._points - minutes))
        return f"{start.isoformat()}/{(start + timedelta(minutes=minutes)).isoformat()}"

    def days(self) -> str:
        return f"{made.START.isoformat()}/{(made.START + timedelta(days=made.DAYS)).isoformat()}"


class _Pairs:
    """Items that are three to six relations apart, as many of each distance as it happens."""

    def __init__(self, size: made.Size) -> None:
        self._size = size
        self._connection: sqlite3.Connection | None = None

    def one(self, dice: random.Random) -> dict[str, Any]:
        if self._connection is None:
            self._connection = _connect(_file(self._size))
        while True:
            source = dice.randint(1, self._size.items)
            target = source
            for _ in range(dice.randint(3, 6)):
                target = dice.choice(self._beside(target))
            args = {"source": source, "target": target, "max_hops": 6}
            found: Any = bare.path(self._connection, args)
            if found is not None and 3 <= found[0] <= 6:
                return args

    def _beside(self, number: int) -> list[int]:
        statement = (
            f"SELECT target_id FROM {bare.RELATION} AND r.source_id = ?1 "
            f"UNION ALL SELECT source_id FROM {bare.RELATION} AND r.target_id = ?1"
        )
        assert self._connection is not None
        return [row[0] for row in self._connection.execute(statement, (number,))]


def _contests(
    file: Path, size: made.Size, *, only: list[Contest] | None = None
) -> tuple[list[Row], dict[str, float]]:
    rows: list[Row] = []
    ours_p50_s: dict[str, float] = {}
    loop, connection = Loop(), _connect(file)
    with loop.open(AsyncHeadwater.open(f"sqlite:///{file}")) as hw:
        for contest in contests(size) if only is None else only:
            ours_s, bare_s = _taken(loop, hw, connection, contest)
            ours_p50_s[contest.what] = percentile(ours_s, 0.5)
            rows += _row(contest, ours_s, bare_s)
    connection.close()
    loop.close()
    return rows, ours_p50_s


def _taken(
    loop: Loop, hw: AsyncHeadwater, connection: sqlite3.Connection, contest: Contest
) -> tuple[list[float], list[float]]:
    """Take both times of each of a hundred and more questions, every page read once before."""
    dice = random.Random(SEED)
    asked = list(_different(contest, dice))
    for args in asked:
        contest.bare(connection, args)
    warm = contest.args(dice)
    _succeed(loop.run(hw.call(contest.tool, warm)), contest)
    ours_s, bare_s = [], []
    for number, args in enumerate(asked):
        for turn in (0, 1):
            started_s = time.perf_counter()
            if (number + turn) % 2:
                contest.bare(connection, args)
                bare_s.append(time.perf_counter() - started_s)
            else:
                outcome = loop.run(_timed(hw, contest.tool, args))
                _succeed(outcome[0], contest)
                ours_s.append(outcome[1])
    return ours_s, bare_s


async def _timed(hw: AsyncHeadwater, tool: str, args: dict[str, Any]) -> tuple[Any, float]:
    started_s = time.perf_counter()
    outcome = await hw.call(tool, args)
    return outcome, time.perf_counter() - started_s


def _different(contest: Contest, dice: random.Random) -> Iterator[dict[str, Any]]:
    """Give arguments of which no two are equal, so that nothing comes from the cache."""
    seen: set[str] = set()
    while len(seen) < ASKED:
        args = contest.args(dice)
        if (key := json.dumps(args, sort_keys=True)) not in seen:
            seen.add(key)
            yield args


def _succeed(outcome: Any, contest: Contest) -> None:
    assert outcome.status == "succeeded", (contest.what, outcome)
    assert outcome.value is not None, contest.what


def _row(contest: Contest, ours_s: list[float], bare_s: list[float]) -> list[Row]:
    rows = []
    for name, share in (("p50", 0.5), ("p95", 0.95)):
        mine, theirs = percentile(ours_s, share), percentile(bare_s, share)
        limit = MOST_TIMES * theirs if theirs > SLOW_S else theirs + MOST_MORE_S
        shown = (f"{mine * 1e3:.2f} ms", f"{limit * 1e3:.2f} ms (bare {theirs * 1e3:.2f} ms)")
        what = f"{contest.tool}: {contest.what}, {name}"
        rows.append(at_most(BAR, what, value=mine, limit=limit, shown=shown))
    return rows


def _growth(big_s: dict[str, float], small_s: dict[str, float]) -> list[Row]:
    return [
        at_most(
            BAR,
            f"{what}: p50 at 1,000,000 items beside 100,000",
            value=big_s[what] / small_s[what],
            limit=MOST_GROWTH,
            shown=(f"{big_s[what] / small_s[what]:.2f} times", f"{MOST_GROWTH:g} times"),
            note=f"{small_s[what] * 1e3:.2f} and {big_s[what] * 1e3:.2f} ms",
        )
        for what in big_s
    ]


def _file(size: made.Size) -> Path:
    return FOLDER / f"estate-{size.items}.db"


def built(size: made.Size) -> Path:
    """Return the database of an estate, loading it where it is not there yet."""
    file, mark = _file(size), FOLDER / f"estate-{size.items}.json"
    if mark.exists():
        return file
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / ".gitignore").write_text("*\n", encoding="utf-8")
    for old in FOLDER.glob(f"estate-{size.items}*"):
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    bundle = FOLDER / f"estate-{size.items}"
    made.write_bundle(bundle, size)
    loop, taken_s = Loop(), {}
    with loop.open(AsyncHeadwater.open(f"sqlite:///{file}")) as hw:
        for part in ("items", "relations", "metrics", "samples", "history"):
            if not (bundle / part).exists():
                continue
            started_s = time.perf_counter()
            loop.run(hw.load(bundle / part))
            taken_s[part] = round(time.perf_counter() - started_s, 1)
            print(f"{BAR}: {part} loaded in {taken_s[part]} s", file=sys.stderr, flush=True)
    loop.close()
    shutil.rmtree(bundle)
    mark.write_text(json.dumps(taken_s), encoding="utf-8")
    return file


def _connect(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA cache_size = -32768")
    return connection

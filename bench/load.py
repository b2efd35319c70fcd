"""How fast are rows loaded, beside bare `executemany` of the same rows into the same tables?"""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench import made_estate as made
from bench.rows import Row
from bench.timing import Loop, seconds
from headwater import AsyncHeadwater

BAR = "load"
LEAST_SHARE = 0.25
NORMAL = made.Size(items=20_000, measured=500, points=1_000, entries=0)
QUICK = made.Size(items=4_000, measured=100, points=500, entries=0)
TENANT = "default"
AT_US = 1_793_491_200_000_000
ITEMS = (
    "configuration_item (id, tenant_id, code, name, type, status, criticality, owner, location, "
    "created_at, updated_at, tags, attributes)"
)
PARTS = ("items", "relations", "samples")


def measure(*, quick: bool, full: bool) -> list[Row]:
    """Take the figures of this bar."""
    del full
    size = QUICK if quick else NORMAL
    loop = Loop()
    ours_s: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made.write_bundle(folder, size)
        with loop.open(AsyncHeadwater.open(f"sqlite:///{folder / 'ours.db'}")) as hw:
            for part in ("items", "relations", "metrics", "samples"):
                ours_s[part] = seconds(lambda: loop.run(hw.load(folder / part)))  # noqa: B023
        with loop.open(AsyncHeadwater.open(f"sqlite:///{folder / 'bare.db'}")):
            pass
        bare_s = _bare_s(folder / "bare.db", size)
    loop.close()
    counts = {"items": size.items, "relations": size.relations, "samples": size.samples}
    rows = [_row(part, counts[part], ours_s=ours_s[part], bare_s=bare_s[part]) for part in PARTS]
    all_ours_s, all_bare_s = (sum(one[part] for part in PARTS) for one in (ours_s, bare_s))
    return [*rows, _row("all rows", sum(counts.values()), ours_s=all_ours_s, bare_s=all_bare_s)]


def _row(what: str, count: int, *, ours_s: float, bare_s: float) -> Row:
    share = bare_s / ours_s
    return Row(
        bar=BAR,
        what=f"{what}, {count:,}",
        figure=f"{share:.2f} of executemany ({count / ours_s:,.0f} rows/s)",
        limit=f"at least {LEAST_SHARE:g} ({count / bare_s:,.0f} rows/s)",
        verdict="met" if share >= LEAST_SHARE else "missed",
        value=share,
    )


def _bare_s(file: Path, size: made.Size) -> dict[str, float]:
    """Return the seconds that `executemany` takes for each part; the rows are made before."""
    connection = sqlite3.connect(file, isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "cache_size = -32768"):
        connection.execute(f"PRAGMA {pragma}")
    items, tags, words = _item_rows(size)
    relations = [
        (number, TENANT, source, target, kind, "", "{}")
        for number, (source, target, kind) in enumerate(made.relation_rows(size), start=1)
    ]
    series = {(name, one): number for number, (name, one) in enumerate(_series(size), start=1)}
    samples = [
        (TENANT, series[metric, one], at_s * 1_000_000, value)
        for metric, one, at_s, value in made.sample_rows(size)
    ]
    taken = {
        "items": _insert(
            connection,
            (ITEMS, items),
            ("tag (tenant_id, ci_id, key, value)", tags),
            ("item_text (rowid, code, name, tags)", words),
        ),
        "relations": _insert(
            connection,
            ("relation (id, tenant_id, source_id, target_id, type, relation_key, attributes)",
             relations),
        ),
        "samples": _insert(
            connection,
            ("series (id, tenant_id, metric_id, ci_id)",
             [(n, TENANT, made.METRICS.index(name) + 1, one) for (name, one), n in series.items()]),
            ("sample (tenant_id, series_id, at, value)", samples),
        ),
    }  # fmt: skip
    connection.close()
    return taken


def _insert(
    connection: sqlite3.Connection, *tables: tuple[str, Sequence[tuple[Any, ...]]]
) -> float:
    def work() -> None:
        connection.execute("BEGIN IMMEDIATE")
        for table, rows in tables:
            holes = ", ".join("?" * len(rows[0]))
            connection.executemany(f"INSERT INTO {table} VALUES ({holes})", rows)
        connection.execute("COMMIT")

    return seconds(work)


def _item_rows(size: made.Size) -> tuple[list[Any], list[Any], list[Any]]:
    items, tags, words = list[Any](), list[Any](), list[Any]()
    for number, row in enumerate(made.item_rows(size), start=1):
        own: dict[str, str] = row["tags"]  # type: ignore[assignment]
        named = (row["code"], row["name"], row["type"], row["status"], row["criticality"])
        documents = (json.dumps(own), json.dumps(row["attributes"]))
        items.append(
            (number, TENANT, *named, row["owner"], row["location"], AT_US, AT_US, *documents)
        )
        tags.extend((TENANT, number, key, value) for key, value in own.items())
        spoken = " ".join(f"{key} {value}" for key, value in own.items())
        words.append((number, f"ci {number:07d}", row["name"], spoken))
    return items, tags, words


def _series(size: made.Size) -> list[tuple[str, int]]:
    return [(name, one) for one in range(1, size.measured + 1) for name in made.METRICS]

"""Random samples give the same figures in memory and SQLite, and as worked out by hand."""

from __future__ import annotations

import itertools
import math
import statistics
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.estates import (
    FEW,
    Ports,
    assert_same,
    difference,
    id_of,
    load_items,
    new_tenant,
    window,
)
from contract.measured import aggregate, declare, load
from headwater.model.metric import MetricRecord, SeriesQuery
from headwater.model.query import Filter

VALUES = st.one_of(
    st.floats(-1e6, 1e6).map(lambda value: round(value, 6)), st.integers(-5, 5).map(float)
)
SAMPLES = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 30), VALUES), max_size=25,
    unique_by=lambda sample: sample[:2],
)  # fmt: skip
KINDS = st.sampled_from(
    ["count", "sum", "avg", "min", "max", "last", "stddev", "p50", "p90", "p95", "p99", "rate"]
)


def by_hand(kind: str, samples: list[tuple[int, str, float]]) -> float | None:
    """Work an aggregate out the slow way: samples of one pool, or for a rate of one item."""
    values = [value for _, _, value in sorted(samples)]
    if not values:
        return None
    if kind.startswith("p"):
        return float(np.percentile(values, int(kind[1:])))
    if kind == "rate":
        rises = [new - old if new >= old else new for old, new in itertools.pairwise(values)]
        spent_s = max(samples)[0] - min(samples)[0]
        return sum(rises) / spent_s if spent_s else None
    ways: dict[str, Any] = {
        "count": len, "sum": math.fsum, "avg": statistics.fmean, "min": min, "max": max,
        "last": lambda pool: pool[-1], "stddev": statistics.pstdev,
    }  # fmt: skip
    return float(ways[kind](values))


@pytest.mark.parametrize("adapter", ["sqlite", "postgresql", "mariadb"], indirect=True)
@FEW
@given(samples=SAMPLES, kind=KINDS, span=st.tuples(st.integers(0, 31), st.integers(0, 31)),
       gone=st.sets(st.sampled_from("bc"), max_size=1), step_s=st.sampled_from([None, 1, 7, 3.5]),
       limit=st.integers(0, 4), by_filter=st.booleans())  # fmt: skip
async def test_random_samples_give_alike_and_as_by_hand(
    memory: Ports, estate: Ports, samples: Any, kind: Any, span: Any, gone: Any, step_s: Any,
    limit: int, by_filter: bool,
) -> None:  # fmt: skip
    mine = new_tenant()
    found: list[Any] = []
    for ports in (memory, estate):
        await load_items(ports, *"abcd", principal=mine)
        counter = MetricRecord(name="cpu", kind="counter")
        await declare(ports, counter, MetricRecord(name="mem"), principal=mine)
        both = [(metric, *each) for each in samples for metric in ("cpu", "mem")]
        await load(ports, *both, principal=mine)
        await load_items(
            ports, *(code for code in "abcd" if code not in gone), principal=mine, replace=True
        )
        chosen: Any = {"filters": (Filter("code", "in", list("abd")),)} if by_filter else {}
        own = [
            await aggregate(
                ports, kind, window(*span), by_ci=by, limit=limit, principal=mine, **chosen
            )
            for by in (False, True)
        ]
        ci = await id_of(ports, "a", principal=mine)
        for metric in ("cpu", "mem"):
            asked = SeriesQuery(
                metric=metric, ci=ci, window=window(*span), step_s=step_s, limit=limit
            )
            own.append(await ports.metrics.series(asked, principal=mine))
        read = await ports.metrics.samples(
            "mem", ci_ids=None, window=window(*span), limit=99, principal=mine
        )
        found.append([*own, read])
    assert_same(found[0], found[1])
    living = set("abd" if by_filter else "abcd") - gone
    kept = [(s, code, v) for code, s, v in samples if code in living and span[0] <= s < span[1]]
    each = {code: by_hand(kind, [row for row in kept if row[1] == code]) for code in living}
    pooled = by_hand(kind, kept)
    if kind == "rate":
        rates = [value for value in each.values() if value is not None]
        pooled = sum(rates) if rates else None
    assert difference(found[1][0].value, pooled) is None
    assert found[1][0].samples == len(kept)
    for row in found[1][1].rows:
        assert difference(row.value, each[row.ci.code]) is None

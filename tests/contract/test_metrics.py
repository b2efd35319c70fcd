"""Metrics behave alike behind every adapter, and as figures worked out by hand say."""

from __future__ import annotations

import math
from typing import Any

import pytest

from contract.estates import (
    MINE,
    OTHERS,
    Ports,
    an_item,
    at,
    at_us,
    id_of,
    load_items,
    rows,
    window,
)
from contract.measured import ALL_TIME, FIRST_PAGE, aggregate, declare, every_sample, load
from headwater.errors import LimitError, UsageError
from headwater.model.load import LoadCount
from headwater.model.metric import MetricRecord, SeriesQuery
from headwater.model.query import Filter


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("count", 5.0),
        ("sum", 24.0),
        ("avg", 4.8),
        ("min", 1.0),
        ("max", 10.0),
        ("last", 3.0),
        ("stddev", math.sqrt(9.36)),
        ("p50", 4.0),
        ("p90", 8.4),
        ("p95", 9.2),
        ("p99", 9.84),
    ],
)
async def test_items_pool_their_samples(estate: Ports, kind: str, value: float) -> None:
    await load_items(estate, *"abc")
    await load(
        estate, ("cpu", "a", 0, 1), ("cpu", "a", 9, 3), ("cpu", "b", 5, 10), ("cpu", "b", 2, 4),
        ("cpu", "c", 8, 6), ("mem", "a", 3, 99),
    )  # fmt: skip
    found = await aggregate(estate, kind)
    assert found.value == pytest.approx(value, rel=1e-9)
    assert (found.samples, found.cis_used, found.cis_requested) == (5, 3, None)
    assert (found.metric, found.kind, found.unit, found.rows) == ("cpu", "gauge", None, [])


async def test_windows_are_half_open(estate: Ports) -> None:
    await load_items(estate, "a")
    await load(estate, ("cpu", "a", 0, 1), ("cpu", "a", 10, 2), ("cpu", "a", 20, 4))
    assert (await aggregate(estate, "sum", window(0, 20))).value == 3
    assert (await aggregate(estate, "sum", window(0.000001, 20.000001))).value == 6
    for empty in (window(5, 5), window(20, 0), window(21, 99)):
        nothing = await aggregate(estate, "count", empty)
        assert (nothing.value, nothing.samples, nothing.cis_used) == (None, 0, 0)


async def test_no_data_is_null_and_every_item_asked_for_has_a_row(estate: Ports) -> None:
    await load_items(estate, *"abcd")
    await load(estate, ("cpu", "b", 0, 1), ("cpu", "d", 0, 5), ("cpu", "c", 99, 7))
    ids = [await id_of(estate, code) for code in "abcd"]
    query = {"ci_ids": (*ids, ids[0], 10**6), "by_ci": True}
    found = await aggregate(estate, "avg", window(0, 9), **query)
    rows_found = [(row.ci.code, row.value, row.samples) for row in found.rows]
    assert rows_found == [("d", 5, 1), ("b", 1, 1), ("a", None, 0), ("c", None, 0)]
    assert (found.cis_requested, found.cis_used, found.value) == (5, 2, 3)
    assert not found.truncated
    cut = await aggregate(estate, "avg", window(0, 9), limit=3, **query)
    assert ([row.ci.code for row in cut.rows], cut.truncated) == (["d", "b", "a"], True)
    cut = await aggregate(estate, "avg", window(0, 9), limit=1, **query)
    assert ([row.ci.code for row in cut.rows], cut.truncated) == (["d"], True)
    measured = await aggregate(estate, "avg", window(0, 9), by_ci=True)
    assert [row.ci.code for row in measured.rows] == ["d", "b", "c"]


async def test_items_may_be_chosen_by_filters(estate: Ports) -> None:
    await load_items(
        estate, an_item("a", owner="x"), an_item("b", tags={"team": "t"}), an_item("c", owner="x")
    )
    await load(estate, ("cpu", "a", 0, 1), ("cpu", "b", 0, 2))
    by_owner = await aggregate(estate, "sum", filters=(Filter("owner", "eq", "x"),), by_ci=True)
    assert [(row.ci.code, row.value) for row in by_owner.rows] == [("a", 1), ("c", None)]
    assert (by_owner.cis_requested, by_owner.cis_used) == (2, 1)
    by_tag = await aggregate(estate, "sum", filters=(Filter("tags.team", "exists", True),))
    assert (by_tag.value, by_tag.cis_requested) == (2, 1)
    ids = (await id_of(estate, "a"), await id_of(estate, "b"))
    both = await aggregate(estate, "sum", filters=(Filter("owner", "eq", "x"),), ci_ids=ids)
    assert (both.value, both.cis_requested) == (1, 2)
    nobody = await aggregate(estate, "sum", ci_ids=())
    assert (nobody.value, nobody.cis_requested, nobody.samples) == (None, 0, 0)


async def test_a_rate_counts_resets_as_new_and_is_summed_over_items(estate: Ports) -> None:
    await load_items(estate, *"abc")
    await declare(estate, MetricRecord(name="cpu", unit="req", kind="counter"))
    await load(
        estate, ("cpu", "a", 0, 10), ("cpu", "a", 10, 30), ("cpu", "a", 20, 5),
        ("cpu", "b", 5, 0), ("cpu", "b", 6, 3), ("cpu", "c", 1, 100),
    )  # fmt: skip
    found = await aggregate(estate, "rate", by_ci=True)
    assert [(row.ci.code, row.value) for row in found.rows] == [("b", 3), ("a", 1.25), ("c", None)]
    assert (found.value, found.samples, found.cis_used, found.unit) == (4.25, 6, 2, "req")
    assert (await aggregate(estate, "rate", window(0, 5))).value is None


async def test_the_last_of_one_instant_is_that_of_the_highest_id(estate: Ports) -> None:
    await load_items(estate, *"ab")
    await load(estate, ("cpu", "b", 5, 2), ("cpu", "a", 5, 1))
    assert (await aggregate(estate, "last")).value == 2


async def test_what_cannot_be_asked_is_refused_by_name(estate: Ports) -> None:
    await load_items(estate, "a")
    await load(estate, ("cpu_busy", "a", 0, 1))
    one = await id_of(estate, "a")
    with pytest.raises(UsageError, match="did you mean cpu_busy") as caught:
        await aggregate(estate, "avg", metric="cpu_bussy")
    assert caught.value.code == "metric.unknown"
    for name in ("", "\x00", "\ud800", "x" * 5000, "cpu_busy; --"):
        with pytest.raises(UsageError) as caught:
            await aggregate(estate, "avg", metric=name)
        assert caught.value.code == "metric.unknown"
    with pytest.raises(UsageError) as caught:
        await aggregate(estate, "rate", metric="cpu_busy")
    assert caught.value.code == "metric.not_a_counter"
    with pytest.raises(UsageError) as caught:
        await aggregate(estate, "median", metric="cpu_busy")
    assert caught.value.code == "metric.unknown_aggregate"
    with pytest.raises(UsageError) as caught:
        await aggregate(estate, "avg", metric="cpu_busy", filters=(Filter("ownr", "eq", 1),))
    assert caught.value.code == "query.unknown_field"
    for step_s in (0.0, -1.0, math.nan, math.inf, 1e-9):
        asked = SeriesQuery(metric="cpu_busy", ci=one, window=ALL_TIME, step_s=step_s)
        with pytest.raises(UsageError) as caught:
            await estate.metrics.series(asked, principal=MINE)
        assert caught.value.code == "metric.bad_step"
    with pytest.raises(UsageError) as caught:
        await estate.metrics.samples("nope", ci_ids=None, window=ALL_TIME, limit=9, principal=MINE)
    assert caught.value.code == "metric.unknown"


async def test_a_sum_beyond_what_a_float_holds_is_a_fault_and_not_infinity(estate: Ports) -> None:
    await load_items(estate, "a")
    await load(estate, ("cpu", "a", 0, 1.7e308), ("cpu", "a", 1, 1.7e308))
    with pytest.raises(Exception, match="too large") as caught:
        await aggregate(estate, "sum")
    assert caught.value.code == "metric.overflow"  # type: ignore[attr-defined]


async def series(ports: Ports, code: str, **query: Any) -> Any:
    asked = {"metric": "cpu", "ci": await id_of(ports, code), "window": window(0, 60)} | query
    return await ports.metrics.series(SeriesQuery(**asked), principal=MINE)


async def test_a_series_is_in_order_of_time_and_cut_at_its_end(estate: Ports) -> None:
    await load_items(estate, *"ab")
    await load(estate, *(("cpu", "a", second, second) for second in (40, 10, 60, 0, 20)))
    found = await series(estate, "a", limit=3)
    assert [(point.at, point.value) for point in found.points] == [
        (at(0), 0), (at(10), 10), (at(20), 20),
    ]  # fmt: skip
    assert (found.total, found.truncated, found.ci.code) == (4, True, "a")
    assert not (await series(estate, "a", limit=4)).truncated
    nothing = await series(estate, "b")
    assert (nothing.points, nothing.total, nothing.truncated) == ([], 0, False)
    gone = SeriesQuery(metric="cpu", ci=10**6, window=ALL_TIME)
    assert await estate.metrics.series(gone, principal=MINE) is None


async def test_buckets_start_at_the_window_and_empty_ones_are_left_out(estate: Ports) -> None:
    await load_items(estate, "a")
    await declare(estate, MetricRecord(name="up", kind="counter"))
    seconds = (1, 4, 5.5, 25, 29.999999)
    await load(estate, *(("cpu", "a", second, second) for second in seconds))
    await load(estate, *(("up", "a", second, second) for second in seconds))
    gauge = await series(estate, "a", window=window(1, 30), step_s=4.5)
    assert [(p.at, p.value) for p in gauge.points] == [
        (at(1), pytest.approx(2.5)), (at(5.5), 5.5), (at(23.5), 25), (at(28), 29.999999),
    ]  # fmt: skip
    counter = await series(estate, "a", metric="up", window=window(1, 30), step_s=4.5, limit=2)
    assert [(p.at, p.value) for p in counter.points] == [(at(1), 4), (at(5.5), 5.5)]
    assert (counter.total, counter.truncated, counter.step_s) == (4, True, 4.5)
    whole = await series(estate, "a", step_s=1e12)
    assert [(p.at, p.value) for p in whole.points] == [(at(0), pytest.approx(sum(seconds) / 5))]


async def test_raw_samples_come_by_item_and_too_many_are_refused(estate: Ports) -> None:
    await load_items(estate, *"abc")
    await load(
        estate, ("cpu", "b", 2, 2), ("cpu", "a", 1, 1), ("cpu", "b", 1, 5), ("cpu", "c", 9, 0)
    )
    ids = [await id_of(estate, code) for code in "abc"]

    async def read(limit: int, ci_ids: Any = None) -> Any:
        return await estate.metrics.samples(
            "cpu", ci_ids=ci_ids, window=window(0, 9), limit=limit, principal=MINE
        )

    found = await read(3)
    assert [(each.ci.code, each.at_us, each.values) for each in found] == [
        ("a", [at_us(1)], [1]), ("b", [at_us(1), at_us(2)], [5, 2]),
    ]  # fmt: skip
    assert [each.ci.code for each in await read(3, ci_ids=ids[1:])] == ["b"]
    assert await read(3, ci_ids=[]) == []
    with pytest.raises(LimitError, match="more than 2 samples") as caught:
        await read(2)
    assert caught.value.code == "limit.samples"


async def test_the_catalogue_names_metrics_and_what_an_item_has_of_them(estate: Ports) -> None:
    await load_items(estate, *"ab")
    await declare(
        estate, MetricRecord(name="up", unit="s", kind="counter"), MetricRecord(name="idle")
    )
    await load(estate, ("up", "a", 5, 1), ("up", "a", 3, 2), ("up", "b", 1, 1), ("cpu", "b", 0, 0))
    every = await estate.metrics.catalogue(ci=None, principal=MINE)
    assert [(m.name, m.unit, m.kind, m.series) for m in every] == [
        ("cpu", None, "gauge", 1), ("idle", None, "gauge", 0), ("up", "s", "counter", 2),
    ]  # fmt: skip
    [own] = await estate.metrics.catalogue(ci=await id_of(estate, "a"), principal=MINE)
    assert (own.name, own.series, own.first_at, own.last_at) == ("up", 1, at(3), at(5))
    assert await estate.metrics.catalogue(ci=10**6, principal=MINE) == []


async def test_the_same_samples_twice_change_nothing(estate: Ports) -> None:
    await load_items(estate, "a")
    samples = [("cpu", "a", second, second * 0.1) for second in range(5)]
    assert await load(estate, *samples) == LoadCount(read=5, added=5)
    before = await every_sample(estate)
    assert await load(estate, *samples) == LoadCount(read=5)
    assert await load(estate, *samples, replace=True) == LoadCount(read=5)
    assert await every_sample(estate) == before
    changed = [*samples[:3], ("cpu", "a", 3, 9), ("cpu", "a", 7, 1), ("cpu", "a", 7, 2)]
    assert await load(estate, *changed) == LoadCount(read=6, added=1, changed=2)
    assert await load(estate, *changed[:2], replace=True) == LoadCount(read=2, removed=4)


async def test_metrics_change_and_one_removed_takes_its_samples_along(estate: Ports) -> None:
    await load_items(estate, "a")
    cpu, up = MetricRecord(name="cpu", unit="%"), MetricRecord(name="up", kind="counter")
    assert await declare(estate, cpu, up) == LoadCount(read=2, added=2)
    await load(estate, ("cpu", "a", 0, 1), ("up", "a", 0, 1), ("new", "a", 0, 1))
    assert await declare(estate, cpu, up) == LoadCount(read=2)
    changed = MetricRecord(name="up", unit="s", kind="counter")
    assert await declare(estate, changed, replace=True) == LoadCount(read=1, changed=1, removed=2)
    assert [row[0] for row in await every_sample(estate)] == ["up"]


async def test_a_replacing_load_removes_only_what_its_scope_owns(estate: Ports) -> None:
    await load_items(estate, an_item("a", source="x"), an_item("b", source="y"), an_item("c"))
    await load(estate, *(("cpu", code, 0, 1) for code in "abc"), ("own", "a", 0, 1))
    await declare(estate, MetricRecord(name="idle"))
    assert (await load(estate, replace=True, scope={"x"})).removed == 2
    assert [row[1] for row in await every_sample(estate)] == ["b", "c"]
    await load(estate, ("own", "a", 0, 1))
    assert (await declare(estate, replace=True, scope={"x"})).removed == 1
    names = [each.name for each in await estate.metrics.catalogue(ci=None, principal=MINE)]
    assert names == ["cpu", "idle"]


@pytest.mark.parametrize(
    ("sample", "reason"),
    [
        (("cpu", "a", 0, math.nan), "finite"),
        (("cpu", "a", 0, -math.inf), "finite"),
        (("cpu", "a", 10**18, 1.0), "years 1 to 9999"),
        (("cpu", "nobody", 0, 1.0), "no item has the code 'nobody'"),
        (("", "a", 0, 1.0), "metric is missing"),
        (("c\x00", "a", 0, 1.0), "NUL"),
        (("\ud800", "a", 0, 1.0), "surrogate"),
        (("cpu", "\ud800", 0, 1.0), "no item"),
    ],
)
async def test_a_bad_sample_refuses_all_of_them(estate: Ports, sample: Any, reason: str) -> None:
    await load_items(estate, "a")
    bad = (sample[0], sample[1], sample[2] or at_us(0), sample[3])
    good = ("cpu", "a", at_us(1), 1.0)
    with pytest.raises(UsageError, match=f"line 2: .*{reason}"):
        await estate.metrics.load_samples(rows([good, bad]), replace=False, principal=MINE)
    assert await every_sample(estate) == []
    assert await estate.metrics.catalogue(ci=None, principal=MINE) == []
    skipping = rows([bad, good], skip_bad=True)
    count = await estate.metrics.load_samples(skipping, replace=False, principal=MINE)
    assert (count, skipping.bad_total) == (LoadCount(read=2, added=1), 1)


@pytest.mark.parametrize(
    "record",
    [MetricRecord(name=""), MetricRecord(name="x" * 401), MetricRecord(name="x", kind="sum")],  # type: ignore[arg-type]
)
async def test_a_bad_metric_is_refused(estate: Ports, record: MetricRecord) -> None:
    with pytest.raises(UsageError, match="line 1"):
        await declare(estate, record)


async def test_samples_of_deleted_items_never_appear_and_come_back(estate: Ports) -> None:
    await load_items(estate, *"ab")
    await load(estate, ("cpu", "a", 0, 1), ("cpu", "b", 0, 3))
    gone = await id_of(estate, "b")
    await load_items(estate, "a", replace=True)
    for query in ({}, {"ci_ids": (gone,)}, {"filters": (Filter("code", "eq", "b"),)}):
        found = await aggregate(estate, "sum", by_ci=True, **query)
        assert found.value == (None if query else 1)
        assert gone not in [row.ci.id for row in found.rows]
    asked = SeriesQuery(metric="cpu", ci=gone, window=ALL_TIME)
    assert await estate.metrics.series(asked, principal=MINE) is None
    assert [row[1] for row in await every_sample(estate)] == ["a"]
    assert await estate.metrics.catalogue(ci=gone, principal=MINE) == []
    [known] = await estate.metrics.catalogue(ci=None, principal=MINE)
    assert known.series == 1
    read = await estate.metrics.samples(
        "cpu", ci_ids=[gone], window=ALL_TIME, limit=9, principal=MINE
    )
    assert read == []
    await load_items(estate, "b")
    assert (await aggregate(estate, "sum")).value == 4


async def test_two_tenants_with_the_same_names_never_see_each_other(estate: Ports) -> None:
    for principal, value in ((MINE, 1), (OTHERS, 100)):
        await load_items(estate, "a", principal=principal)
        await load(estate, ("cpu", "a", 0, value), principal=principal)
    await load(estate, ("secret", "a", 0, 5), principal=OTHERS)
    theirs = await id_of(estate, "a", principal=OTHERS)
    assert (await aggregate(estate, "sum")).value == 1
    assert (await aggregate(estate, "sum", ci_ids=(theirs,))).value is None
    by_id = (Filter("id", "eq", theirs),)
    assert (await aggregate(estate, "sum", filters=by_id)).samples == 0
    with pytest.raises(UsageError, match="there is no metric 'secret'; see"):
        await aggregate(estate, "sum", metric="secret")
    asked = SeriesQuery(metric="cpu", ci=theirs, window=ALL_TIME)
    assert await estate.metrics.series(asked, principal=MINE) is None
    assert await estate.metrics.catalogue(ci=theirs, principal=MINE) == []
    assert [m.name for m in await estate.metrics.catalogue(ci=None, principal=MINE)] == ["cpu"]
    read = await estate.metrics.samples(
        "cpu", ci_ids=[theirs], window=ALL_TIME, limit=9, principal=MINE
    )
    assert read == []
    assert await every_sample(estate) == [("cpu", "a", at_us(0), 1)]
    await declare(estate, replace=True)
    await load(estate, replace=True)
    assert len(await every_sample(estate, OTHERS)) == 2


async def test_pages_of_an_export_hold_every_sample_once(estate: Ports) -> None:
    await load_items(estate, *"abc")
    samples = [(m, c, s, 1.5) for m in ("cpu", "mem") for c in "abc" for s in range(-3, 3)]
    await load(estate, *samples)
    got, after = [], FIRST_PAGE
    while True:
        page, after = await estate.metrics.batch(after, limit=5, principal=MINE)
        got += page
        if len(page) < 5:
            break
    assert got == [(m, c, at_us(s), v) for m, c, s, v in samples]
    again, same = await estate.metrics.batch(after, limit=5, principal=MINE)
    assert (again, same) == ([], after)

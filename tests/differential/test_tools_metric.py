"""The tools over metrics against a slow, obvious reference on random samples."""

from __future__ import annotations

import math
import statistics
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tool_estates import ASKED, START, Estate, Stores, each_store, instant, iso, modest, settle, us

from headwater.errors import UsageError
from headwater.model.item import ItemRecord
from headwater.model.metric import MetricRecord

tool_stores = each_store
CODES = ["a", "b", "c", "gone"]
MINUTE = timedelta(minutes=1)
AGGREGATES = ["count", "sum", "avg", "min", "max", "last", "stddev", "p50", "p90", "p95", "p99"]
Series = list[tuple[int, float]]


@st.composite
def estates(draw: st.DrawFn) -> Estate:
    """Minutes of samples, with gaps; the windows drawn begin and end on them, too."""
    values = st.integers(0, 6).map(float) | st.floats(-1e6, 1e6, width=32)
    steps = st.lists(st.integers(0, 30), unique=True, max_size=8)
    samples = []
    for metric in ("cpu", "requests"):
        for code in CODES:
            source = st.integers(0, 6).map(float) if metric == "requests" else values
            samples += [
                (metric, code, us(START + step * MINUTE), draw(source)) for step in draw(steps)
            ]
    return Estate(
        items=[ItemRecord(code=code, name=code, type=code) for code in CODES],
        deleted={"gone"},
        metrics=[MetricRecord(name="cpu", unit="%"), MetricRecord(name="requests", kind="counter")],
        samples=samples,
    )


@st.composite
def windows(draw: st.DrawFn) -> tuple[int, int, str]:
    first, length = draw(st.integers(-2, 30)), draw(st.integers(1, 32))
    start, end = START + first * MINUTE, START + (first + length) * MINUTE
    return us(start), us(end), f"{iso(start)}/{iso(end)}"


def spans(estate: Estate, metric: str, window: tuple[int, int, str]) -> dict[str, Series]:
    """Return each living item's samples in the half-open window, in order of time."""
    found: dict[str, Series] = {code: [] for code in CODES if code not in estate.deleted}
    for name, code, at, value in sorted(estate.samples, key=lambda one: one[2]):
        if name == metric and code in found and window[0] <= at < window[1]:
            found[code].append((at, value))
    return found


def figure(aggregate: str, series: Series) -> float | None:
    values = [value for _, value in series]
    if not values:
        return None
    if aggregate.startswith("p"):
        return float(np.quantile(values, int(aggregate[1:]) / 100))
    plain: dict[str, Any] = {
        "count": len, "sum": math.fsum, "avg": statistics.fmean, "min": min, "max": max,
        "stddev": statistics.pstdev, "last": lambda all_of_them: all_of_them[-1],
    }  # fmt: skip
    return float(plain[aggregate](values))


def rate(series: Series) -> float | None:
    if len(series) <= 1:
        return None
    rises, last = 0.0, series[0][1]
    for _, value in series[1:]:
        rises += value - last if value >= last else value
        last = value
    return rises / ((series[-1][0] - series[0][0]) / 1e6)


def close(found: float | None, expected: float | None) -> bool:
    if found is None or expected is None:
        return found is expected
    return math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-6)


@modest
@given(estates(), windows(), st.data())
def test_an_aggregate_equals_one_over_the_pooled_samples(
    tool_stores: Stores, estate: Estate, window: tuple[int, int, str], data: st.DataObject
) -> None:
    world = settle(tool_stores, estate)
    refs = data.draw(st.none() | st.lists(st.sampled_from([*CODES, "nobody"]), unique=True))
    asked = {"window": window[2], "ci_ids": refs}
    chosen = spans(estate, "cpu", window)
    if refs is not None:
        chosen = {code: series for code, series in chosen.items() if code in refs}
    pool = sorted((at, code, value) for code, series in chosen.items() for at, value in series)
    pooled = [(at, value) for at, _, value in pool]
    for aggregate in AGGREGATES:
        found, evidence = world.cited("metric.aggregate", asked, metric="cpu", aggregate=aggregate)
        assert close(found["value"], figure(aggregate, pooled)), aggregate
        assert found["samples"] == evidence.count == len(pooled)
        assert found["cis_requested"] == (None if refs is None else len(refs))
        assert found["cis_used"] == sum(bool(series) for series in chosen.values())
        assert (found["unit"], found["rows"], found["truncated"]) == ("%", [], False)
        assert us(instant(found["window"]["start"])) == window[0]
        assert ("nobody" in str(evidence.query)) == bool(refs and "nobody" in refs)


@modest
@given(estates(), windows())
def test_rates_survive_resets_and_are_summed_over_items(
    tool_stores: Stores, estate: Estate, window: tuple[int, int, str]
) -> None:
    world = settle(tool_stores, estate)
    rates = {code: rate(series) for code, series in spans(estate, "requests", window).items()}
    known = [one for one in rates.values() if one is not None]
    asked = {"metric": "requests", "aggregate": "rate", "window": window[2]}
    found = world.call("metric.aggregate", asked, group_by="ci", ci_ids=["a", "b", "c"])
    assert close(found["value"], sum(known) if known else None)
    assert {row["ci"]["code"]: row["value"] for row in found["rows"]} == {
        code: pytest.approx(one) if one is not None else None for code, one in rates.items()
    }
    assert found["cis_used"] == len(known)


@modest
@given(estates(), windows(), st.integers(1, 3))
def test_rows_by_item_come_largest_first_and_say_when_cut(
    tool_stores: Stores, estate: Estate, window: tuple[int, int, str], limit: int
) -> None:
    world = settle(tool_stores, estate)
    chosen = {code: series for code, series in spans(estate, "cpu", window).items() if code != "c"}
    values = {code: figure("max", series) for code, series in chosen.items()}
    expected = sorted(values, key=lambda code: (
        values[code] is None, -(values[code] or 0.0), world.ids[code]
    ))  # fmt: skip
    asked = {"metric": "cpu", "aggregate": "max", "window": window[2], "group_by": "ci"}
    only = {"filters": [{"field": "type", "op": "in", "value": ["a", "b", "gone"]}]}
    found, evidence = world.cited("metric.aggregate", {**asked, **only}, limit=limit)
    assert [row["ci"]["code"] for row in found["rows"]] == expected[:limit]
    assert [row["ci"]["id"] for row in found["rows"]] == [
        world.ids[code] for code in expected[:limit]
    ]
    assert found["cis_requested"] == len(chosen)
    assert found["truncated"] == evidence.truncated == (len(chosen) > limit)
    ids = [10**15, *(world.ids[code] for code in sorted({*chosen, *estate.deleted}, reverse=True))]
    found, evidence = world.cited("metric.aggregate", asked, limit=limit, ci_ids=[*ids, ids[-1]])
    kept = [code for code in expected if world.ids[code] in ids]
    assert [row["ci"]["code"] for row in found["rows"]] == kept[:limit]
    assert found["cis_requested"] == len(ids)
    assert found["truncated"] == evidence.truncated == (len(kept) > limit)
    assert "not in the estate: 1000000000000000" in str(evidence.query)


@modest
@given(estates(), windows(), st.sampled_from([None, 60.0, 150.0, 0.5, 7200.0]), st.integers(1, 6))
def test_a_series_equals_its_samples_in_buckets_from_the_windows_start(
    tool_stores: Stores,
    estate: Estate,
    window: tuple[int, int, str],
    step_s: float | None,
    limit: int,
) -> None:
    world = settle(tool_stores, estate)
    for metric in ("cpu", "requests"):
        series = spans(estate, metric, window)["a"]
        expected = series
        if step_s is not None:
            width = round(step_s * 1e6)
            buckets: dict[int, list[float]] = {}
            for at, value in series:
                buckets.setdefault((at - window[0]) // width, []).append(value)
            joined = statistics.fmean if metric == "cpu" else list[float].pop
            expected = [
                (window[0] + number * width, joined(values))
                for number, values in sorted(buckets.items())
            ]
        asked = {"metric": metric, "ci": "a", "window": window[2], "step_s": step_s}
        found, evidence = world.cited("metric.series_table", asked, limit=limit)
        points = [(us(instant(one["at"])), one["value"]) for one in found["points"]]
        assert points == [(at, pytest.approx(value)) for at, value in expected[:limit]]
        assert found["total"] == evidence.count == len(expected)
        assert found["truncated"] == evidence.truncated == (len(expected) > limit)
        assert found["ci"]["code"] == "a"


def one_sample(value: float = 5.0) -> Estate:
    return Estate(
        items=[ItemRecord(code="a", name="A", type="x"), ItemRecord(code="7", name="B", type="x")],
        metrics=[MetricRecord(name="cpu", unit="%")],
        samples=[("cpu", "a", us(ASKED - timedelta(minutes=60)), value)],
    )


def test_a_relative_window_holds_its_start_and_not_its_end(tool_stores: Stores) -> None:
    estate = one_sample()
    estate.samples.append(("cpu", "a", us(ASKED), 9.0))
    world = settle(tool_stores, estate)
    found, evidence = world.cited("metric.aggregate", metric="cpu", window="last_1h")
    assert (found["value"], found["samples"]) == (5.0, 1)
    assert evidence.observed_at == ASKED
    assert world.call("metric.aggregate", metric="cpu", window="last_59m")["value"] is None


def test_no_data_is_null_and_never_zero(tool_stores: Stores) -> None:
    world = settle(tool_stores, one_sample())
    for aggregate in AGGREGATES:
        asked = {"metric": "cpu", "aggregate": aggregate, "ci_ids": ["7"], "group_by": "ci"}
        found = world.call("metric.aggregate", asked)
        assert (found["value"], found["samples"], found["cis_used"]) == (None, 0, 0)
        assert [(row["ci"]["code"], row["value"]) for row in found["rows"]] == [("7", None)]


def test_an_item_is_named_by_id_or_code_or_an_id_as_text(tool_stores: Stores) -> None:
    world = settle(tool_stores, one_sample())
    number = world.ids["a"]
    names = [number, "a"] if str(number) == "7" else [number, "a", str(number)]
    for name in names:
        asked = {"metric": "cpu", "window": "last_2h"}
        assert world.call("metric.aggregate", asked, ci_ids=[name])["value"] == 5.0
        assert len(world.call("metric.series_table", asked, ci=name)["points"]) == 1
    twice = world.call("metric.aggregate", metric="cpu", window="last_2h", ci_ids=names)
    assert (twice["cis_requested"], twice["samples"]) == (1, 1)


def test_naming_no_item_is_not_asking_for_all(tool_stores: Stores) -> None:
    world = settle(tool_stores, one_sample())
    for refs in ([], ["nobody"]):
        found = world.call("metric.aggregate", metric="cpu", window="last_2h", ci_ids=refs)
        assert (found["value"], found["cis_requested"], found["cis_used"]) == (None, len(refs), 0)
        asked = {"metric": "cpu", "window": "last_2h", "group_by": "ci"}
        by_item = world.call("metric.aggregate", asked, ci_ids=refs)
        assert (by_item["rows"], by_item["cis_requested"]) == ([], len(refs))
    every = world.call("metric.aggregate", metric="cpu", window="last_2h", group_by="ci")
    assert every["samples"] == 1


def test_a_series_of_no_item_is_null(tool_stores: Stores) -> None:
    world = settle(tool_stores, one_sample())
    value, evidence = world.cited("metric.series_table", metric="cpu", ci="nobody")
    assert value is None
    assert "nobody" in str(evidence.query)


@pytest.mark.parametrize(
    ("arguments", "code", "named"),
    [
        ({"metric": "cpus"}, "metric.unknown", "cpu"),
        ({"metric": "cpu", "aggregate": "rate"}, "metric.not_a_counter", "gauge"),
        ({"metric": "cpu", "aggregate": "p42"}, "tool.bad_arguments", "aggregate"),
        ({"metric": "cpu", "window": "yesterday"}, "window.bad", "last_1h"),
        ({"metric": "cpu", "group_by": "type"}, "tool.bad_arguments", "group_by"),
        ({"metric": "cpu", "filters": [{"field": "x"}]}, "query.unknown_field", "x"),
        ({"metric": "cpu", "ci_ids": [True]}, "tool.bad_arguments", "ci_ids.0"),
        ({"metric": "cpu", "ci_ids": [2**63]}, "tool.bad_arguments", "ci_ids.0"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_name(
    tool_stores: Stores, arguments: dict[str, Any], code: str, named: str
) -> None:
    world = settle(tool_stores, one_sample())
    with pytest.raises(UsageError) as caught:
        world.call("metric.aggregate", arguments)
    assert caught.value.code == code
    assert named in caught.value.message

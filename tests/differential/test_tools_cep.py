"""The tool that tries rules, through stores, against what the rule says read aloud."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tool_estates import ASKED, START, Estate, Stores, each_store, instant, iso, modest, settle, us

from headwater.analysis.trigger import parse_trigger
from headwater.errors import LimitError, UsageError
from headwater.model.history import HistoryRecord
from headwater.model.item import ItemRecord
from headwater.model.metric import MetricRecord
from headwater.model.query import Filter
from headwater.model.rule import RuleRecord
from headwater.model.window import Window
from headwater.packs.cep.reading import read_events, read_samples
from headwater.packs.naming import find_filtered

tool_stores = each_store
MINUTE = timedelta(minutes=1)
CODES = ["a", "b", "gone"]
HOT = {"type": "metric", "metric": "cpu", "aggregate": "last", "window_s": 60, "comparison": "gt",
       "threshold": 90}  # fmt: skip


def estate_of(**parts: Any) -> Estate:
    items = [ItemRecord(code=code, name=code.upper(), type=f"type {code}") for code in CODES]
    metrics = [MetricRecord(name="cpu", unit="%"), MetricRecord(name="hits", kind="counter")]
    return Estate(items=items, deleted={"gone"}, metrics=metrics, **parts)


samples = st.lists(
    st.tuples(
        st.just("cpu"),
        st.sampled_from(CODES),
        st.integers(0, 40),
        st.sampled_from([50.0, 90.0, 95.0]),
    ),
    unique_by=lambda one: one[:3],
    max_size=60,
)


@modest
@given(samples, st.integers(-3, 30), st.integers(1, 20), st.integers(0, 3))
def test_a_metric_rule_fires_as_read_aloud(
    tool_stores: Stores, drawn: list[Any], first: int, length: int, for_minutes: int
) -> None:
    loaded = [(metric, ci, us(START + at * MINUTE), value) for metric, ci, at, value in drawn]
    world = settle(tool_stores, estate_of(samples=loaded))
    start, end = START + first * MINUTE, START + (first + length) * MINUTE
    expected = []
    for code in ("a", "b"):
        hot = sorted(at for _, ci, at, value in drawn if ci == code and value > 90)
        hot = [at for at in hot if first - for_minutes <= at < first + length]
        for at in hot:
            streak = [
                back
                for back in range(at, -100, -1)
                if all(one in hot for one in range(back, at + 1))
            ]
            if at - min(streak) == for_minutes or (for_minutes == 0 and at - 1 not in hot):
                last = max(
                    one for one in range(at, 100) if all(x in hot for x in range(at, one + 1))
                )
                expected.append((at, code, min(last + 1, first + length)))
    found, evidence = world.cited(
        "cep.simulate", rule={**HOT, "for_s": for_minutes * 60}, period=f"{iso(start)}/{iso(end)}"
    )
    firings = [
        ((us(instant(one["start"])) - us(START)) // 60_000_000, one["ci"]["code"],
         (us(instant(one["end"])) - us(START)) // 60_000_000)
        for one in found["firings"]
    ]  # fmt: skip
    assert firings == sorted(expected)
    assert (found["fired"], found["total"]) == (bool(expected), len(expected))
    seen = [
        at
        for _, ci, at, _ in drawn
        if ci != "gone" and first - for_minutes - 1 <= at < first + length
    ]
    assert found["samples_read"] == evidence.count == len(seen)
    assert found["truncated"] is False


entries = st.lists(
    st.builds(
        lambda ci, kind, at, size: HistoryRecord(
            ci=ci, kind=kind, at=START + at * MINUTE, title=f"{kind} {at}",
            attributes={} if size is None else {"size": size},
        ),
        st.sampled_from(CODES),
        st.sampled_from(["change", "deployment"]),
        st.integers(0, 20),
        st.none() | st.integers(0, 3),
    ),
    unique_by=lambda one: (one.ci, one.title),
    max_size=15,
)  # fmt: skip


@modest
@given(
    entries,
    st.sampled_from([[], ["change"]]),
    st.sampled_from(["size", "not", "exists"]),
    st.integers(1, 4),
)
def test_an_event_rule_fires_at_each_entry_that_meets_it(
    tool_stores: Stores, history: list[HistoryRecord], kinds: list[str], form: str, limit: int
) -> None:
    world = settle(tool_stores, estate_of(history=history))
    above: dict[str, Any] = {"field": "attributes.size", "op": "gt", "value": 1}
    conditions: dict[str, Any] = {
        "size": above,
        "not": {"not": above},
        "exists": {"field": "attributes.size", "op": "exists", "value": False},
    }
    sizes = {"size": {2, 3}, "not": {0, 1}, "exists": {None}}[form]
    expected = sorted(
        (one.at, world.ids[one.ci])
        for one in history
        if one.ci != "gone"
        and (not kinds or one.kind in kinds)
        and one.attributes.get("size") in sizes
        and START + 2 * MINUTE <= one.at < START + 15 * MINUTE
    )
    rule = {
        "name": "mine",
        "trigger": {"type": "event", "kinds": kinds, "condition": conditions[form]},
    }
    period = f"{iso(START + 2 * MINUTE)}/PT13M"
    found = world.call("cep.simulate", rule=rule, period=period, limit=limit)
    assert [(instant(one["start"]), one["ci"]["id"]) for one in found["firings"]] == expected[
        :limit
    ]
    assert (found["total"], found["truncated"]) == (len(expected), len(expected) > limit)
    assert found["rule"] == "mine"
    for one in found["firings"]:
        assert one["evidence"][0]["at"] == one["start"]
        assert one["evidence_total"] == 1


def test_a_stored_rule_is_named_by_code_name_or_id(tool_stores: Stores) -> None:
    rule = RuleRecord(code="hot", name="Too hot", trigger={**HOT, "ci": "a"})
    late = [("cpu", code, us(ASKED - MINUTE), 99.0) for code in ("a", "b")]
    world = settle(tool_stores, estate_of(rules=[rule], samples=late))
    (stored,) = world.call("estate.resolve", terms=["Too hot"], kinds=["rule"])["terms"]
    for name in ("hot", "Too hot", stored["candidates"][0]["id"]):
        found = world.call("cep.simulate", rule=name)
        assert (found["rule"], found["total"], found["cis_checked"]) == ("hot", 1, 1)
        assert found["firings"][0]["evidence"] == [
            {"at": iso(ASKED - MINUTE).replace("+00:00", "Z"), "value": 99.0}
        ]
    value, evidence = world.cited("cep.simulate", rule="nothing")
    assert value is None
    assert "no such rule" in str(evidence.query)


def test_a_window_reaches_back_before_the_period(tool_stores: Stores) -> None:
    early = [
        ("cpu", "a", us(ASKED - 12 * MINUTE), 30.0),
        ("cpu", "a", us(ASKED - 9 * MINUTE), 99.0),
    ]
    world = settle(tool_stores, estate_of(samples=early))
    mean = {**HOT, "aggregate": "avg", "window_s": 300}
    found = world.call("cep.simulate", rule=mean, period="last_10m")
    assert (found["fired"], found["samples_read"]) == (False, 2)
    assert world.call("cep.simulate", rule={**mean, "window_s": 120}, period="last_10m")["fired"]


def test_more_than_can_be_tried_is_refused_saying_what_to_narrow(tool_stores: Stores) -> None:
    late = [("cpu", code, us(ASKED - MINUTE), 99.0) for code in ("a", "b")]
    events = [HistoryRecord(ci=code, kind="change", at=ASKED - MINUTE, title="x") for code in "ab"]
    world = settle(tool_stores, estate_of(samples=late, history=events))
    period = Window(ASKED - 10 * MINUTE, ASKED)
    given: dict[str, Any] = {"inventory": tool_stores.inventory, "principal": world.principal}
    metric, event = parse_trigger(HOT), parse_trigger({"type": "event"})
    tries = (
        partial(read_samples, metric, period, metrics=tool_stores.metrics, **given),
        partial(read_events, event, period, history=tool_stores.history, **given),
        partial(find_filtered, [Filter("type", "like", "type%")], **given),
    )
    for attempt in tries:
        tool_stores.portal.call(partial(attempt, limit=2))
        with pytest.raises(LimitError, match=r"narrow|shorten") as caught:
            tool_stores.portal.call(partial(attempt, limit=1))
        assert caught.value.code in {"limit.samples", "limit.events", "limit.items"}


def test_filters_and_unknown_items_narrow_what_is_watched(tool_stores: Stores) -> None:
    late = [("cpu", code, us(ASKED - MINUTE), 99.0) for code in ("a", "b")]
    world = settle(tool_stores, estate_of(samples=late))
    only_b = {**HOT, "filters": [{"field": "type", "value": "type b"}]}
    assert [one["ci"]["code"] for one in world.call("cep.simulate", rule=only_b)["firings"]] == [
        "b"
    ]
    both = {**only_b, "ci_ids": ["a", world.ids["b"], "nobody"]}
    found, evidence = world.cited("cep.simulate", rule=both)
    assert [one["ci"]["code"] for one in found["firings"]] == ["b"]
    assert found["cis_checked"] == 1
    assert "nobody" in str(evidence.query)
    nobody = world.call("cep.simulate", rule={**HOT, "ci": "nobody"})
    assert (nobody["fired"], nobody["cis_checked"], nobody["samples_read"]) == (False, 0, 0)


@pytest.mark.parametrize(
    ("rule", "code", "named"),
    [
        ({"type": "metric"}, "rule.bad_trigger", "comparison"),
        ({"trigger": {"type": "cron"}}, "rule.bad_trigger", "cron"),
        ({**HOT, "metric": "cpus"}, "metric.unknown", "cpu"),
        ({**HOT, "aggregate": "rate"}, "rule.bad_trigger", "rate"),
        ({**HOT, "filters": [{"field": "colour", "value": 1}]}, "query.unknown_field", "colour"),
        ({**HOT, "filters": [{"field": "name", "op": "re"}]}, "rule.bad_trigger", "filters[0]"),
        ({"name": 3, "trigger": HOT}, "rule.bad_trigger", "name"),
        (1.5, "tool.bad_arguments", "rule"),
    ],
)
def test_a_rule_that_cannot_be_tried_is_refused_by_name(
    tool_stores: Stores, rule: Any, code: str, named: str
) -> None:
    world = settle(tool_stores, estate_of())
    with pytest.raises(UsageError) as caught:
        world.call("cep.simulate", rule=rule)
    assert caught.value.code == code
    assert named in caught.value.message

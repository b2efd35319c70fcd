"""Triggers as plain JSON: what they mean, and refusals that name the place."""

from __future__ import annotations

from typing import Any

import pytest

from headwater.analysis.trigger import EventTrigger, MetricTrigger, describe_trigger, parse_trigger
from headwater.errors import UsageError

METRIC = {"type": "metric", "metric": "cpu", "comparison": "gt", "threshold": 90}
EVENT = {"type": "event", "kinds": ["change"]}


def test_what_a_metric_trigger_leaves_out_has_defaults() -> None:
    trigger = parse_trigger(METRIC)
    assert isinstance(trigger, MetricTrigger)
    assert (trigger.aggregate, trigger.window_s, trigger.for_s) == ("avg", 300.0, 0.0)
    assert trigger.scope.ci_ids is None


@pytest.mark.parametrize(
    ("written", "window_s", "for_s"),
    [
        ({"window_s": 60, "for_s": 0.5}, 60.0, 0.5),
        ({"window": 60, "for": 120}, 60.0, 120.0),
        ({"window": "5m", "for": "PT10M"}, 300.0, 600.0),
    ],
)
def test_spans_are_seconds_or_durations(
    written: dict[str, Any], window_s: float, for_s: float
) -> None:
    trigger = parse_trigger({**METRIC, **written})
    assert isinstance(trigger, MetricTrigger)
    assert (trigger.window_s, trigger.for_s) == (window_s, for_s)


@pytest.mark.parametrize(
    ("sign", "comparison"),
    [(">", "gt"), (">=", "gte"), ("<", "lt"), ("<=", "lte"), ("==", "eq"), ("!=", "ne")],
)
def test_a_comparison_may_be_a_sign(sign: str, comparison: str) -> None:
    assert parse_trigger({**METRIC, "comparison": sign}) == parse_trigger(
        {**METRIC, "comparison": comparison}
    )


@pytest.mark.parametrize(
    "plain",
    [
        METRIC,
        {**METRIC, "ci": 5, "aggregate": "p95", "for": "5m"},
        {**METRIC, "ci_ids": ["a", 2], "filters": [{"field": "type", "value": "x"}]},
        EVENT,
        {"type": "event", "kinds": "change", "condition": {"not": {"field": "a", "op": "exists"}}},
    ],
)
def test_a_trigger_described_is_the_same_trigger(plain: dict[str, Any]) -> None:
    trigger = parse_trigger(plain)
    assert parse_trigger(describe_trigger(trigger)) == trigger


def test_an_event_trigger_may_take_every_kind() -> None:
    trigger = parse_trigger({"type": "event"})
    assert isinstance(trigger, EventTrigger)
    assert (trigger.kinds, trigger.condition) == ((), None)


@pytest.mark.parametrize(
    ("plain", "named"),
    [
        (None, "trigger"),
        ([METRIC], "trigger"),
        ({}, "type is missing"),
        ({"type": "time"}, "'time'"),
        ({**METRIC, "metric": ""}, "metric"),
        ({**METRIC, "metric": 3}, "metric"),
        ({**METRIC, "threshold": None}, "threshold is missing"),
        ({**METRIC, "threshold": "90"}, "threshold"),
        ({**METRIC, "threshold": True}, "threshold"),
        ({**METRIC, "threshold": float("nan")}, "threshold"),
        ({**METRIC, "threshold": 10**400}, "threshold"),
        ({**METRIC, "comparison": "above"}, "comparison"),
        ({**METRIC, "comparison": ["gt"]}, "comparison"),
        ({**METRIC, "aggregate": "median"}, "aggregate"),
        ({**METRIC, "window_s": 0}, "window_s"),
        ({**METRIC, "window_s": -1}, "window_s"),
        ({**METRIC, "window": "5 minutes"}, "window"),
        ({**METRIC, "window": "5m", "window_s": 60}, "window_s"),
        ({**METRIC, "for_s": 1e12}, "for_s"),
        ({**METRIC, "for": float("inf")}, "for"),
        ({**METRIC, "ci": 1, "ci_ids": [1]}, "ci_ids"),
        ({**METRIC, "ci_ids": "a"}, "ci_ids"),
        ({**METRIC, "ci": True}, "ci_ids"),
        ({**METRIC, "filters": [3]}, "filters"),
        ({**METRIC, "treshold": 1}, "treshold"),
        ({**EVENT, "kinds": [1]}, "kinds"),
        ({**EVENT, "metric": "cpu"}, "metric"),
        ({**EVENT, "condition": {"all": [{}]}}, "condition.all[0]"),
    ],
)
def test_a_bad_trigger_is_refused_by_its_path(plain: object, named: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_trigger(plain)
    assert caught.value.code == "rule.bad_trigger"
    assert named in caught.value.message

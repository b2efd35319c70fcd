"""Conditions over history entries: three-valued logic, and refusals that name the place."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.analysis.entry_condition import MAX_DEPTH, MAX_NODES, parse_condition
from headwater.errors import UsageError
from headwater.model.history import HistoryEntry
from headwater.model.item import ItemName

ENTRY = HistoryEntry(
    id=7,
    ci=ItemName(3, "checkout-api", "Checkout"),
    kind="deployment",
    at=datetime(2026, 1, 1, 12, tzinfo=UTC),
    severity="high",
    title="Deployed 2.4",
    attributes={"version": "2.4", "size": 3, "forced": True, "tags": ["eu", 5], "by": {"bot": "x"},
                "nothing": None, "a.b": 1},
)  # fmt: skip


def meets(plain: object) -> bool:
    return parse_condition(plain).truth(ENTRY) is True


def one(field: str, op: str = "eq", value: Any = None) -> dict[str, Any]:
    return {"field": field, "op": op, "value": value}


@pytest.mark.parametrize(
    "plain",
    [
        one("kind", "eq", "deployment"),
        one("kind", "ne", "change"),
        one("id", "gt", 6),
        one("ci", "eq", "checkout-api"),
        one("ci.name", "starts_with", "Check"),
        one("title", "contains", "yed 2"),
        one("title", "ends_with", "2.4"),
        one("severity", "gte", "medium"),
        one("severity", "lt", "critical"),
        one("severity", "eq", "major"),
        one("at", "gte", "2026-01-01T12:00:00Z"),
        one("at", "lt", "2026-01-01T13:00:00+00:30"),
        one("at", "eq", "2026-01-01T12:00"),
        one("attributes.size", "lte", 3.0),
        one("size", "in", [1, 3]),
        one("size", "not_in", [1, "3"]),
        one("attributes.by.bot", "eq", "x"),
        one("attributes.a.b", "eq", 1),
        one("attributes.tags", "contains", 5),
        one("attributes.forced", "eq", True),
        one("attributes.size", "ne", "3"),
        one("attributes.size", "ne", True),
        one("attributes.version", "exists"),
        one("attributes.absent", "exists", False),
        one("attributes.nothing", "exists", False),
        {"all": []},
        {"not": {"any": []}},
        {"all": [one("kind", "eq", "deployment"), {"not": one("kind", "eq", "change")}]},
        {"any": [one("absent", "eq", 1), one("id", "eq", 7)]},
    ],
)
def test_a_condition_that_holds_is_met(plain: dict[str, Any]) -> None:
    assert meets(plain)
    assert not meets({"not": plain})


@pytest.mark.parametrize(
    "op", ["eq", "ne", "gt", "gte", "lt", "lte", "contains", "starts_with", "ends_with"]
)
@pytest.mark.parametrize(
    "field", ["absent", "attributes.by.cat", "attributes.size.x", "actor", "attributes.nothing"]
)
def test_a_comparison_with_an_absent_field_is_false_and_so_is_its_not(field: str, op: str) -> None:
    for plain in (one(field, op, 1), one(field, "in", [1]), one(field, "not_in", [1])):
        assert not meets(plain)
        assert not meets({"not": plain})
        assert not meets({"not": {"not": plain}})
        assert not meets({"all": [one("id", "eq", 7), plain]})
        assert meets({"any": [one("id", "eq", 7), plain]})
        assert meets({"not": {"all": [one("id", "eq", 8), plain]}})
    assert meets(one(field, "exists", False))
    assert meets({"not": one(field, "exists", True)})


@pytest.mark.parametrize(
    ("field", "op", "value"),
    [("size", "gt", "2"), ("title", "gt", 1), ("forced", "gt", 0), ("at", "gt", "soon"),
     ("size", "contains", 3), ("size", "starts_with", "3"), ("title", "contains", 2)],
)  # fmt: skip
def test_what_cannot_be_compared_is_unknown_either_way(field: str, op: str, value: Any) -> None:
    assert not meets(one(field, op, value))
    assert not meets({"not": one(field, op, value)})


LEAVES = {True: one("id", "eq", 7), False: one("id", "eq", 8), None: one("absent", "eq", 1)}
trees = st.recursive(
    st.sampled_from([True, False, None]),
    lambda inner: (
        st.tuples(st.just("not"), inner)
        | st.tuples(st.sampled_from(["all", "any"]), st.lists(inner, max_size=3))
    ),
    max_leaves=12,
)


def plain_of(tree: Any) -> dict[str, Any]:
    if not isinstance(tree, tuple):
        return LEAVES[tree]
    key, inner = tree
    return {key: plain_of(inner) if key == "not" else [plain_of(each) for each in inner]}


def possible(tree: Any) -> set[bool]:
    """Return every truth that it may have if each unknown leaf may be true or false."""
    if tree is None:
        return {True, False}
    if not isinstance(tree, tuple):
        return {tree}
    key, inner = tree
    if key == "not":
        return {not truth for truth in possible(inner)}
    judge = all if key == "all" else any
    return {judge(truths) for truths in itertools.product(*map(possible, inner))}


@given(trees)
def test_a_condition_is_met_only_where_no_unknown_could_change_that(tree: Any) -> None:
    assert meets(plain_of(tree)) == (possible(tree) == {True})
    assert parse_condition(parse_condition(plain_of(tree)).plain()) == parse_condition(
        plain_of(tree)
    )


@pytest.mark.parametrize(
    ("plain", "named"),
    [
        (None, "condition"),
        ([], "condition"),
        ({}, "condition"),
        ({"all": [], "any": []}, "exactly one"),
        ({"all": {}}, "condition.all"),
        ({"all": [one("x", "eq", 1), 3]}, "condition.all[1]"),
        ({"not": [one("x", "eq", 1)]}, "condition.not"),
        ({"any": [{"not": {"field": "x", "op": "regex", "value": 1}}]}, "condition.any[0].not.op"),
        ({"field": "", "op": "eq", "value": 1}, "condition.field"),
        ({"field": "x", "op": "eq"}, "condition.value"),
        ({"field": "x", "op": "in", "value": "abc"}, "condition.value"),
        ({"field": "x", "op": "exists", "value": "yes"}, "condition.value"),
        ({"field": "x", "operator": "eq", "value": 1}, "operator"),
        ({"field": "x", "op": ["eq"], "value": 1}, "condition.op"),
        ({"all": [one("x", "eq", 1)] * MAX_NODES}, str(MAX_NODES)),
    ],
)
def test_a_bad_condition_is_refused_by_its_path(plain: object, named: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_condition(plain)
    assert caught.value.code == "rule.bad_trigger"
    assert named in caught.value.message


def nested(levels: int) -> dict[str, Any]:
    plain = one("id", "eq", 7)
    for _ in range(levels - 1):
        plain = {"not": plain}
    return plain


def test_depth_is_bounded_and_deep_nonsense_exhausts_no_stack() -> None:
    parse_condition(nested(MAX_DEPTH))
    for levels in (MAX_DEPTH + 1, 100_000):
        with pytest.raises(UsageError, match="32 levels"):
            parse_condition(nested(levels))

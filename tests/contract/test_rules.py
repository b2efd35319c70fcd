"""Stored rules behave alike behind every adapter."""

from __future__ import annotations

from typing import Any

import pytest

from contract.estates import MINE, OTHERS, Ports, rows
from headwater.errors import UsageError
from headwater.model.load import LoadCount
from headwater.model.rule import RuleRecord


def a_rule(code: str, **fields: Any) -> RuleRecord:
    """Make a rule that is called as its code."""
    return RuleRecord(**({"code": code, "name": code, "trigger": {"kinds": ["change"]}} | fields))


async def load(ports: Ports, *rules: RuleRecord, **of: Any) -> LoadCount:
    principal, replace = of.pop("principal", MINE), of.pop("replace", False)
    return await ports.rules.load(rows(rules, **of), replace=replace, principal=principal)


async def codes(ports: Ports) -> list[str]:
    return [rule.code for rule in await ports.rules.every(principal=MINE)]


async def test_a_rule_keeps_all_that_it_was_given(estate: Ports) -> None:
    whole = a_rule(
        "r1", name="Ünusual", trigger={"all": [{"field": "x", "op": "gt", "value": 1.5}]},
        description="why", severity="high", enabled=False, attributes={"a": [None, True]},
    )  # fmt: skip
    await load(estate, whole)
    rule = await estate.rules.get("r1", principal=MINE)
    assert rule is not None
    for field in RuleRecord.__slots__:
        assert getattr(rule, field) == getattr(whole, field)


async def test_a_rule_is_found_by_id_then_code_then_name(estate: Ports) -> None:
    await load(estate, a_rule("b", name="a"), a_rule("a", name="z"), a_rule("c", name="z"))
    first = await estate.rules.get("a", principal=MINE)
    assert first is not None
    assert first.name == "z"
    by_id = await estate.rules.get(first.id, principal=MINE)
    assert by_id == first
    by_name = await estate.rules.get("z", principal=MINE)
    assert by_name is not None
    assert by_name.code == "a"
    for ref in ("nope", "A", 10**6, 2**70, "\ud800", "\x00", ""):
        assert await estate.rules.get(ref, principal=MINE) is None
    assert await codes(estate) == ["a", "b", "c"]


async def test_the_same_rules_twice_change_nothing_and_ids_stay(estate: Ports) -> None:
    rules = [a_rule("a"), a_rule("b")]
    assert await load(estate, *rules) == LoadCount(read=2, added=2)
    before = await estate.rules.every(principal=MINE)
    assert await load(estate, *rules, replace=True) == LoadCount(read=2)
    assert await estate.rules.every(principal=MINE) == before
    new = a_rule("b", trigger={"metric": "cpu"})
    assert await load(estate, new, replace=True) == LoadCount(read=1, changed=1, removed=1)
    [left] = await estate.rules.every(principal=MINE)
    assert (left.id, left.trigger) == (before[1].id, {"metric": "cpu"})


async def test_a_result_changed_by_its_reader_changes_nothing_stored(estate: Ports) -> None:
    await load(estate, a_rule("a"))
    [rule] = await estate.rules.every(principal=MINE)
    rule.trigger["kinds"].append("mine")
    again = await estate.rules.get("a", principal=MINE)
    assert again is not None
    assert again.trigger == {"kinds": ["change"]}


@pytest.mark.parametrize(
    "rule",
    [
        a_rule(""),
        a_rule("b", name="\x00"),
        a_rule("b", trigger={"x": float("nan")}),
        a_rule("b", trigger=[]),
        a_rule("b", description="\udfff"),
        a_rule("b" * 401),
    ],
)
async def test_a_bad_rule_refuses_all_of_them(estate: Ports, rule: RuleRecord) -> None:
    with pytest.raises(UsageError, match="line 2") as caught:
        await load(estate, a_rule("a"), rule)
    assert caught.value.code == "load.bad_line"
    assert await codes(estate) == []
    assert await load(estate, rule, a_rule("a"), skip_bad=True) == LoadCount(read=2, added=1)


async def test_two_tenants_with_the_same_codes_never_see_each_other(estate: Ports) -> None:
    await load(estate, a_rule("a", name="secret"), principal=OTHERS)
    [theirs] = await estate.rules.every(principal=OTHERS)
    for ref in ("a", "secret", theirs.id):
        assert await estate.rules.get(ref, principal=MINE) is None
    assert await load(estate, a_rule("a"), replace=True) == LoadCount(read=1, added=1)
    assert await estate.rules.every(principal=OTHERS) == [theirs]

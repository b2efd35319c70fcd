"""Random estates are searched alike in memory and SQLite, and as by hand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.estates import (
    FEW,
    Ports,
    an_item,
    assert_same,
    load_items,
    new_tenant,
    plain,
)
from headwater.model.item import ItemRecord
from headwater.model.query import Filter, GroupQuery, ItemQuery, Measure, Sort

WORDS = st.sampled_from([None, "x", "X", "xy", "", "é", "É", "ß", "İ", "a_b", "a%b", "10"])
SCALARS = st.one_of(WORDS, st.integers(-3, 3), st.booleans(), st.sampled_from([0.5, 1.0, -0.0]))
NESTED = st.one_of(SCALARS, st.lists(SCALARS, max_size=2), st.fixed_dictionaries({"k": SCALARS}))
TEXTS = WORDS.filter(lambda text: text is not None)
ITEMS = st.lists(
    st.builds(
        an_item, st.sampled_from(["a", "B", "c-1", "c-2", "é", "ab", "10"]),
        name=st.sampled_from(["n", "N x", "é-ß", "a_b 10", "x-y"]), owner=WORDS, status=WORDS,
        tags=st.dictionaries(st.sampled_from(["t", "é", "x.y"]), TEXTS, max_size=2),
        attributes=st.dictionaries(st.sampled_from(["v", "é"]), NESTED, max_size=2),
    ), max_size=8, unique_by=lambda item: item.code,
)  # fmt: skip
PATTERNS = st.sampled_from(["x%", "%X", "_", "%", "É", "ß", "SS", "a_b", "a%b", "i%", "[x]*?"])
TEXT_FIELDS = st.sampled_from(["owner", "status", "name", "code", "tags.t", "tags.é", "tags.x.y"])
JSON_FIELDS = st.sampled_from(["attributes.v", "attributes.v.k", "attributes.é"])
COMPARING = st.sampled_from(["eq", "ne", "gt", "gte", "lt", "lte"])
CONDITIONS = st.one_of(
    st.builds(Filter, TEXT_FIELDS, COMPARING, TEXTS),
    st.builds(Filter, TEXT_FIELDS, st.just("in"), st.lists(TEXTS, max_size=3)),
    st.builds(Filter, TEXT_FIELDS | JSON_FIELDS, st.sampled_from(["like", "ilike"]), PATTERNS),
    st.builds(Filter, TEXT_FIELDS | JSON_FIELDS, st.just("exists"), st.booleans()),
    st.builds(
        Filter, JSON_FIELDS, COMPARING,
        SCALARS.filter(lambda value: value is not None and not isinstance(value, bool)),
    ),
    st.builds(Filter, JSON_FIELDS, st.sampled_from(["eq", "ne"]), st.booleans()),
    st.builds(
        Filter, JSON_FIELDS, st.just("in"),
        st.lists(SCALARS.filter(lambda value: value is not None), max_size=3),
    ),
)  # fmt: skip
SORTS = st.lists(
    st.builds(Sort, st.sampled_from(["name", "owner", "status", "code", "id"]), st.booleans()),
    max_size=2,
)
KEYWORDS = st.lists(
    st.sampled_from(["x", "n", "a b", "é", "e", "10", "ss", "t", "c 1", "-", "i"]), max_size=2
)


def plain_value(item: ItemRecord, field: str) -> Any:
    """Look a field up by hand."""
    area, _, key = field.partition(".")
    value: Any = getattr(item, area)
    if area == "tags":
        return value.get(key)
    for part in key.split(".") if area == "attributes" else []:
        value = value.get(part) if isinstance(value, dict) else None
    return value


def same(value: Any, wanted: Any) -> bool:
    """Compare by hand: truth values are no numbers."""
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted
    return bool(value == wanted)


def plainly_holds(value: Any, op: str, wanted: Any) -> bool:
    """Tell by hand whether a condition without a pattern holds."""
    if op == "exists" or value is None:
        return op == "exists" and (value is not None) == wanted
    if op == "in":
        return any(same(value, each) for each in wanted)
    if op in {"eq", "ne"}:
        return same(value, wanted) == (op == "eq")
    numbers = all(type(each) in {int, float} for each in (value, wanted))
    if not numbers and not all(isinstance(each, str) for each in (value, wanted)):
        return False
    order = {"gt": value > wanted, "lt": value < wanted}
    return order.get(op, order[op[:2]] or value == wanted)


@pytest.mark.parametrize("adapter", ["sqlite", "postgresql", "mariadb"], indirect=True)
@FEW
@given(items=ITEMS, conditions=st.lists(CONDITIONS, max_size=2), sort=SORTS, keywords=KEYWORDS,
       match=st.sampled_from(["all", "any"]), text=st.sampled_from(["index", "like"]),
       page=st.tuples(st.integers(1, 4), st.integers(0, 3)),
       by=st.sampled_from([(), ("owner",), ("tags.t",), ("attributes.v",), ("type", "status")]),
       gone=st.integers(0, 2))  # fmt: skip
async def test_random_estates_are_searched_alike_and_as_by_hand(
    memory: Ports, estate: Ports, items: list[ItemRecord], conditions: list[Filter],
    sort: list[Sort], keywords: list[str], match: Any, text: Any, page: Any, by: Any, gone: int,
) -> None:  # fmt: skip
    mine = new_tenant()
    results: list[Any] = []
    for ports in (memory, estate):
        await load_items(ports, *items, principal=mine)
        left = items[gone:]
        await load_items(ports, *left, principal=mine, replace=True)
        asked: dict[str, Any] = {"filters": tuple(conditions), "sort": tuple(sort)}
        words = {"keywords": tuple(keywords), "match": match, "text": text}
        first = ItemQuery(**asked, **words, limit=page[0], offset=page[1])
        own: list[Any] = [await ports.inventory.search(first, principal=mine)]
        if own[0].next_cursor is not None:
            second = ItemQuery(**asked, **words, limit=page[0], cursor=own[0].next_cursor)
            own.append(await ports.inventory.search(second, principal=mine))
        own.append(await ports.inventory.search(ItemQuery(**asked, limit=99), principal=mine))
        measures = (Measure(), Measure(kind="count_distinct", field="owner"))
        table = GroupQuery(group_by=by, measures=measures, filters=tuple(conditions), top_n=3)
        own.append(await ports.inventory.aggregate(table, principal=mine))
        own.append(await ports.inventory.vocabulary(principal=mine))
        own += [
            await ports.inventory.candidates(term, limit=9, principal=mine) for term in ("a", "é x")
        ]
        results.append(own)
    assert_same(*results)
    if not any(each.op in {"like", "ilike"} for each in conditions):
        expected = {
            item.code
            for item in left
            if all(plainly_holds(plain_value(item, f.field), f.op, f.value) for f in conditions)
        }
        whole = next(each for each in results[1] if getattr(each, "limit", 0) == 99)
        assert {item["code"] for item in plain(whole)["items"]} == expected
        assert whole.total == len(expected)

"""The tools over items against a slow, obvious reference on random estates."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tool_estates import (
    CODES,
    WORDS,
    Estate,
    Stores,
    World,
    each_store,
    estates_of_items,
    modest,
    settle,
)

from headwater.errors import UsageError
from headwater.model.item import ItemRecord

tool_stores = each_store
FIELDS = ["code", "name", "type", "status", "owner", "location", "tags.team", "tags.tier"]
OPERATORS = ["eq", "ne", "in", "like", "ilike", "gt", "gte", "lt", "lte", "exists"]
KEYWORDS = ["web", "we", "db", "örd", "DB 1", "b c", "c1", "web-1", "team"]
SYNTAX = ['"', "'", "*", "web*", "a OR b", "NEAR(a)", "code:web", "--", "%", "((", "^x"]
SORTS = st.fixed_dictionaries(
    {"field": st.sampled_from(["name", "owner", "type"]), "descending": st.booleans()}
)
ATTRIBUTES = ["attributes.cpu", "attributes.os.name", "attributes.none"]


def value_of(item: ItemRecord, field: str) -> Any:
    if field.startswith("tags."):
        return item.tags.get(field[5:])
    if field.startswith("attributes."):
        value: Any = item.attributes
        for key in field.split(".")[1:]:
            value = value.get(key) if isinstance(value, dict) else None
        return value
    return getattr(item, field)


def sort_of(value: Any) -> type:
    if isinstance(value, bool):
        return bool
    return float if isinstance(value, int | float) else type(value)


def like(pattern: str, flags: int = 0) -> Callable[[str], bool]:
    source = "".join({"%": ".*", "_": "."}.get(char, re.escape(char)) for char in pattern)
    return lambda text: re.fullmatch(source, text, flags | re.DOTALL) is not None


def holds(item: ItemRecord, one: dict[str, Any]) -> bool:  # noqa: PLR0911 - a table of operators
    found, op, wanted = value_of(item, one["field"]), one["op"], one["value"]
    if op == "exists":
        return (found is not None) == wanted
    if found is None:
        return False
    if op == "in":
        return any(sort_of(each) == sort_of(found) and each == found for each in wanted)
    same_sort = sort_of(found) == sort_of(wanted)
    if op in {"like", "ilike"}:
        return isinstance(found, str) and like(wanted, re.IGNORECASE if op == "ilike" else 0)(found)
    if op in {"eq", "ne"}:
        return (same_sort and found == wanted) == (op == "eq")
    results = {"gt": lambda: found > wanted, "gte": lambda: found >= wanted,
               "lt": lambda: found < wanted, "lte": lambda: found <= wanted}  # fmt: skip
    return same_sort and results[op]()


def tokens(text: str) -> list[str]:
    plain = "".join(
        char
        for char in unicodedata.normalize("NFKD", text.lower())
        if unicodedata.category(char) != "Mn"
    )
    return "".join(char if char.isalnum() else " " for char in plain).split()


def has_keyword(item: ItemRecord, keyword: str) -> bool:
    wanted = tokens(keyword)
    tags = " ".join(f"{key} {text}" for key, text in item.tags.items())
    for column in (item.code, item.name, tags):
        words = tokens(column)
        for at in range(len(words) - len(wanted) + 1):
            row = words[at : at + len(wanted)]
            if wanted and row[:-1] == wanted[:-1] and row[-1].startswith(wanted[-1]):
                return True
    return False


texts = st.sampled_from([*WORDS, *CODES, "server", "active", "w%", "%B%", "a_b%", "_eb", ""])
numbers = st.sampled_from([0, 1, 2, 2.0, -1.5])


@st.composite
def filters(draw: st.DrawFn) -> dict[str, Any]:
    field = draw(st.sampled_from(FIELDS + ATTRIBUTES))
    op = draw(st.sampled_from(OPERATORS))
    values: st.SearchStrategy[Any] = texts
    if field.startswith("attributes.") and op not in {"like", "ilike"}:
        values = texts | numbers
        if op in {"eq", "ne", "in"}:
            values |= st.booleans()
    if op == "exists":
        values = st.booleans()
    elif op == "in":
        values = st.lists(values, max_size=3)
    return {"field": field, "op": op, "value": draw(values)}


@modest
@given(st.data())
def test_search_equals_looking_at_every_item(tool_stores: Stores, data: st.DataObject) -> None:
    world = settle(tool_stores, data.draw(estates_of_items()))
    for _ in range(4):
        check_search(world, data)


def check_search(world: World, data: st.DataObject) -> None:
    chosen = data.draw(st.lists(filters(), max_size=2))
    keywords = data.draw(
        st.lists(
            st.sampled_from(KEYWORDS),
            max_size=2,
        )
    )
    match = data.draw(st.sampled_from(["all", "any"]))
    sort = data.draw(
        st.lists(
            st.fixed_dictionaries(
                {"field": st.sampled_from(["name", "owner", "type"]), "descending": st.booleans()}
            ),
            max_size=2,
        )
    )
    limit, offset = data.draw(st.integers(1, 4)), data.draw(st.integers(0, 4))
    expected = [item for item in world.estate.living if all(holds(item, one) for one in chosen)]
    if keywords:
        judge = all if match == "all" else any
        expected = [item for item in expected if judge(has_keyword(item, one) for one in keywords)]
    expected.sort(key=lambda item: world.ids[item.code])
    for key in reversed(sort):
        there = [item for item in expected if value_of(item, key["field"]) is not None]
        there.sort(key=lambda item: value_of(item, key["field"]), reverse=key["descending"])
        expected = there + [item for item in expected if value_of(item, key["field"]) is None]
    asked = {"keywords": keywords, "match": match, "filters": chosen, "sort": sort, "limit": limit}
    page, evidence = world.cited("ci.search", asked, offset=offset)
    assert [item["code"] for item in page["items"]] == [
        item.code for item in expected[offset : offset + limit]
    ]
    assert page["total"] == evidence.count == len(expected)
    assert page["truncated"] == evidence.truncated == (len(expected) > offset + limit)
    seen, cursor = [], None
    while True:
        page = world.call("ci.search", asked, cursor=cursor)
        seen += [item["code"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [item.code for item in expected]


@modest
@given(st.data())
def test_get_gives_the_whole_item_or_null(tool_stores: Stores, data: st.DataObject) -> None:
    estate = data.draw(estates_of_items())
    world = settle(tool_stores, estate)
    for item in estate.items:
        by_code = world.call("ci.get_by_code", code=item.code)
        by_id = world.call("ci.get", id=world.ids[item.code])
        assert by_code == by_id
        if item.code in estate.deleted:
            assert by_code is None
        else:
            assert (by_code["code"], by_code["id"]) == (item.code, world.ids[item.code])
            assert (by_code["tags"], by_code["attributes"]) == (item.tags, item.attributes)
    assert world.call("ci.get", id=2**62) is None
    assert world.call("ci.get_by_code", code="c77") is None


@modest
@given(st.data())
def test_aggregate_equals_a_recount(tool_stores: Stores, data: st.DataObject) -> None:
    estate = data.draw(estates_of_items())
    world = settle(tool_stores, estate)
    group_by = data.draw(
        st.lists(st.sampled_from(["type", "status", "tags.team"]), unique=True, max_size=2)
    )
    counted = data.draw(st.sampled_from(["name", "owner", "tags.tier", "attributes.cpu"]))
    measures = data.draw(st.permutations(["count", f"count_distinct({counted})"]))
    refs = data.draw(
        st.none() | st.lists(st.sampled_from([*CODES, "nobody"]), min_size=6) | st.just([])
    )
    chosen = data.draw(st.just([]) | st.lists(filters(), max_size=1))
    members = [
        item
        for item in estate.living
        if (refs is None or item.code in refs) and all(holds(item, one) for one in chosen)
    ]
    groups: dict[tuple[Any, ...], list[ItemRecord]] = {} if group_by else {(): []}
    for item in members:
        groups.setdefault(tuple(value_of(item, field) for field in group_by), []).append(item)

    def count(group: list[ItemRecord], measure: str) -> int:
        if measure == "count":
            return len(group)
        values = [value_of(item, counted) for item in group]
        return len({(sort_of(one), one) for one in values if one is not None})

    expected = Counter(
        (*key, *(count(group, one) for one in measures)) for key, group in groups.items()
    )
    asked = {"group_by": group_by, "metrics": measures, "filters": chosen, "ci_ids": refs}
    table = world.call("ci.aggregate", asked, top_n=500)
    assert table["columns"] == [*group_by, *measures]
    assert Counter(map(tuple, table["rows"])) == expected
    assert (table["total_groups"], table["total_items"]) == (len(groups), len(members))
    firsts = [row[len(group_by)] for row in table["rows"]]
    assert firsts == sorted(firsts, reverse=True)
    for top_n in (1, 2, 5):
        cut = world.call("ci.aggregate", asked, top_n=top_n)
        assert cut["rows"] == table["rows"][:top_n]
        assert cut["truncated"] == (len(groups) > top_n)
        assert cut["total_groups"] == len(groups)


def test_a_cut_table_keeps_the_largest_groups_and_counts_all(tool_stores: Stores) -> None:
    kinds = ["rack", "server", "server", "switch", "switch", "switch"]
    items = [ItemRecord(code=f"c{at}", name="x", type=kind) for at, kind in enumerate(kinds)]
    world = settle(tool_stores, Estate(items=items))
    table, evidence = world.cited("ci.aggregate", group_by=["type"], top_n=2)
    assert table["rows"] == [["switch", 3], ["server", 2]]
    assert (table["total_groups"], table["total_items"], table["truncated"]) == (3, 6, True)
    assert evidence.truncated


def test_a_measure_may_be_written_in_three_ways(tool_stores: Stores) -> None:
    estate = Estate(items=[ItemRecord(code="a", name="x", type="server", owner="me")])
    world = settle(tool_stores, estate)
    metrics = ["count", "count_distinct(owner)", {"count_distinct": "owner"}]
    table = world.call("ci.aggregate", group_by="type", metrics=metrics)
    assert table["columns"] == ["type", "count", "count_distinct(owner)", "count_distinct(owner)"]
    assert table["rows"] == [["server", 1, 1, 1]]


@modest
@given(st.data())
def test_pages_neither_overlap_nor_skip_while_items_are_added_and_removed(
    tool_stores: Stores, data: st.DataObject
) -> None:
    estate = data.draw(estates_of_items())
    world = settle(tool_stores, estate)
    there = {item.code for item in estate.living}
    stayed, seen, cursor = set(there), [], None
    for turn in range(40):
        page = world.call("ci.list_preview", limit=2, cursor=cursor)
        assert page["total"] == len(there)
        seen += [item["code"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
        if turn < 5 and data.draw(st.booleans()):
            there.add(f"new{turn}")
        elif turn < 5 and there:
            gone = data.draw(st.sampled_from(sorted(there)))
            there.discard(gone)
            stayed.discard(gone)
        world.load(
            tool_stores.inventory.load,
            [ItemRecord(code=code, name=code, type="server") for code in sorted(there)],
            replace=True,
        )
    assert cursor is None
    assert len(seen) == len(set(seen))
    assert stayed <= set(seen)


@pytest.mark.parametrize(
    ("arguments", "code", "named"),
    [
        ({"filters": [{"field": "colour", "value": "x"}]}, "query.unknown_field", "colour"),
        ({"filters": [{"field": "name", "op": "re"}]}, "tool.bad_arguments", "filters.0.op"),
        ({"filters": [{"field": "name", "operator": "eq"}]}, "tool.bad_arguments", "operator"),
        ({"filters": [{"field": "name", "value": "\ud800"}]}, "tool.bad_arguments", "surrogate"),
        ({"sort": [{"field": "tags.team; DROP TABLE x"}]}, "query.unknown_sort", "DROP TABLE"),
        ({"limit": 0}, "tool.bad_arguments", "limit"),
        ({"limit": 201}, "tool.bad_arguments", "200"),
        ({"offset": -1}, "tool.bad_arguments", "offset"),
        ({"keywords": ["a\x00b"]}, "tool.bad_arguments", "NUL"),
        ({"keywords": "web"}, "tool.bad_arguments", "keywords"),
        ({"cursor": "nonsense"}, "query.bad_cursor", "cursor"),
        ({"colour": 1}, "tool.bad_arguments", "colour"),
    ],
)  # fmt: skip
def test_what_is_not_allowed_is_refused_by_name(
    tool_stores: Stores, arguments: dict[str, Any], code: str, named: str
) -> None:
    world = settle(tool_stores, Estate())
    with pytest.raises(UsageError) as caught:
        world.call("ci.search", arguments)
    assert caught.value.code == code
    assert named in caught.value.message


@pytest.mark.parametrize("keyword", SYNTAX)
def test_query_syntax_in_keywords_is_only_text(tool_stores: Stores, keyword: str) -> None:
    estate = Estate(items=[ItemRecord(code="a", name="alpha", type="server")])
    world = settle(tool_stores, estate)
    for tool in ("ci.search", "ci.search_like"):
        assert world.call(tool, keywords=[keyword])["total"] == 0


def test_search_without_the_index_finds_parts_of_words(tool_stores: Stores) -> None:
    items = [
        ItemRecord(code="a-1", name="checkout", type="x"),
        ItemRecord(code="b", name="b", type="x"),
    ]
    world = settle(tool_stores, Estate(items=items))
    page, evidence = world.cited("ci.search_like", keywords=["heck"])
    assert [item["code"] for item in page["items"]] == ["a-1"]
    assert "LIKE" in evidence.query
    assert evidence.records == (f"ci {world.ids['a-1']} a-1",)


def test_another_tenants_items_never_appear(tool_stores: Stores) -> None:
    mine = [ItemRecord(code="same", name="mine", type="server")]
    theirs = [
        ItemRecord(code="same", name="theirs", type="server"),
        ItemRecord(code="t", name="t", type="x"),
    ]
    world, other = (
        settle(tool_stores, Estate(items=mine)),
        settle(tool_stores, Estate(items=theirs)),
    )
    assert [one["name"] for one in world.call("ci.search")["items"]] == ["mine"]
    assert world.call("ci.get", id=other.ids["t"]) is None
    assert (world.call("ci.aggregate", ci_ids=list(other.ids.values())))["total_items"] == 0

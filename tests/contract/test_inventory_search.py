"""Items are found, ordered and paged alike behind every adapter."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from contract.estates import (
    Ports,
    an_item,
    find_items,
    found,
    groups,
    id_of,
    load_items,
    with_words,
)
from headwater.errors import UsageError
from headwater.model.query import Filter, Sort

THINGS = [
    an_item("a", name="Web 1", owner="x", status="up", tags={"team": "red", "a.b": "1"},
            attributes={"n": 1, "s": "one", "t": True, "deep": {"k": [1]}, "z": None}),
    an_item("b", name="web_2", owner="X", tags={"team": "Red"},
            attributes={"n": 1.5, "s": "One", "t": False, "deep": {"k": {}}}),
    an_item("c", name="WEB%3", status="down", attributes={"n": "1", "s": 1, "t": "true"}),
    an_item("d", name="Éclair", type="rack", attributes={"n": -2, "deep": "flat"}),
    an_item("e", name="éclair", attributes={"n": True, "s": ""}, tags={"team": ""}),
]  # fmt: skip
FILTERS: list[tuple[str, Any, Any, str]] = [
    ("owner", "eq", "x", "a"),
    ("owner", "ne", "x", "b"),
    ("owner", "in", ["x", "X", "y"], "ab"),
    ("owner", "in", [], ""),
    ("owner", "exists", True, "ab"),
    ("owner", "exists", False, "cde"),
    ("owner", "gt", "X", "a"),
    ("owner", "lte", "X", "b"),
    ("code", "gte", "d", "de"),
    ("code", "lt", "b", "a"),
    ("name", "like", "Web%", "a"),
    ("name", "ilike", "web%", "abc"),
    ("name", "like", "web_2", "b"),
    ("name", "ilike", "w_b__", "abc"),
    ("name", "ilike", "ÉCLAIR", "de"),
    ("name", "like", "É%", "d"),
    ("name", "like", "", ""),
    ("name", "like", "%", "abcde"),
    ("name", "like", "*", ""),
    ("name", "like", "[WE]%", ""),
    ("name", "ilike", "%\\%%", ""),
    ("type", "ne", "host", "d"),
    ("created_at", "gt", "2020-01-01", "abcde"),
    ("created_at", "lt", "2020-01-01T00:00:00+02:00", ""),
    ("tags.team", "eq", "red", "a"),
    ("tags.team", "ne", "red", "be"),
    ("tags.team", "in", ["red", ""], "ae"),
    ("tags.team", "exists", True, "abe"),
    ("tags.team", "exists", False, "cd"),
    ("tags.team", "ilike", "RED", "ab"),
    ("tags.team", "like", "R%", "b"),
    ("tags.team", "gte", "a", "a"),
    ("tags.a.b", "eq", "1", "a"),
    ("attributes.n", "eq", 1, "a"),
    ("attributes.n", "eq", 1.0, "a"),
    ("attributes.n", "eq", True, "e"),
    ("attributes.n", "eq", "1", "c"),
    ("attributes.n", "ne", 1, "bcde"),
    ("attributes.n", "in", [1, 1.5, "1"], "abc"),
    ("attributes.n", "in", [True, False], "e"),
    ("attributes.n", "gt", 0, "ab"),
    ("attributes.n", "lte", 1, "ad"),
    ("attributes.n", "gte", "0", "c"),
    ("attributes.n", "exists", True, "abcde"),
    ("attributes.s", "like", "O%", "b"),
    ("attributes.s", "ilike", "O%", "ab"),
    ("attributes.s", "eq", "", "e"),
    ("attributes.t", "eq", True, "a"),
    ("attributes.t", "ne", True, "bc"),
    ("attributes.t", "eq", "true", "c"),
    ("attributes.z", "exists", True, ""),
    ("attributes.z", "exists", False, "abcde"),
    ("attributes.z", "ne", 1, ""),
    ("attributes.deep.k", "exists", True, "ab"),
    ("attributes.deep.k", "ne", "x", "ab"),
    ("attributes.deep.k", "eq", "x", ""),
    ("attributes.deep.k.0", "exists", True, ""),
    ("attributes.deep", "eq", "flat", "d"),
    ("attributes.deep", "like", "%k%", ""),
    ("attributes.no.such", "ne", 1, ""),
    ("attributes.n'; DROP", "exists", False, "abcde"),
]


async def test_each_filter_holds_for_just_the_right_items(estate: Ports) -> None:
    await load_items(estate, *THINGS)
    for field, op, value, codes in FILTERS:
        page = await find_items(estate, Filter(field, op, value))
        held = "".join(item.code for item in page.items)
        assert (field, op, value, held, page.total) == (field, op, value, codes, len(codes))


async def test_an_id_is_a_column_too(estate: Ports) -> None:
    await load_items(estate, *"abc")
    b = await id_of(estate, "b")
    assert await found(estate, Filter("id", "gte", b)) == "bc"
    assert await found(estate, Filter("id", "in", [b, b + 1, 2**62])) == "bc"
    assert await found(estate, ids=(b, b, -1, 2**70)) == "b"
    assert await found(estate, Filter("code", "eq", "a"), ids=(b,)) == ""


REFUSED = [
    (Filter("colour", "eq", "x"), "query.unknown_field"),
    (Filter("tags", "eq", "x"), "query.unknown_field"),
    (Filter("tags.", "eq", "x"), "query.unknown_field"),
    (Filter("attributes.a..b", "eq", "x"), "query.unknown_field"),
    (Filter('attributes.a"b', "eq", "x"), "query.unknown_field"),
    (Filter("tags.\x00", "eq", "x"), "query.unknown_field"),
    (Filter("deleted_at", "exists", False), "query.unknown_field"),
    (Filter("tenant_id", "eq", "others"), "query.unknown_field"),
    (Filter("name; DROP TABLE item", "eq", "x"), "query.unknown_field"),
    (Filter("name", "regexp", "x"), "query.unknown_operator"),  # type: ignore[arg-type]
    (Filter("name", "eq", 1), "query.bad_value"),
    (Filter("name", "eq", None), "query.bad_value"),
    (Filter("name", "in", "abc"), "query.bad_value"),
    (Filter("name", "in", ["a", 1]), "query.bad_value"),
    (Filter("name", "like", 5), "query.bad_value"),
    (Filter("name", "exists", "yes"), "query.bad_value"),
    (Filter("name", "eq", "\x00"), "query.bad_value"),
    (Filter("name", "eq", "\ud800"), "query.bad_value"),
    (Filter("id", "eq", "1"), "query.bad_value"),
    (Filter("id", "eq", True), "query.bad_value"),
    (Filter("id", "gt", 2**63), "query.bad_value"),
    (Filter("id", "like", "1%"), "query.bad_value"),
    (Filter("created_at", "gt", "yesterday"), "query.bad_value"),
    (Filter("attributes.n", "gt", True), "query.bad_value"),
    (Filter("attributes.n", "eq", float("nan")), "query.bad_value"),
    (Filter("attributes.n", "eq", [1]), "query.bad_value"),
    (Filter("attributes.n", "eq", 2**64), "query.bad_value"),
]


async def test_a_filter_that_is_not_allowed_is_refused_by_name(estate: Ports) -> None:
    for condition, code in REFUSED:
        with pytest.raises(UsageError) as caught:
            await find_items(estate, condition)
        assert (condition, caught.value.code) == (condition, code)
        with pytest.raises(UsageError) as caught:
            await groups(estate, filters=(condition,))
        assert (condition, caught.value.code) == (condition, code)


WORDY = [
    an_item("a", name="Orders API gateway", tags={"team": "blue whale", "tier": "gold"}),
    an_item("b", name="orders-db"),
    an_item("c", name="Ordnung São Paulo"),
    an_item("d", name="x", tags={"orders": "yes"}),
    an_item("e", name="东京 データ server_01"),
    an_item("db-7/eu.west", name="y"),
]


FOUND = [
    (("orders",), "abd"),
    (("ORD",), "abcd"),
    (("orders", "gate"), "a"),
    (("orders api",), "a"),
    (("orders ap",), "a"),
    (("order api",), ""),
    (("api orders",), ""),
    (("gateway", "gold"), "a"),
    (("blue whale",), "a"),
    (("team blue",), "a"),
    (("sao paulo",), "c"),
    (("SÃO",), "c"),
    (("东京",), "e"),
    (("データ",), "e"),
    (("server 01",), "e"),
    (("server_01",), "e"),
    (("db-7",), "db-7/eu.west"),
    (("eu.we",), "db-7/eu.west"),
    (("db",), "bdb-7/eu.west"),
    (("nothing",), ""),
    (("",), ""),
    (("***",), ""),
    (("orders", "-"), ""),
    (("orders OR db",), ""),
    (("orders*",), "abd"),
    (('"orders"',), "abd"),
    (('"',), ""),
    (("orders AND NOT db",), ""),
    (("name:orders",), ""),
    (("NEAR(orders db)",), ""),
    (("^orders",), "abd"),
    (("'; DROP TABLE configuration_item; --",), ""),
    (("orders\x00db",), "b"),
    (("\ud800",), ""),
    (("%",), ""),
    (("_",), ""),
    (("x" * 1000,), ""),
]


async def test_keywords_are_tokens_in_a_row_the_last_a_beginning(estate: Ports) -> None:
    await load_items(estate, *WORDY)
    for keywords, codes in FOUND:
        assert (keywords, await with_words(estate, *keywords)) == (keywords, codes)


async def test_any_of_the_keywords_may_be_enough(estate: Ports) -> None:
    await load_items(estate, *WORDY)
    assert await with_words(estate, "gold", "paulo", match="any") == "ac"
    assert await with_words(estate, "gold", "***", match="any") == "a"
    assert await with_words(estate, "***", match="any") == ""
    narrowed = Filter("name", "like", "O%")
    assert await found(estate, narrowed, keywords=("orders", "ordnung"), match="any") == "ac"


PARTS = [
    (("ders",), "abd"), (("ERS AP",), "a"), (("ão",), "c"), (("%",), ""), (("m BLUE w",), "a"),
    (("orders", "db"), "b"), (("デ",), "e"), (("whale tier",), ""),
]  # fmt: skip


async def test_without_an_index_keywords_are_parts_of_texts(estate: Ports) -> None:
    await load_items(estate, *WORDY)
    for keywords, codes in PARTS:
        assert (keywords, await with_words(estate, *keywords, text="like")) == (keywords, codes)


async def test_order_is_total_and_absent_values_come_last(estate: Ports) -> None:
    owners = {"a": None, "b": "y", "c": "x", "d": "y", "e": None, "f": "Z"}
    await load_items(estate, *(an_item(code, owner=owner) for code, owner in owners.items()))
    assert await found(estate) == "abcdef"
    assert await found(estate, sort=(Sort("owner"),)) == "fcbdae"
    assert await found(estate, sort=(Sort("owner", True),)) == "bdcfae"
    assert await found(estate, sort=(Sort("owner"), Sort("code", True))) == "fcdbea"
    assert await found(estate, sort=(Sort("id", True),)) == "fedcba"
    assert len(await found(estate, sort=(Sort("created_at", True), Sort("updated_at")))) == 6
    for name in ("tags.team", "attributes.x", "colour", "name DESC; --", "deleted_at"):
        with pytest.raises(UsageError) as caught:
            await find_items(estate, sort=(Sort(name),))
        assert caught.value.code == "query.unknown_sort"


@pytest.mark.parametrize(
    "sort", [(), (Sort("owner"),), (Sort("owner", True), Sort("name")), (Sort("updated_at", True),)]
)
async def test_pages_neither_overlap_nor_skip_while_items_are_added(
    estate: Ports, sort: tuple[Sort, ...]
) -> None:
    old = [an_item(f"c{n:02}", name=f"n{n % 4}", owner=[None, "x", "y"][n % 3]) for n in range(17)]
    await load_items(estate, *old)
    seen: list[str] = []
    cursor: str | None = None
    for added in itertools.count():
        page = await find_items(estate, sort=sort, limit=3, cursor=cursor)
        seen += [item.code for item in page.items]
        assert page.total == 17 + added
        assert page.truncated is (page.next_cursor is not None)
        if page.next_cursor is None:
            break
        cursor = page.next_cursor
        await load_items(estate, an_item(f"new{added}", name="n0", owner="x"))
    assert len(seen) == len(set(seen))
    assert {item.code for item in old} <= set(seen)


async def test_an_offset_pages_too_and_says_what_is_left(estate: Ports) -> None:
    await load_items(estate, *"abcde")
    middle = await find_items(estate, limit=2, offset=2)
    assert [item.code for item in middle.items] == ["c", "d"]
    assert (middle.total, middle.truncated, middle.limit, middle.offset) == (5, True, 2, 2)
    last = await find_items(estate, limit=2, offset=4)
    assert ([item.code for item in last.items], last.truncated) == (["e"], False)
    beyond = await find_items(estate, limit=2, offset=99)
    assert (beyond.items, beyond.total, beyond.truncated) == ([], 5, False)
    none = await find_items(estate, limit=0)
    assert (none.items, none.total, none.truncated) == ([], 5, True)


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "\x00", "ünï", "eyJhIjoxfQ", "W10", "W1tdLFsiYSJdXQ", "A" * 10_000, "W1" * 5_000],
)
async def test_a_cursor_that_was_not_given_is_refused(estate: Ports, cursor: str) -> None:
    await load_items(estate, *"ab")
    with pytest.raises(UsageError) as caught:
        await find_items(estate, cursor=cursor)
    assert caught.value.code == "query.bad_cursor"


async def test_a_cursor_of_another_order_is_refused(estate: Ports) -> None:
    await load_items(estate, *"abc")
    page = await find_items(estate, limit=1)
    with pytest.raises(UsageError) as caught:
        await find_items(estate, limit=1, sort=(Sort("name"),), cursor=page.next_cursor)
    assert caught.value.code == "query.bad_cursor"

"""The inventory keeps, changes and removes items alike behind every adapter."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from contract.estates import (
    MINE,
    OTHERS,
    Ports,
    an_item,
    find_items,
    found,
    groups,
    id_of,
    load_items,
    rows,
    with_words,
)
from headwater.errors import UsageError
from headwater.model.item import ItemRecord
from headwater.model.load import LoadCount
from headwater.model.query import Filter


async def test_an_item_keeps_all_that_it_was_given(estate: Ports) -> None:
    whole = ItemRecord(
        code="π'\" ;--", name="Ünï\tçode 🚀", type="host", subtype="s", category="c", status="up",
        criticality="high", owner="o", location="l", tags={"téam": "x", "b": ""}, source="s",
        source_key="k/1",
        attributes={"deep": {"list": [1, 2.5, None, True, "ü"], 'quo"te': {"": 1}}, "n": -(2**63)},
    )  # fmt: skip
    before = datetime.now(UTC)
    assert await load_items(estate, whole) == LoadCount(read=1, added=1)
    item = await estate.inventory.get(whole.code, principal=MINE)
    assert item is not None
    for field in ItemRecord.__slots__:
        assert getattr(item, field) == getattr(whole, field), field
    assert before <= item.created_at == item.updated_at <= datetime.now(UTC)
    assert await estate.inventory.get(item.id, principal=MINE) == item


async def test_text_is_a_code_before_it_is_an_id(estate: Ports) -> None:
    await load_items(estate, "a", "b")
    first, second = await id_of(estate, "a"), await id_of(estate, "b")
    by_text = await estate.inventory.get(str(second), principal=MINE)
    assert by_text is not None
    assert by_text.code == "b"
    await load_items(estate, str(second))
    by_code = await estate.inventory.get(str(second), principal=MINE)
    assert by_code is not None
    assert by_code.code == str(second)
    for ref in ("nope", "A", "", "-1", "1.0", " a", "٣", "9" * 40, 0, -first, 10**6, 2**70):
        assert await estate.inventory.get(ref, principal=MINE) is None


@pytest.mark.parametrize("ref", ["\x00", "a\x00", "\ud800", "a\udfff"])
async def test_text_that_no_item_can_have_finds_none(estate: Ports, ref: str) -> None:
    await load_items(estate, "a")
    assert await estate.inventory.get(ref, principal=MINE) is None
    assert await estate.inventory.candidates(ref, limit=5, principal=MINE) is not None
    assert await with_words(estate, ref) in {"", "a"}


async def test_many_come_in_the_order_asked_for(estate: Ports) -> None:
    await load_items(estate, *"abc")
    a, b, c = [await id_of(estate, code) for code in "abc"]
    items = await estate.inventory.get_many([c, 10**6, a, b, -1], principal=MINE)
    assert [item.code for item in items] == ["c", "a", "b"]
    assert await estate.inventory.get_many([], principal=MINE) == []


async def test_a_result_changed_by_its_reader_changes_nothing_stored(estate: Ports) -> None:
    await load_items(estate, an_item("a", tags={"x": "1"}, attributes={"list": [1]}))
    for item in [
        await estate.inventory.get("a", principal=MINE),
        (await find_items(estate)).items[0],
        (await estate.inventory.batch(0, limit=1, principal=MINE))[0],
    ]:
        assert item is not None
        item.tags["x"] = "mine"
        item.attributes["list"].append("mine")
    again = await estate.inventory.get("a", principal=MINE)
    assert again is not None
    assert (again.tags, again.attributes) == ({"x": "1"}, {"list": [1]})


async def test_the_same_items_twice_change_nothing(estate: Ports) -> None:
    items = [an_item("a", tags={"x": "1", "y": "2"}, attributes={"n": 1}), an_item("b")]
    assert await load_items(estate, *items) == LoadCount(read=2, added=2)
    before = await estate.inventory.batch(0, limit=9, principal=MINE)
    turned = an_item("a", tags={"y": "2", "x": "1"}, attributes={"n": 1})
    assert await load_items(estate, turned, items[1], replace=True) == LoadCount(read=2)
    assert await estate.inventory.batch(0, limit=9, principal=MINE) == before


async def test_an_item_changes_under_its_id(estate: Ports) -> None:
    await load_items(estate, an_item("a", tags={"x": "1"}), "b")
    old = await estate.inventory.get("a", principal=MINE)
    assert old is not None
    assert await load_items(estate, an_item("a", owner="new")) == LoadCount(read=1, changed=1)
    new = await estate.inventory.get("a", principal=MINE)
    assert new is not None
    assert (new.id, new.owner, new.tags, new.created_at) == (old.id, "new", {}, old.created_at)
    assert new.updated_at >= old.updated_at
    twice = [an_item("c", owner="1"), an_item("c", owner="2")]
    assert await load_items(estate, *twice) == LoadCount(read=2, added=1, changed=1)
    assert await found(estate, Filter("owner", "eq", "2")) == "c"


async def test_removed_items_never_appear_and_come_back_with_their_id(estate: Ports) -> None:
    await load_items(estate, *(an_item(code, owner="o", tags={"t": "x"}) for code in "ab"))
    gone = await id_of(estate, "b")
    left = an_item("a", owner="o", tags={"t": "x"})
    assert await load_items(estate, left, replace=True) == LoadCount(read=1, removed=1)
    assert await load_items(estate, left, replace=True) == LoadCount(read=1)
    assert await estate.inventory.get("b", principal=MINE) is None
    assert await estate.inventory.get(gone, principal=MINE) is None
    assert await estate.inventory.get_many([gone], principal=MINE) == []
    assert await found(estate) == await with_words(estate, "x") == "a"
    assert await found(estate, Filter("tags.t", "eq", "x")) == "a"
    assert await found(estate, ids=(gone,)) == ""
    assert (await groups(estate, "owner")).rows == [["o", 1]]
    assert (await groups(estate, "tags.t")).rows == [["x", 1]]
    assert len(await estate.inventory.batch(0, limit=9, principal=MINE)) == 1
    assert {word.count for word in await estate.inventory.vocabulary(principal=MINE)} == {1}
    for term in ("b", "x"):
        names = await estate.inventory.candidates(term, limit=9, principal=MINE)
        assert "b" not in [name.code for name in names]
    assert await load_items(estate, "b") == LoadCount(read=1, added=1)
    assert await id_of(estate, "b") == gone
    assert await with_words(estate, "b") == "b"
    assert await with_words(estate, "x") == "a"


async def test_a_replacing_load_removes_only_what_its_scope_owns(estate: Ports) -> None:
    await load_items(estate, an_item("a", source="x"), an_item("b", source="y"), "c")
    count = await estate.inventory.load(rows([], scope={"x"}), replace=True, principal=MINE)
    assert count == LoadCount(removed=1)
    assert await found(estate) == "bc"


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (an_item(""), "code is missing"),
        (an_item("x" * 401), "code is longer"),
        (an_item("a", name="\x00"), "NUL"),
        (an_item("a", type=None), "type"),
        (an_item("a", owner=7), "owner must be a text"),
        (an_item("a", location="\ud800"), "surrogate"),
        (an_item("a", tags={"x": 1}), "tags.x must be a text"),
        (an_item("a", tags={"": "1"}), "tag's key"),
        (an_item("a", tags=["x"]), "tags must be an object"),
        (an_item("a", attributes={"x": float("nan")}), "finite"),
        (an_item("a", attributes={"x": 2**63}), "64 bits"),
        (an_item("a", attributes={"\udfff": 1}), "surrogate"),
        (an_item("a", attributes={"x": {1, 2}}), "plain JSON"),
        (an_item("a", attributes=[]), "must be an object"),
    ],
)
async def test_a_bad_item_refuses_all_of_them(estate: Ports, item: ItemRecord, reason: str) -> None:
    await load_items(estate, "z")
    with pytest.raises(UsageError, match=f"line 2: .*{reason}") as caught:
        await load_items(estate, "y", item, replace=True)
    assert caught.value.code == "load.bad_line"
    assert await found(estate) == "z"
    skipping = rows([item, an_item("y")], skip_bad=True)
    count = await estate.inventory.load(skipping, replace=False, principal=MINE)
    assert (count, skipping.bad_total) == (LoadCount(read=2, added=1), 1)


async def test_a_stream_that_breaks_off_leaves_nothing_behind(estate: Ports) -> None:
    def broken() -> Any:
        yield from enumerate(map(an_item, "ab"), 1)
        message = "the cable was pulled"
        raise OSError(message)

    made = rows([])
    made.records = broken()
    with pytest.raises(OSError, match="cable"):
        await estate.inventory.load(made, replace=True, principal=MINE)
    assert await found(estate) == ""
    assert await load_items(estate, "c") == LoadCount(read=1, added=1)


async def test_pages_of_an_export_hold_everything_once(estate: Ports) -> None:
    await load_items(estate, *(f"c{n}" for n in range(23)))
    got, last = [], 0
    while page := await estate.inventory.batch(last, limit=5, principal=MINE):
        got += [item.code for item in page]
        last = page[-1].id
    assert got == [f"c{n}" for n in range(23)]


async def test_two_tenants_with_the_same_codes_never_see_each_other(estate: Ports) -> None:
    secret = an_item("a", name="secret", owner="secret", tags={"secret": "secret"})
    await load_items(estate, secret, "only-theirs", principal=OTHERS)
    theirs = await id_of(estate, "a", principal=OTHERS)
    await load_items(estate, "a")
    assert await id_of(estate, "a") != theirs
    for ref in (theirs, str(theirs), "only-theirs"):
        assert await estate.inventory.get(ref, principal=MINE) is None
    assert await estate.inventory.get_many([theirs], principal=MINE) == []
    assert await found(estate) == await found(estate, Filter("type", "eq", "host")) == "a"
    assert await found(estate, Filter("id", "eq", theirs)) == ""
    assert await found(estate, Filter("tags.secret", "exists", True)) == ""
    assert await found(estate, ids=(theirs,)) == ""
    for how in ("index", "like"):
        assert await with_words(estate, "secret", text=how) == ""
    assert (await groups(estate, "owner")).rows == [[None, 1]]
    assert (await groups(estate, "tags.secret", ci_ids=(theirs,))).rows == []
    assert await estate.inventory.candidates("secret", limit=9, principal=MINE) == []
    words = await estate.inventory.vocabulary(principal=MINE)
    assert [word.name for word in words] == ["host"]
    assert len(await estate.inventory.batch(0, limit=9, principal=MINE)) == 1
    assert (await load_items(estate, replace=True)).removed == 1
    assert len(await estate.inventory.batch(0, limit=9, principal=OTHERS)) == 2

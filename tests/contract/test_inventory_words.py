"""Items are grouped, and words about them understood, alike behind every adapter."""

from __future__ import annotations

import pytest

from contract.estates import (
    MINE,
    Ports,
    an_item,
    groups,
    id_of,
    load_items,
)
from headwater.errors import UsageError
from headwater.model.query import Filter, Measure


async def test_groups_are_counted_the_largest_first(estate: Ports) -> None:
    await load_items(
        estate, an_item("a", owner="x", tags={"t": "1"}, status="up"),
        an_item("b", owner="y", tags={"t": "1"}), an_item("c", owner="x", status="down"),
        an_item("d"), an_item("e", owner="z", status="up"),
    )  # fmt: skip
    table = await groups(estate, "owner")
    assert table.columns == ["owner", "count"]
    assert table.rows == [["x", 2], ["y", 1], ["z", 1], [None, 1]]
    assert (table.total_groups, table.total_items, table.truncated) == (4, 5, False)
    cut = await groups(estate, "owner", top_n=2)
    assert (cut.rows, cut.total_groups, cut.truncated) == ([["x", 2], ["y", 1]], 4, True)
    assert (await groups(estate, "tags.t")).rows == [[None, 3], ["1", 2]]
    distinct = (Measure(kind="count_distinct", field="status"), Measure())
    table = await groups(estate, "owner", measures=distinct, top_n=2)
    assert table.columns == ["owner", "count_distinct(status)", "count"]
    assert table.rows == [["x", 2, 2], ["z", 1, 1]]
    everything = await groups(
        estate, measures=(Measure(), Measure(kind="count_distinct", field="tags.t"))
    )
    assert everything.rows == [[5, 1]]
    ids = (await id_of(estate, "a"), await id_of(estate, "b"))
    some = await groups(estate, "owner", ci_ids=ids, filters=(Filter("owner", "eq", "x"),))
    assert (some.rows, some.total_items) == ([["x", 1]], 1)
    with pytest.raises(UsageError) as caught:
        await groups(estate, "colour")
    assert caught.value.code == "query.unknown_field"
    with pytest.raises(UsageError) as caught:
        await groups(estate, measures=(Measure(kind="count_distinct", field="colour"),))
    assert caught.value.code == "query.unknown_field"


async def test_no_items_are_one_group_of_none_or_no_groups(estate: Ports) -> None:
    assert (await groups(estate)).rows == [[0]]
    table = await groups(estate, "owner")
    assert (table.rows, table.total_groups, table.total_items) == ([], 0, 0)


async def test_groups_of_attributes_are_named_by_their_json(estate: Ports) -> None:
    values = [1, "1", True, None, [1], 1]
    await load_items(
        estate, *(an_item(f"c{n}", attributes={"v": value}) for n, value in enumerate(values))
    )
    table = await groups(estate, "attributes.v")
    assert table.rows[0] == ["1", 2]
    assert sorted(row[0] or "" for row in table.rows) == ["", '"1"', "1", "[1]", "true"]
    counted = await groups(estate, measures=(Measure(kind="count_distinct", field="attributes.v"),))
    assert counted.rows == [[4]]


async def test_the_words_in_use_are_counted(estate: Ports) -> None:
    await load_items(
        estate, an_item("a", owner="x", tags={"t": "1"}), an_item("b", tags={"t": "1"}, status="up")
    )
    words = await estate.inventory.vocabulary(principal=MINE)
    assert [(w.kind, w.key, w.name, w.count) for w in words] == [
        ("tag", "tags.t", "1", 2), ("type", "type", "host", 2),
        ("owner", "owner", "x", 1), ("status", "status", "up", 1),
    ]  # fmt: skip
    await load_items(estate, "a", replace=True)
    words = await estate.inventory.vocabulary(principal=MINE)
    assert [(w.kind, w.name, w.count) for w in words] == [("type", "host", 1)]


@pytest.mark.parametrize(
    ("term", "best"),
    [
        ("db-1", ("db-1", 1.0, "code")),
        (" DB-1 ", ("db-1", 1.0, "code")),
        ("orders database", ("db-1", 0.95, "name")),
        ("orders dat", ("db-1", 0.8, "prefix")),
        ("database", ("db-1", 0.7, "text")),
        ("gold", ("web", 0.7, "text")),
        ("dbb-1", ("db-1", None, "fuzzy")),
    ],
)
async def test_a_term_means_what_is_most_like_it(
    estate: Ports, term: str, best: tuple[str, float | None, str]
) -> None:
    await load_items(
        estate, an_item("db-1", name="Orders Database", location="r1"),
        an_item("zz", name="Backup"), an_item("web", name="Shop", tags={"tier": "gold"}),
    )  # fmt: skip
    found_first = (await estate.inventory.candidates(term, limit=5, principal=MINE))[0]
    assert (found_first.code, found_first.match) == (best[0], best[2])
    assert found_first.score == best[1] or (best[1] is None and 0.4 < found_first.score < 0.7)
    assert (found_first.kind, found_first.term) == ("item", term)
    assert found_first.id == await id_of(estate, best[0])


@pytest.mark.parametrize("term", ["", "   ", "qqqqqqqqqqqq", '"', "%", "***"])
async def test_a_term_that_is_like_nothing_means_nothing(estate: Ports, term: str) -> None:
    await load_items(estate, "db-1", "web")
    assert await estate.inventory.candidates(term, limit=5, principal=MINE) == []
    assert await estate.inventory.candidates("web", limit=0, principal=MINE) == []

"""History behaves alike behind every adapter, and as a slow look through all entries says."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.estates import (
    FEW,
    MINE,
    OTHERS,
    Ports,
    an_item,
    assert_same,
    at,
    id_of,
    load_items,
    new_tenant,
    plain,
    rows,
    window,
)
from headwater.errors import UsageError
from headwater.model.history import SEVERITIES, HistoryQuery, HistoryRecord
from headwater.model.load import LoadCount
from headwater.model.query import Filter

ALL_TIME = window(-(10**7), 10**7)


def an_entry(ci: str, second: float, **fields: Any) -> HistoryRecord:
    """Make a change of an item, so many seconds after the start."""
    named = {"kind": "change", "title": f"{ci} at {second}"} | fields
    return HistoryRecord(ci=ci, at=at(second), **named)


async def load(ports: Ports, *entries: HistoryRecord, **of: Any) -> LoadCount:
    principal, replace = of.pop("principal", MINE), of.pop("replace", False)
    return await ports.history.load(rows(entries, **of), replace=replace, principal=principal)


async def recent(ports: Ports, **query: Any) -> Any:
    principal = query.pop("principal", MINE)
    asked = HistoryQuery(**({"window": ALL_TIME} | query))
    return await ports.history.recent(asked, principal=principal)


async def titles(ports: Ports, **query: Any) -> list[str]:
    return [entry.title for entry in (await recent(ports, **query)).entries]


async def test_entries_come_newest_first_with_the_true_total(estate: Ports) -> None:
    await load_items(estate, *"ab")
    await load(estate, *(an_entry("a", second) for second in (5, 1, 9)), an_entry("b", 5))
    page = await recent(estate, limit=2)
    assert [entry.title for entry in page.entries] == ["a at 9", "b at 5"]
    assert (page.total, page.truncated, page.window) == (4, True, ALL_TIME)
    assert await titles(estate, oldest_first=True) == ["a at 1", "a at 5", "b at 5", "a at 9"]
    assert not (await recent(estate, limit=4)).truncated
    counted = await recent(estate, limit=0)
    assert (counted.entries, counted.total, counted.truncated) == ([], 4, True)


async def test_windows_are_half_open(estate: Ports) -> None:
    await load_items(estate, "a")
    await load(estate, *(an_entry("a", second) for second in (0, 10, 20)))
    assert await titles(estate, window=window(0, 20)) == ["a at 10", "a at 0"]
    assert await titles(estate, window=window(0.000001, 20.000001)) == ["a at 20", "a at 10"]
    assert await titles(estate, window=window(10, 10)) == []
    assert await titles(estate, window=window(20, 0)) == []


async def test_an_entry_keeps_all_that_it_was_given(estate: Ports) -> None:
    await load_items(estate, an_item("a", name="Alpha"))
    zone = timezone(timedelta(hours=5, minutes=30))
    whole = an_entry(
        "a", 1.000001, kind="incident", ended_at=at(9).astimezone(zone), severity="Critical",
        title="π 'quoted' \" ; --", summary="long\ntext", actor="olga",
        attributes={"deep": {"list": [1, 2.5, None, True, "ü"]}},
    )  # fmt: skip
    await load(estate, whole)
    [entry] = (await recent(estate)).entries
    assert (entry.ci.code, entry.ci.name, entry.ci.id) == ("a", "Alpha", await id_of(estate, "a"))
    assert (entry.at, entry.ended_at, entry.severity) == (at(1.000001), at(9), "critical")
    assert (entry.kind, entry.title) == (whole.kind, whole.title)
    assert (entry.summary, entry.actor) == (whole.summary, whole.actor)
    assert entry.attributes == whole.attributes
    assert entry.at.utcoffset() == timedelta()


async def test_items_kinds_and_filters_narrow(estate: Ports) -> None:
    await load_items(estate, an_item("a", owner="x"), an_item("b"), an_item("c", owner="x"))
    await load(
        estate, an_entry("a", 1), an_entry("b", 2, kind="incident"),
        an_entry("c", 3, kind="deployment"),
    )  # fmt: skip
    ids = tuple([await id_of(estate, code) for code in "ab"])
    assert await titles(estate, ci_ids=ids) == ["b at 2", "a at 1"]
    assert await titles(estate, ci_ids=()) == []
    assert await titles(estate, ci_ids=(10**6, 2**70)) == []
    assert await titles(estate, kinds=("incident", "deployment", "\ud800")) == ["c at 3", "b at 2"]
    owned = (Filter("owner", "eq", "x"),)
    assert await titles(estate, filters=owned) == ["c at 3", "a at 1"]
    assert await titles(estate, filters=owned, ci_ids=ids, kinds=("change",)) == ["a at 1"]


async def test_a_severity_is_the_least_wanted_and_knows_the_words_of_sources(
    estate: Ports,
) -> None:
    await load_items(estate, "a")
    words = [None, "info", "minor", "WARNING", "major", "critical"]
    await load(estate, *(an_entry("a", place, severity=word) for place, word in enumerate(words)))
    found = (await recent(estate, severity="info")).entries
    assert [entry.severity for entry in found] == list(reversed(SEVERITIES))
    for least, count in (("low", 4), ("warn", 3), ("High", 2), ("critical", 1)):
        assert (await recent(estate, severity=least)).total == count
    assert (await recent(estate)).total == len(words)
    with pytest.raises(UsageError, match="info, low, medium, high, critical") as caught:
        await recent(estate, severity="grave")
    assert caught.value.code == "history.unknown_severity"


async def test_an_unknown_field_is_refused_by_name(estate: Ports) -> None:
    with pytest.raises(UsageError, match="'colour'") as caught:
        await recent(estate, filters=(Filter("colour", "eq", "red"),))
    assert caught.value.code == "query.unknown_field"


async def test_the_same_entries_twice_change_nothing(estate: Ports) -> None:
    await load_items(estate, "a")
    entries = [an_entry("a", 1), an_entry("a", 1, title="x"), an_entry("a", 1, kind="event")]
    assert await load(estate, *entries) == LoadCount(read=3, added=3)
    before = await estate.history.batch(0, limit=9, principal=MINE)
    assert await load(estate, *entries) == LoadCount(read=3)
    assert await load(estate, *entries, replace=True) == LoadCount(read=3)
    assert await estate.history.batch(0, limit=9, principal=MINE) == before
    new = an_entry("a", 1, severity="low", attributes={"x": 1})
    assert await load(estate, new, replace=True) == LoadCount(read=1, changed=1, removed=2)
    [left] = await estate.history.batch(0, limit=9, principal=MINE)
    assert (left.id, left.severity, left.attributes) == (before[0].id, "low", {"x": 1})


async def test_a_replacing_load_removes_only_what_its_scope_owns(estate: Ports) -> None:
    await load_items(estate, an_item("a", source="x"), an_item("b", source="y"))
    await load(estate, an_entry("a", 1), an_entry("b", 1))
    assert await load(estate, replace=True, scope={"x"}) == LoadCount(removed=1)
    assert await titles(estate) == ["b at 1"]


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (an_entry("x", 1), "no item has the code 'x'"),
        (an_entry("a", 1, kind=""), "kind is missing"),
        (an_entry("a", 1, title="\ud800"), "surrogate"),
        (an_entry("a", 1, summary="\x00"), "NUL"),
        (an_entry("a", 1, severity="grave"), "severity 'grave'"),
        (an_entry("a", 1, attributes={"x": float("inf")}), "finite"),
        (an_entry("a", 1, ended_at=datetime(2026, 1, 1)), "zone"),  # noqa: DTZ001
        (HistoryRecord(ci="a", kind="k", title="t", at=datetime(2026, 1, 1)), "zone"),  # noqa: DTZ001
    ],
)
async def test_a_bad_entry_refuses_all_of_them(
    estate: Ports, entry: HistoryRecord, reason: str
) -> None:
    await load_items(estate, "a")
    with pytest.raises(UsageError, match=f"line 2: .*{reason}"):
        await load(estate, an_entry("a", 1), entry)
    assert (await recent(estate)).total == 0
    assert await load(estate, an_entry("a", 1), entry, skip_bad=True) == LoadCount(read=2, added=1)


async def test_entries_of_deleted_items_never_appear_and_come_back(estate: Ports) -> None:
    await load_items(estate, *"ab")
    await load(estate, an_entry("a", 1), an_entry("b", 2))
    gone = await id_of(estate, "b")
    await load_items(estate, "a", replace=True)
    assert await titles(estate) == ["a at 1"]
    assert await titles(estate, ci_ids=(gone,)) == []
    assert len(await estate.history.batch(0, limit=9, principal=MINE)) == 1
    await load_items(estate, "b")
    assert (await recent(estate)).total == 2


async def test_pages_of_an_export_hold_everything_once(estate: Ports) -> None:
    await load_items(estate, "a")
    await load(estate, *(an_entry("a", -second) for second in range(23)))
    got, last = [], 0
    while page := await estate.history.batch(last, limit=5, principal=MINE):
        got += [entry.title for entry in page]
        last = page[-1].id
    assert got == [f"a at {-second}" for second in range(23)]


async def test_two_tenants_with_the_same_codes_never_see_each_other(estate: Ports) -> None:
    for principal in (MINE, OTHERS):
        await load_items(estate, "a", principal=principal)
    await load(estate, an_entry("a", 1, title="secret"), principal=OTHERS)
    theirs = await id_of(estate, "a", principal=OTHERS)
    for query in ({}, {"ci_ids": (theirs,)}, {"filters": (Filter("code", "eq", "a"),)}):
        assert (await recent(estate, **query)).total == 0
    assert await estate.history.batch(0, limit=9, principal=MINE) == []
    assert (await load(estate, replace=True)).removed == 0
    assert await titles(estate, principal=OTHERS) == ["secret"]


ENTRIES = st.lists(
    st.builds(
        an_entry, st.sampled_from("abc"), st.integers(0, 6),
        kind=st.sampled_from(["change", "event"]), title=st.sampled_from(["x", "y"]),
        severity=st.sampled_from([None, "info", "warn", "high"]),
    ), max_size=15,
)  # fmt: skip
QUERIES = st.fixed_dictionaries({
    "window": st.tuples(st.integers(0, 7), st.integers(0, 7)).map(lambda span: window(*span)),
    "kinds": st.sampled_from([(), ("change",), ("change", "event")]),
    "severity": st.sampled_from([None, "info", "medium", "high"]),
    "limit": st.integers(0, 9),
    "oldest_first": st.booleans(),
    "filters": st.sampled_from([(), (Filter("code", "ne", "b"),)]),
})  # fmt: skip


@pytest.mark.parametrize("adapter", ["sqlite", "postgresql", "mariadb"], indirect=True)
@FEW
@given(entries=ENTRIES, query=QUERIES, gone=st.sampled_from(["", "c"]))
async def test_random_histories_are_read_alike_and_as_by_hand(
    memory: Ports, estate: Ports, entries: list[HistoryRecord], query: Any, gone: str
) -> None:
    mine = new_tenant()
    found, counts = [], []
    for ports in (memory, estate):
        await load_items(ports, *"abc", principal=mine)
        counts.append(await load(ports, *entries, principal=mine))
        left = [code for code in "abc" if code != gone]
        await load_items(ports, *left, principal=mine, replace=True)
        found.append(await recent(ports, principal=mine, **query))
    assert counts[0] == counts[1]
    assert_same(*found)
    held = {(each.ci, each.kind, each.at, each.title): each for each in entries}
    kept = [
        each
        for each in held.values()
        if each.ci not in {gone, "b" if query["filters"] else gone}
        and query["window"].start <= each.at < query["window"].end
        and (not query["kinds"] or each.kind in query["kinds"])
        and _grave_enough(each.severity, query["severity"])
    ]
    assert found[1].total == len(kept)
    order = [entry.at for entry in found[1].entries]
    assert (
        order
        == sorted((each.at for each in kept), reverse=not query["oldest_first"])[: query["limit"]]
    )
    assert {_key(entry) for entry in plain(found[1])["entries"]} <= {
        (each.ci, each.kind, each.at, each.title) for each in kept
    }


def _grave_enough(severity: str | None, least: str | None) -> bool:
    ranks = {"info": 0, "warn": 2, "medium": 2, "high": 3}
    return least is None or (severity is not None and ranks[severity] >= ranks[least])


def _key(entry: Any) -> tuple[Any, ...]:
    return entry["ci"]["code"], entry["kind"], entry["at"], entry["title"]

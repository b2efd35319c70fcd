"""The tool over history against looking at every entry of a random estate."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tool_estates import ASKED, START, Estate, Stores, each_store, instant, iso, modest, settle

from headwater.errors import UsageError
from headwater.model.history import SEVERITIES, HistoryRecord
from headwater.model.item import ItemRecord

tool_stores = each_store
CODES = ["a", "b", "c", "gone"]
KINDS = ["change", "deployment", "incident"]
MINUTE = timedelta(minutes=1)


@st.composite
def estates(draw: st.DrawFn) -> Estate:
    step = st.integers(0, 12)
    entry = st.builds(
        lambda ci, kind, at, lasted, severity: HistoryRecord(
            ci=ci,
            kind=kind,
            at=START + at * MINUTE,
            ended_at=None if lasted is None else START + (at + lasted) * MINUTE,
            severity=severity,
            title=f"{kind} of {ci} at {at}",
            attributes={"at": at},
        ),
        st.sampled_from(CODES),
        st.sampled_from(KINDS),
        step,
        st.none() | step,
        st.none() | st.sampled_from([*SEVERITIES, "warning", "major"]),
    )
    return Estate(
        items=[ItemRecord(code=code, name=code, type=code) for code in CODES],
        deleted={"gone"},
        history=draw(st.lists(entry, max_size=20, unique_by=lambda one: (one.ci, one.title))),
    )


def rank(severity: str | None) -> int:
    named = {"warning": "medium", "major": "high"}.get(severity or "", severity)
    return SEVERITIES.index(named) if named else -1


@modest
@given(estates(), st.data())
def test_recent_history_equals_looking_at_every_entry(
    tool_stores: Stores, estate: Estate, data: st.DataObject
) -> None:
    world = settle(tool_stores, estate)
    refs = data.draw(st.none() | st.lists(st.sampled_from([*CODES, "nobody"]), unique=True))
    kinds = data.draw(st.lists(st.sampled_from(KINDS), unique=True, max_size=2))
    severity = data.draw(st.none() | st.sampled_from([*SEVERITIES, "warning"]))
    types = data.draw(st.none() | st.lists(st.sampled_from(CODES), min_size=1, unique=True))
    first, length = data.draw(st.integers(-1, 12)), data.draw(st.integers(1, 14))
    limit = data.draw(st.integers(1, 8))
    start, end = START + first * MINUTE, START + (first + length) * MINUTE
    expected = [
        one
        for one in estate.history
        if one.ci not in estate.deleted
        and start <= one.at < end
        and (refs is None or one.ci in refs)
        and (types is None or one.ci in types)
        and (not kinds or one.kind in kinds)
        and (severity is None or rank(one.severity) >= rank(severity))
    ]
    filters = [] if types is None else [{"field": "type", "op": "in", "value": types}]
    page, evidence = world.cited(
        "history.recent",
        ci_ids=refs,
        filters=filters,
        kinds=kinds,
        severity=severity,
        window=f"{iso(start)}/{iso(end)}",
        limit=limit,
    )
    found = page["entries"]
    assert page["total"] == evidence.count == len(expected)
    assert page["truncated"] == evidence.truncated == (len(expected) > limit)
    assert len(found) == min(len(expected), limit)
    places = [(instant(one["at"]), one["id"]) for one in found]
    assert places == sorted(places, reverse=True)
    newest = sorted(expected, key=lambda one: one.at, reverse=True)[:limit]
    assert [at for at, _ in places] == [one.at for one in newest]
    by_key = {(one.ci, one.title): one for one in expected}
    for one in found:
        record = by_key[one["ci"]["code"], one["title"]]
        assert one["ci"] == {"id": world.ids[record.ci], "code": record.ci, "name": record.ci}
        assert (one["kind"], one["attributes"]) == (record.kind, record.attributes)
        assert (one["ended_at"] is None) == (record.ended_at is None)
        assert rank(one["severity"]) == rank(record.severity)


def entry(ci: str, at_minutes: int) -> HistoryRecord:
    return HistoryRecord(ci=ci, kind="change", at=ASKED - at_minutes * MINUTE, title="x")


def test_the_last_day_is_meant_where_no_window_is_given(tool_stores: Stores) -> None:
    history = [entry("a", 1), entry("a", 24 * 60), entry("a", 24 * 60 + 1), entry("a", 0)]
    items = [ItemRecord(code="a", name="A", type="x")]
    world = settle(tool_stores, Estate(items=items, history=history))
    page, evidence = world.cited("history.recent")
    assert [one["at"][:16] for one in page["entries"]] == ["2026-03-01T11:59", "2026-02-28T12:00"]
    assert evidence.window is not None
    assert evidence.window.end == ASKED
    assert evidence.records[0] == f"history {page['entries'][0]['id']} x"


def test_another_tenants_history_never_appears(tool_stores: Stores) -> None:
    items = [ItemRecord(code="a", name="A", type="x")]
    world = settle(tool_stores, Estate(items=items, history=[entry("a", 5)]))
    other = settle(tool_stores, Estate(items=items))
    assert other.call("history.recent")["total"] == 0
    assert other.call("history.recent", ci_ids=[world.ids["a"]])["total"] == 0


def test_a_severity_that_is_none_is_refused_by_name(tool_stores: Stores) -> None:
    world = settle(tool_stores, Estate())
    with pytest.raises(UsageError) as caught:
        world.call("history.recent", severity="awful")
    assert caught.value.code == "history.unknown_severity"
    assert "critical" in caught.value.message

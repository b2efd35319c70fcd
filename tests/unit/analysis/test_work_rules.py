"""What follows from parts, what runs in a circle, what is next: equal to slow, obvious ways."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from headwater.analysis.session_summary import MAX_SHOWN, summary_of
from headwater.analysis.work_cycles import circle_of, in_order, normal
from headwater.analysis.work_next import next_up
from headwater.analysis.work_rollup import Children, leaf, progress_of, rolled_up
from headwater.model.activity import Activity
from headwater.model.session import Note, RunDigest, Session
from headwater.model.work_item import WORK_STATUSES, Dependency, WorkItem
from headwater.policy.work_rights import ACTIONS, may_in_team

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
STATUS = st.sampled_from(WORK_STATUSES)


def grouped(statuses: list[Any]) -> list[Children]:
    counts = Counter(statuses)
    leaves = {one: leaf(one) for one in counts}
    return [
        Children(one, number, leaves[one].leaves * number, leaves[one].finished * number)
        for one, number in counts.items()
    ]


@given(st.lists(STATUS, min_size=1), STATUS)
def test_a_parent_stands_where_its_children_do(statuses: list[Any], own: Any) -> None:
    found = rolled_up(own, grouped(statuses))
    counted = [one for one in statuses if one != "dropped"]
    done = [one for one in counted if one in {"done", "tested", "merged"}]
    assert (found.leaves, found.finished) == (len(counted), len(done))
    assert (found.status == "dropped") == (not counted)
    assert (found.status == "blocked") == ("blocked" in counted)
    assert (found.status in {"done", "tested", "merged"}) == (bool(counted) and done == counted)
    assert (found.status == "new") == (bool(counted) and set(counted) == {"new"})
    if done and done == counted:
        assert found.status in done


@given(STATUS)
def test_without_children_an_item_stands_as_it_is(own: Any) -> None:
    assert rolled_up(own, []) == leaf(own)
    assert rolled_up(own, [Children("done", 0, 0, 0)]) == leaf(own)
    assert 0.0 <= progress_of(*leaf(own)[1:]) <= 1.0


EDGES = st.lists(
    st.builds(
        Dependency,
        source=st.integers(0, 6),
        target=st.integers(0, 6),
        type=st.sampled_from(("blocks", "requires", "related")),
    ).filter(lambda one: one.source != one.target),
    max_size=12,
)


def has_order(edges: list[Dependency]) -> bool:
    """Tell whether some order of all items keeps to every edge: by trying all of them."""
    pairs = [pair for one in edges if (pair := in_order(one)) is not None]
    items = sorted({each for pair in pairs for each in pair})
    return any(
        all(order.index(first) < order.index(then) for first, then in pairs)
        for order in permutations(items)
    )


@given(EDGES)
def test_a_dependency_is_refused_where_no_order_is_left(edges: list[Dependency]) -> None:
    kept: list[Dependency] = []
    for one in edges[:7]:
        path = circle_of(one, kept)
        assert bool(path) != has_order([*kept, one])
        if path:
            assert len(set(path)) == len(path)
            assert {path[0], path[-1]} == {one.source, one.target}
        else:
            kept.append(one)


def test_what_is_related_is_kept_once_and_has_no_order() -> None:
    pair = [Dependency(source=a, target=b, type="related") for a, b in ((2, 1), (1, 2))]
    assert normal(pair[0]) == normal(pair[1]) == pair[1]
    assert in_order(pair[0]) is None


def an_item(number: int, **fields: Any) -> WorkItem:
    whole = {"project": 1, "kind": "todo", "title": "x", "created_at": AT, "updated_at": AT}
    return WorkItem(**({"id": number, "version": 1, **whole} | fields))


def test_next_comes_what_is_under_way_then_by_priority_and_day() -> None:
    items = [
        an_item(1),
        an_item(2, priority=0),
        an_item(3, priority=0, due=date(2026, 3, 1)),
        an_item(4, status="in_progress", priority=4),
        an_item(5, children=2),
        an_item(6, status="blocked", blocker="a disk"),
        an_item(7, status="done"),
        an_item(8),
    ]
    waits = [Dependency(source=8, target=6, type="requires")]
    gone = [
        Dependency(source=7, target=1, type="blocks"),
        Dependency(source=99, target=2, type="blocks"),
    ]
    free, held = next_up(items, [*waits, *gone])
    assert [one.id for one in free] == [4, 3, 2, 1]
    assert [(one.item.id, one.blocker, one.waits_for) for one in held] == [
        (6, "a disk", ()),
        (8, None, (6,)),
    ]


@given(st.lists(STATUS, min_size=1, max_size=7), EDGES)
def test_everything_open_is_next_or_held(statuses: list[Any], edges: list[Dependency]) -> None:
    items = [an_item(number, status=status) for number, status in enumerate(statuses)]
    free, held = next_up(items, edges)
    found = sorted([one.id for one in free] + [one.item.id for one in held])
    assert found == [one.id for one in items if one.status in {"new", "in_progress", "blocked"}]
    stuck = {one.item.id for one in held}
    for one in edges:
        pair = in_order(one)
        if pair is not None and {*pair} <= set(found):
            assert pair[1] in stuck


def test_only_so_much_of_a_session_is_told_one_by_one() -> None:
    notes = tuple(Note(at=AT, by="ann", text=f"n{number}") for number in range(MAX_SHOWN + 3))
    session = Session(
        id=1,
        project=1,
        goal="g",
        started_by="ann",
        started_at=AT,
        notes=notes,
        runs=("r",),
        version=1,
    )
    text = summary_of(
        session,
        people=["ann"],
        runs={"r": RunDigest(text="why?\nreally " + "x" * 1000)},
        changes=[
            Activity(id=1, tenant="t", team=1, at=AT, actor="ann", kind="item.updated",
                     object_type="item", object_id=3, title="a", changes={"items": [[], ["db"]]}),
        ],
        ended_at=AT + timedelta(minutes=125),
    )  # fmt: skip
    lines = text.splitlines()
    assert lines[0] == "g: 2 h 5 min, by ann."
    assert lines[2].startswith("- why? really x")
    assert max(map(len, lines)) <= 310
    assert "- and 3 more" in lines
    assert lines[-1] == "- item.updated by ann: item 3 a (items nothing to db)"


def test_rights_rise_with_the_role_and_nobody_has_one_that_is_not_in_the_table() -> None:
    for action, least in ACTIONS.items():
        assert may_in_team(action, "leader")
        assert may_in_team(action, "member") == (least == "member")
        assert not may_in_team(action, None)
        assert not may_in_team(action, "king")
        assert may_in_team(action, None, roles=("admin",))
        assert not may_in_team(action, None, roles=("operator", "reader"))
    assert not may_in_team("fly", "leader", roles=("admin",))

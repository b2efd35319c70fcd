"""A room's events: whatever order they come in, each is told once, in its turn."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.model.activity import Activity
from headwater.model.room import RoomEvent, Told
from headwater.policy.room_log import RoomLog

AT = datetime(2026, 11, 21, tzinfo=UTC)
PLACES = st.lists(st.integers(1, 12), max_size=40)


def activity(seq: int) -> Activity:
    return Activity(
        id=seq, tenant="t", team=1, project=7, seq=seq, at=AT, actor="ann", kind="item.updated",
        object_type="item", object_id=1,
    )  # fmt: skip


def told(seq: int, *, whole: bool = True) -> Told:
    found = activity(seq) if whole else None
    return Told(team=1, project=7, seq=seq, kind="item.updated", activity=found)


def seqs(log: RoomLog, start: int = 0) -> list[int | None]:
    events = [log.at(place) for place in range(start, log.end)]
    return [event.seq for event in events if event is not None]


@given(PLACES, st.integers(0, 5))
def test_what_is_heard_is_told_up_to_the_first_hole_in_order_and_once(
    heard: list[int], before: int
) -> None:
    log = RoomLog()
    log.begin(before)
    for seq in heard:
        log.hear(told(seq))
    expected = before
    while expected + 1 in heard:
        expected += 1
    assert seqs(log) == list(range(before + 1, expected + 1))
    assert log.seq == expected
    assert log.behind == any(seq > expected for seq in heard)


@given(PLACES, PLACES, st.booleans())
def test_what_is_filled_from_the_store_leaves_no_hole(
    first: list[int], second: list[int], whole: bool
) -> None:
    log = RoomLog()
    log.begin(0)
    for seq in first:
        log.hear(told(seq, whole=whole))
    log.fill([activity(seq) for seq in range((log.seq or 0) + 1, 13)])
    for seq in second:
        log.hear(told(seq))
    assert seqs(log) == list(range(1, 13))
    assert not log.behind


@given(PLACES)
def test_what_comes_before_the_first_number_is_known_waits_for_it(heard: list[int]) -> None:
    log = RoomLog()
    for seq in heard:
        log.hear(told(seq))
    assert seqs(log) == []
    log.begin(12)
    log.begin(3)  # the first one counts
    assert (log.seq, log.behind) == (12, False)


@given(PLACES, st.booleans())
def test_who_gives_up_a_hole_goes_on_after_it(heard: list[int], whole: bool) -> None:
    log = RoomLog()
    log.begin(0)
    for seq in heard:
        log.hear(told(seq, whole=whole))
    behind, seen = log.behind, log.seq or 0
    log.skip()
    assert (log.seq or 0) > seen if behind else log.seq == seen
    numbers = seqs(log)
    assert numbers == sorted(set(numbers), key=lambda one: one or 0)


@given(st.integers(1, 5), st.integers(0, 20))
def test_the_last_events_are_kept_and_older_ones_are_known_to_be_gone(most: int, many: int) -> None:
    log = RoomLog(most)
    log.begin(0)
    for number in range(many):
        log.put(RoomEvent(project=7, kind="presence.joined", at=AT, people=(str(number),)))
    for place in range(many):
        if place < many - most:
            assert not log.has(place)
            with pytest.raises(IndexError):
                log.at(place)
        else:
            event = log.at(place)
            assert event is not None
            assert event.people == (str(place),)
    assert log.at(many) is None


def test_a_flood_that_comes_too_early_is_not_kept() -> None:
    log = RoomLog(4)
    log.begin(0)
    for seq in range(2, 1000):
        log.hear(told(seq))
    assert log.behind
    log.fill([activity(seq) for seq in range(1, 1001)])
    assert (log.seq, log.behind) == (1000, False)

"""The live view of the blocking client; `tests/arch/test_places.py` compares all methods."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import anyio
import pytest
from patience import GUARD_S

from headwater.engine.watch import Watch
from headwater.errors import CalledFromEventLoop, UsageError
from headwater.model.event import Event
from headwater.model.outcome import Late
from headwater.sync import BlockingWatch, Headwater
from headwater.testing import Script, scripted

ONLY_IN_A_LOOP = {"next", "tell", "close", "now"}
"""What the engine itself does with a view, and no asker."""


def public(kind: type) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_")}


def test_both_live_views_have_what_an_asker_needs() -> None:
    private = {name for name in vars(Watch()) if name.startswith("_")}
    assert public(BlockingWatch) == (public(Watch) | set(vars(Watch()))) - ONLY_IN_A_LOOP - private


@pytest.fixture
def hang() -> Script:
    return Script(hangs=True)


@pytest.fixture
def hw(hang: Script) -> Iterator[Headwater]:
    with Headwater.open("memory:", packs=[[scripted("t.echo"), scripted("t.hang", hang)]]) as hw:
        yield hw


PLAN = {
    "steps": [
        {"id": "quick", "tool": "t.echo", "args": {"value": 1}},
        {"id": "stuck", "tool": "t.hang"},
    ]
}


def test_another_thread_sees_the_events_and_asks_for_the_answer_now(hw: Headwater) -> None:
    watch, seen = hw.watch(), list[Event]()

    def look() -> None:
        for event in watch:
            seen.append(event)
            if (event.kind, event.step) == ("step.ended", "quick"):
                watch.finish()

    thread = threading.Thread(target=look)
    thread.start()
    result = hw.run(PLAN, budget_s=30, watch=watch)
    thread.join(GUARD_S)
    assert not thread.is_alive()
    assert watch.finished
    assert result.status == "partial"
    stuck = result.outcomes["stuck"]
    assert isinstance(stuck, Late)
    assert stuck.code == "limit.asked_now"
    assert [seen[0].kind, seen[-1].kind] == ["run.started", "run.answered"]
    assert [event.seq for event in seen] == list(range(len(seen)))
    assert watch.dropped == 0


def test_ask_and_again_are_watched_too(hw: Headwater) -> None:
    asking = hw.watch()
    hw.ask("how many items per type?", watch=asking)
    first = hw.run(PLAN, budget_s=0.05)
    asked_again = hw.watch()
    hw.again(first.run_id, budget_s=0.05, watch=asked_again)
    for watch in (asking, asked_again):
        assert [event.kind for event in watch][-1] == "run.answered"


def test_a_view_read_after_the_end_gives_everything_once(hw: Headwater) -> None:
    watch = hw.watch()
    hw.run(PLAN, budget_s=0.05, watch=watch)
    halfway = iter(watch)
    first = next(halfway)
    assert [first.seq, *[event.seq for event in watch]] == list(range(first.seq, 1 + _last(hw)))
    assert list(watch) == []


def _last(hw: Headwater) -> int:
    return max(event.seq for event in hw.explain(hw.runs(limit=1)[0].run_id).events)


def test_a_view_of_a_closed_client_says_so() -> None:
    with Headwater.open("memory:") as hw:
        watch = hw.watch()
    with pytest.raises(UsageError) as raised:
        watch.finish()
    assert raised.value.code == "client.closed"


def test_whoever_waits_for_events_is_released_when_the_client_closes() -> None:
    waiting, raised = threading.Event(), []

    def look(watch: BlockingWatch) -> None:
        waiting.set()
        try:
            list(watch)
        except UsageError as error:
            raised.append(error.code)

    with Headwater.open("memory:") as hw:
        thread = threading.Thread(target=look, args=(hw.watch(),))
        thread.start()
        assert waiting.wait(GUARD_S)
    thread.join(GUARD_S)
    assert raised == ["client.closed"]


def test_from_a_running_loop_a_view_is_refused_and_its_twin_named(hw: Headwater) -> None:
    async def inside() -> None:
        with pytest.raises(CalledFromEventLoop, match=r"AsyncHeadwater\.watch"):
            hw.watch()

    anyio.run(inside)

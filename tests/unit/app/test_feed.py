"""Events reach followers in messages that fit, and only where somebody may listen."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from anyio import fail_after
from patience import GUARD_S

from headwater import AsyncHeadwater
from headwater.app.feed import Feed, batches, decode, encode
from headwater.app.live import LiveRuns
from headwater.app.run_writer import RunWriter
from headwater.app.settings import Settings
from headwater.engine.journal import Outlet
from headwater.errors import StoreFault
from headwater.model.event import Event
from headwater.model.principal import Principal
from headwater.stores.memory.hub import MemoryHub
from headwater.stores.memory.run_log import MemoryRunLog


def event(seq: int, size: int = 1) -> Event:
    """Make an event of some size."""
    return Event(
        run_id="r-1", seq=seq, offset_s=0.1, kind="cache.hit", where="x", data={"x": "é" * size}
    )


class Unreachable:
    """A hub that nobody reaches."""

    def __init__(self) -> None:
        self.told = 0

    async def publish(self, channel: str, message: Mapping[str, Any]) -> None:
        """Fail."""
        self.told += 1
        raise StoreFault("the hub is away", code="hub.unreachable", retry_safe=True)

    def heard(self, channel: str) -> bool:
        """Nobody knows."""
        return True

    @asynccontextmanager
    async def listen(self, channel: str) -> AsyncIterator[AsyncIterator[Mapping[str, Any]]]:
        """Fail."""
        raise StoreFault("the hub is away", code="hub.unreachable", retry_safe=True)
        yield  # type: ignore[unreachable]


def feed_of(hub: Any, **options: Any) -> tuple[Outlet, Feed]:
    """Return an outlet and what tells its events."""
    outlet = Outlet(**options)
    writer = RunWriter(outlet, MemoryRunLog(), keep=timedelta(days=1), keep_count=9)
    return outlet, Feed(outlet, hub, writer)


@pytest.mark.parametrize("size", [1, 400, 3_000, 30_000])
def test_no_message_is_over_64_kib_and_no_event_is_lost(size: int) -> None:
    events = [event(seq, size if seq % 3 else 1) for seq in range(120)]
    messages = [{"events": batch} for batch in batches(encode(one) for one in events)]
    assert all(len(json.dumps(one)) <= 65_536 for one in messages)
    told = [
        pair
        for one in messages
        for pair in decode(json.loads(json.dumps(one)), principal=Principal())
    ]
    assert [one.seq for one, _ in told] == list(range(120))
    for one, stored in told:
        assert one.data == ({} if stored else events[one.seq].data)
    assert any(stored for _, stored in told) == (size == 30_000)


async def test_events_are_told_to_their_tenants_listeners_alone() -> None:
    hub = MemoryHub()
    outlet, feed = feed_of(hub)
    outlet.put(event(0), ("mine", None))
    await feed.publish()
    async with hub.listen("runs:mine") as mine, hub.listen("runs:theirs") as theirs:
        outlet.put(event(1), ("mine", None))
        outlet.put(event(2), ("theirs", None))
        outlet.put(event(3))
        await feed.publish()
        with fail_after(GUARD_S):
            who = Principal()
            heard = [list(decode(await anext(one), principal=who)) for one in (mine, theirs)]
    assert [[one.seq for one, _ in each] for each in heard] == [[1], [2]]


async def test_a_hub_that_is_away_costs_events_and_nothing_else() -> None:
    hub = Unreachable()
    outlet, feed = feed_of(hub, most_live=5)
    for seq in range(8):
        outlet.put(event(seq), ("mine", None))
    assert outlet.dropped_live == 3
    await feed.publish()
    assert (feed.faults, hub.told) == (1, 1)
    assert outlet.take_live() == []
    assert len(outlet.take()[1]) == 8


async def test_a_run_is_followed_by_the_run_log_where_no_hub_is_reached() -> None:
    async with AsyncHeadwater.open("memory:", settings=Settings(prepare=False)) as hw:
        parts = replace(hw._parts, stores=replace(hw._parts.stores, hub=Unreachable()))
        live = LiveRuns(parts, Principal())
        begun = await live.begin(question="how many items are there?")
        with fail_after(GUARD_S):
            async with live.follow(begun.run_id) as events:
                kinds = [one.kind async for one in events]
        assert kinds[-1] == "run.answered"
        with pytest.raises(StoreFault):
            async with live.subscribe():
                pass


async def test_a_subscriber_who_does_not_read_is_told_of_the_gap() -> None:
    async with AsyncHeadwater.open("memory:", settings=Settings(prepare=False)) as hw:
        hub = MemoryHub(most_waiting=1)
        parts = replace(hw._parts, stores=replace(hw._parts.stores, hub=hub))
        async with LiveRuns(parts, Principal()).subscribe() as events:
            for seq in range(3):
                await hub.publish("runs:default", {"events": [encode(event(seq))]})
            with fail_after(GUARD_S):
                assert (await anext(events)).seq == 0
                await hub.publish("runs:default", {"events": [encode(event(9))]})
                gap = await anext(events)
                assert (gap.kind, gap.seq) == ("run.gap", -1)
                assert (await anext(events)).seq == 9

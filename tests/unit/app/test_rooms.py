"""Rooms: who comes in, in which order they are told, what holes do, and who is there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Any

import anyio
import pytest
from patience import GUARD_S
from scripted_work import ScriptedWork

from headwater.app import attendance, hall, room
from headwater.app.room import Seat
from headwater.app.rooms import Halls, LiveRooms
from headwater.errors import LimitError, StoreFault, UsageError
from headwater.model.principal import Principal
from headwater.model.room import RoomEvent
from headwater.policy.room_log import MOST_KEPT
from headwater.ports.hub import Hub
from headwater.services.rooms import MOST_CHARS, HubRooms
from headwater.stores.memory.hub import MemoryHub

ANN, BERT, EVE = (Principal("default", name, ("operator",)) for name in ("ann", "bert", "eve"))
MEMBERS = {7: ["ann", "bert"], 8: ["ann"], 9: ["eve"]}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Replica:
    """One process' rooms over a hub; what it tells reaches the others."""

    def __init__(self, work: ScriptedWork, hub: Hub, group: Any) -> None:
        self.work = work
        self.told = HubRooms(hub)
        group.start_soon(self.told.work)
        self.rooms = LiveRooms(
            Halls(work, self.told, hub=hub, versions=work, group=group), Principal()
        )

    def join(self, who: Principal = ANN, project: int = 7, **more: Any) -> Any:
        return self.rooms.join(project, principal=who, **more)

    async def do(self, project: int = 7, kind: str = "item.updated", **more: Any) -> int:
        """Do something and tell of it."""
        done = self.work.do(project, kind, **more)
        await self.work.tell(self.told, done)
        return done.seq


@asynccontextmanager
async def replicas(count: int = 1, hub: Hub | None = None) -> AsyncIterator[list[Replica]]:
    """Open so many processes' rooms over one hub and the same work."""
    work, hub = ScriptedWork(MEMBERS), hub or MemoryHub()
    with anyio.fail_after(GUARD_S):
        async with anyio.create_task_group() as group:
            yield [Replica(work, hub, group) for _ in range(count)]
            group.cancel_scope.cancel()


async def take(seat: Seat, count: int, *, presence: bool = False) -> list[RoomEvent]:
    """Return the next events of a seat, those of presence only where they are wanted."""
    events: list[RoomEvent] = []
    with anyio.fail_after(GUARD_S):
        while len(events) < count:
            event = await anext(seat)
            if presence or event.seq is not None:
                events.append(event)
    return events


async def seqs(seat: Seat, count: int) -> list[int | None]:
    return [event.seq for event in await take(seat, count)]


@contextmanager
def refused(code: str = "work.unknown") -> Iterator[None]:
    with pytest.raises((UsageError, LimitError, StoreFault)) as raised, anyio.fail_after(GUARD_S):
        yield
    assert raised.value.code == code


async def test_who_is_in_a_room_is_told_what_is_done_there_in_order() -> None:
    async with replicas() as [one], one.join() as seat:
        assert (seat.project, seat.seq) == (7, 1)
        for _ in range(20):
            await one.do()
        await one.do(8)
        told = await take(seat, 20)
    assert [event.seq for event in told] == list(range(2, 22))
    assert {event.project for event in told} == {7}
    assert told[0].activity == one.work.log[7][1]


async def test_a_room_of_another_team_and_one_that_is_not_there_are_refused_alike() -> None:
    words = []
    async with replicas() as [one]:
        for project in (9, 12345):
            with pytest.raises(UsageError) as raised:
                async with one.join(ANN, project):
                    pass
            words.append(str(raised.value).replace(str(project), "N"))
    assert raised.value.code == "work.unknown"
    assert words[0] == words[1]


async def test_an_admin_of_the_tenant_comes_in_everywhere_and_one_of_another_nowhere() -> None:
    async with replicas() as [one]:
        async with one.join(Principal("default", "root", ("admin",)), 9) as seat:
            assert seat.seq == 1
        with refused():
            async with one.join(Principal("other", "root", ("admin",)), 9):
                pass


async def test_what_comes_out_of_order_or_twice_is_told_in_order_and_once() -> None:
    async with replicas() as [one], one.join() as seat:
        first, second, third = (one.work.do(7) for _ in range(3))
        await one.work.tell(one.told, third, first, first, second, third)
        assert await seqs(seat, 3) == [2, 3, 4]
        await one.do()
        assert await seqs(seat, 1) == [5]


async def test_what_was_never_told_is_read_as_soon_as_the_hole_shows() -> None:
    async with replicas() as [one], one.join() as seat:
        one.work.do(7)
        one.work.do(7)
        await one.do()
        assert await seqs(seat, 3) == [2, 3, 4]
    assert one.work.asked["since"] == 1


async def test_what_was_never_told_is_found_by_looking_where_nothing_else_happens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hall, "LOOK_S", 0.05)
    async with replicas() as [one], one.join() as seat:
        one.work.do(7)
        assert await seqs(seat, 1) == [2]


async def test_what_is_too_large_to_be_told_is_read() -> None:
    async with replicas() as [one], one.join() as seat:
        await one.do(title="x" * MOST_CHARS)
        await one.do()
        told = await take(seat, 2)
    assert [len(event.activity.title) for event in told if event.activity] == [MOST_CHARS, 0]


async def test_a_number_that_is_told_but_never_kept_holds_the_room_up_for_a_while_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hall, "GIVEN_UP_S", 0.1)
    async with replicas() as [one], one.join() as seat:
        lost = one.work.do(7)
        kept = one.work.do(7)
        one.work.log[7].clear()
        await one.work.tell(one.told, kept)
        assert await seqs(seat, 1) == [kept.seq]
    assert lost.seq == kept.seq - 1


@pytest.mark.parametrize("after", [0, 3, 5, 999])
async def test_a_reader_goes_on_after_the_last_event_seen(after: int) -> None:
    async with replicas() as [one]:
        for _ in range(4):
            one.work.do(7)
        async with one.join(after=after) as seat:
            await one.do()
            start = min(after, 5)
            assert await seqs(seat, 6 - start) == list(range(start + 1, 7))


async def test_a_reader_who_was_away_for_long_misses_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(room, "PAGE", 50)
    many = MOST_KEPT * 3
    async with replicas() as [one]:
        for _ in range(many):
            one.work.do(7)
        async with one.join(after=1) as seat:
            for _ in range(many):  # more than a room keeps, while the reader still reads
                await one.do()
            assert await seqs(seat, 2 * many) == list(range(2, 2 * many + 2))
            assert {event.kind for event in await take(seat, 1, presence=True)} == {"presence.list"}


async def test_a_member_who_is_removed_is_told_nothing_more() -> None:
    async with replicas() as [one], one.join(ANN) as mine, one.join(BERT) as gone:
        await one.do()
        assert await seqs(gone, 1) == [2]
        removed = one.work.remove(7, "bert")
        await one.work.tell(one.told, removed, one.work.do(7))
        with refused():
            await take(gone, 1)
        assert await seqs(mine, 2) == [2, 3]


async def test_a_member_who_is_removed_loses_a_quiet_room_at_once() -> None:
    async with replicas() as [one], one.join(BERT) as gone, one.join(ANN, 8) as other:
        before = one.work.asked["may_see"]
        await one.work.tell(one.told, one.work.remove(7, "bert"))
        with refused(), anyio.fail_after(GUARD_S):
            await take(gone, 1)
        with refused():
            async with one.join(BERT):
                pass
        await one.do(8)
        assert await seqs(other, 1) == [2]
    assert one.work.asked["may_see"] - before == 1, "rooms of other teams are not asked for"


async def test_a_removal_that_nobody_told_of_is_found_by_looking(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hall, "LOOK_S", 0.05)
    async with replicas() as [one], one.join(BERT) as gone:
        one.work.remove(7, "bert")
        with refused():
            await take(gone, 1)


async def test_a_reader_who_reads_too_late_goes_on_from_the_store() -> None:
    many = MOST_KEPT * 2
    async with replicas() as [one], one.join() as seat, one.join(BERT) as other:
        await one.do()
        assert await seqs(seat, 1) == [2]
        for _ in range(many):
            await one.do()
        assert await seqs(other, many + 1) == list(range(2, many + 3))
        assert await seqs(seat, many) == list(range(3, many + 3))


async def test_a_reader_who_falls_too_far_behind_loses_the_seat(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(room, "MOST_BEHIND", 300)
    async with replicas() as [one], one.join() as seat, one.join(BERT) as other:
        await one.do()
        assert await seqs(seat, 1) == [2]
        with anyio.move_on_after(0.05):  # reads, and then no more
            await take(seat, 1)
        for first in range(2, 402, 100):
            for _ in range(100):
                await one.do()
            assert await seqs(other, 100) == list(range(first, first + 100))
        with refused("room.slow"):
            await take(seat, 1)


async def test_who_comes_and_goes_is_told_to_those_who_are_there() -> None:
    async with replicas() as [one], one.join(ANN) as mine:
        assert mine.present == ("ann",)
        async with one.join(BERT) as other, one.join(BERT):
            assert other.present == ("ann", "bert")
        told = await take(mine, 2, presence=True)
    assert [(event.kind, event.people) for event in told] == [
        ("presence.joined", ("bert",)),
        ("presence.left", ("bert",)),
    ]


async def test_processes_tell_each_other_who_is_there() -> None:
    async with replicas(2) as [here, there], here.join(ANN) as mine:
        async with there.join(BERT) as theirs:
            [came] = await take(mine, 1, presence=True)
            assert (came.kind, came.people) == ("presence.joined", ("bert",))
            seen = set(theirs.present)
            while seen != {"ann", "bert"}:
                [event] = await take(theirs, 1, presence=True)
                seen |= set(event.people)
        [left] = await take(mine, 1, presence=True)
    assert (left.kind, left.people) == ("presence.left", ("bert",))


async def test_what_is_done_in_one_process_is_told_in_the_other() -> None:
    async with replicas(2) as [here, there], here.join(ANN) as mine, there.join(BERT) as theirs:
        for one in (here, there) * 10:
            await one.do()
        assert await seqs(mine, 20) == await seqs(theirs, 20) == list(range(2, 22))


async def test_nobody_of_a_process_that_died_stays_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hall, "LOOK_S", 0.05)
    monkeypatch.setattr(attendance, "EXPIRES_S", 0.2)
    hub = MemoryHub()
    async with replicas(1, hub) as [one], one.join(ANN) as mine:
        await hub.publish("presence:default", {"by": "dead", "rooms": {"7": ["bert"]}})
        told = await take(mine, 2, presence=True)
    assert [(event.kind, event.people) for event in told] == [
        ("presence.joined", ("bert",)),
        ("presence.left", ("bert",)),
    ]


class Unreached(MemoryHub):
    """A hub that nobody reaches."""

    async def publish(self, channel: str, message: Mapping[str, Any]) -> None:
        raise StoreFault("no hub", code="hub.unreachable", retry_safe=True)


async def test_without_a_hub_rooms_go_on_from_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hall, "LOOK_S", 0.05)
    async with replicas(1, Unreached()) as [one], one.join(ANN) as mine, one.join(BERT) as other:
        await one.do()
        await one.do()
        assert await seqs(mine, 2) == await seqs(other, 2) == [2, 3]
        one.work.remove(7, "bert")
        with refused():
            await take(other, 1)


async def test_what_a_hub_lost_is_read() -> None:
    hub = MemoryHub()
    async with replicas(1, hub) as [one], one.join(ANN) as mine:
        await anyio.wait_all_tasks_blocked()
        one.work.do(7)
        await hub.publish("rooms:default", {"hub": "gap"})
        assert await seqs(mine, 1) == [2]


async def test_a_room_that_everybody_left_is_forgotten() -> None:
    async with replicas() as [one]:
        halls = one.rooms._halls
        async with AsyncExitStack() as stack:
            for _ in range(3):
                await stack.enter_async_context(one.join(ANN))
            assert set(halls._halls) == {"default"}
        assert halls._halls == {}
        async with one.join(ANN, after=0) as seat:
            assert await seqs(seat, 1) == [1]

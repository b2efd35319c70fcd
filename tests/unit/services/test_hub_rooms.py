"""How rooms are told by a hub: behind the writer, in batches, whole or by place, never failing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import anyio
import pytest
from patience import GUARD_S

from headwater.errors import StoreFault
from headwater.model.activity import Activity
from headwater.model.principal import Principal
from headwater.model.room import Told
from headwater.services import rooms
from headwater.services.rooms import MESSAGE_CHARS, MOST_CHARS, HubRooms
from headwater.stores.memory.hub import MemoryHub

ANN = Principal("mine", "ann", ("operator",))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def activity(seq: int, **more: Any) -> Activity:
    return Activity(
        id=seq, team=1, project=7, seq=seq, at=datetime(2026, 11, 21, 12, 0, 1, 5, tzinfo=UTC),
        actor="ann", kind="item.updated", object_type="item", object_id=1, version=2,
        **{"tenant": "mine", **more},
    )  # fmt: skip


@asynccontextmanager
async def telling(hub: MemoryHub) -> AsyncIterator[HubRooms]:
    with anyio.fail_after(GUARD_S):
        async with anyio.create_task_group() as group:
            told = HubRooms(hub)
            group.start_soon(told.work)
            yield told
            group.cancel_scope.cancel()


async def heard(batches: AsyncIterator[Sequence[Told] | None], count: int) -> list[Told]:
    found: list[Told] = []
    while len(found) < count:
        batch = await anext(batches)
        found += batch if batch is not None else []
    return found


async def test_what_was_done_is_heard_as_it_was_done() -> None:
    done = activity(
        1, title="pay", changes={"status": ["new", "done"], "due": [None, "2026-12-01"]}
    )
    async with telling(MemoryHub()) as told, told.listen(principal=ANN) as batches:
        await told.tell([done], principal=ANN)
        [one] = await heard(batches, 1)
    assert one.activity == done
    assert (one.team, one.project, one.seq, one.kind) == (1, 7, 1, "item.updated")


async def test_another_tenants_is_neither_told_nor_heard() -> None:
    async with telling(MemoryHub()) as told, told.listen(principal=ANN) as batches:
        await told.tell([activity(1, tenant="other"), activity(2)], principal=ANN)
        await told.tell([activity(3, tenant="other")], principal=Principal("other"))
        await told.tell([activity(4)], principal=ANN)
        assert [one.seq for one in await heard(batches, 2)] == [2, 4]


async def test_many_are_told_in_order_in_messages_that_a_hub_takes() -> None:
    sizes: list[int] = []

    class Measured(MemoryHub):
        async def publish(self, channel: str, message: Mapping[str, Any]) -> None:
            sizes.append(len(str(message)))
            await super().publish(channel, message)

    hub = Measured()
    async with telling(hub) as told, told.listen(principal=ANN) as batches:
        await told.tell([activity(seq, title="x" * 1000) for seq in range(500)], principal=ANN)
        assert [one.seq for one in await heard(batches, 500)] == list(range(500))
    assert max(sizes) < MESSAGE_CHARS + MOST_CHARS


async def test_what_is_too_large_is_told_by_its_place() -> None:
    async with telling(MemoryHub()) as told, told.listen(principal=ANN) as batches:
        await told.tell([activity(9, title="x" * MOST_CHARS)], principal=ANN)
        [one] = await heard(batches, 1)
    assert one == Told(team=1, project=7, seq=9, kind="item.updated")


async def test_a_hub_that_is_away_fails_nobody_and_what_comes_after_is_told() -> None:
    class Away(MemoryHub):
        away = True

        async def publish(self, channel: str, message: Mapping[str, Any]) -> None:
            if self.away:
                raise StoreFault("away", code="hub.unreachable", retry_safe=True)
            await super().publish(channel, message)

    hub = Away()
    async with telling(hub) as told, told.listen(principal=ANN) as batches:
        await told.tell([activity(1)], principal=ANN)
        while not told.faults:
            await anyio.lowlevel.checkpoint()
        hub.away = False
        await told.tell([activity(2)], principal=ANN)
        assert [one.seq for one in await heard(batches, 1)] == [2]


async def test_where_nobody_sends_the_oldest_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "MOST_WAITING", 3)
    hub = MemoryHub()
    told = HubRooms(hub)
    await told.tell([activity(seq) for seq in range(10)], principal=ANN)
    async with told.listen(principal=ANN) as batches:
        await told.send()
        assert [one.seq for one in await heard(batches, 3)] == [7, 8, 9]

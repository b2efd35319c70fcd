"""What webhooks bring is taken once behind every adapter, and waits until it is handled."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import anyio
import pytest
from patience import GUARD_S

from contract.estates import MINE, OTHERS, START
from contract.places import Place
from contract.repository_ports import repository_ports
from headwater.model.repository_link import Delivery
from headwater.ports.deliveries import Deliveries


@pytest.fixture
async def deliveries(
    adapter: str, place: Place | None, empty_files: Path, tmp_path: Path
) -> AsyncIterator[Deliveries]:
    async with repository_ports(adapter, place, empty_files, tmp_path) as ports:
        yield ports.deliveries


def a_delivery(number: int, project: int = 7) -> Delivery:
    return Delivery(
        id=f"guid-{number}",
        project=project,
        event="issues",
        payload={"number": number, "text": "ünï 😀 \\u0000"},
        received_at=START + timedelta(seconds=number),
    )


async def waiting(deliveries: Deliveries, project: int = 7) -> list[str]:
    return [one.id for one in await deliveries.waiting(project, limit=10, principal=MINE)]


async def test_what_came_waits_in_order_as_it_came(deliveries: Deliveries) -> None:
    for number in (2, 1, 3):
        assert await deliveries.put(a_delivery(number), principal=MINE)
    await deliveries.put(a_delivery(4, project=8), principal=MINE)
    assert await waiting(deliveries) == ["guid-1", "guid-2", "guid-3"]
    first = await deliveries.waiting(7, limit=1, principal=MINE)
    assert first == [a_delivery(1)]


async def test_an_id_is_taken_once_even_after_it_was_handled(deliveries: Deliveries) -> None:
    assert await deliveries.put(a_delivery(1), principal=MINE)
    assert not await deliveries.put(a_delivery(1), principal=MINE)
    await deliveries.settle(["guid-1", "unknown"], handled_at=START, principal=MINE)
    assert await waiting(deliveries) == []
    assert not await deliveries.put(a_delivery(1), principal=MINE)
    assert await waiting(deliveries) == []


async def test_of_many_who_bring_the_same_one_is_taken(deliveries: Deliveries) -> None:
    taken: list[bool] = []

    async def put() -> None:
        taken.append(await deliveries.put(a_delivery(1), principal=MINE))

    with anyio.fail_after(GUARD_S):
        async with anyio.create_task_group() as group:
            for _ in range(8):
                group.start_soon(put)
    assert sorted(taken) == [False] * 7 + [True]
    assert await waiting(deliveries) == ["guid-1"]


async def test_tries_that_came_to_nothing_are_counted(deliveries: Deliveries) -> None:
    await deliveries.put(a_delivery(1), principal=MINE)
    for _ in range(2):
        await deliveries.failed("guid-1", principal=MINE)
    assert (await deliveries.waiting(7, limit=1, principal=MINE))[0].tries == 2


async def test_nobody_has_anothers(deliveries: Deliveries) -> None:
    await deliveries.put(a_delivery(1), principal=MINE)
    assert await deliveries.waiting(7, limit=10, principal=OTHERS) == []
    await deliveries.settle(["guid-1"], handled_at=START, principal=OTHERS)
    assert await waiting(deliveries) == ["guid-1"]
    assert await deliveries.put(a_delivery(1), principal=OTHERS)

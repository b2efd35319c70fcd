"""A load of any port that is cancelled on its way leaves nothing, and the next one goes well."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import anyio
import pytest
from patience import GUARD_S

from contract.estates import MINE, Ports, an_item, at, at_us, load_items, rows
from headwater.model.history import HistoryRecord
from headwater.model.load import LoadCount
from headwater.model.metric import MetricRecord
from headwater.model.relation import RelationRecord
from headwater.model.rule import RuleRecord

RECORDS: dict[str, Callable[[int], Any]] = {
    "inventory.load": lambda n: an_item(f"new{n}"),
    "relations.load": lambda n: RelationRecord(source="a", target="b", type=f"t{n}"),
    "metrics.load": lambda n: MetricRecord(name=f"cpu{n}"),
    "metrics.load_samples": lambda n: ("cpu", "a", at_us(n), 1.0),
    "history.load": lambda n: HistoryRecord(ci="a", kind="change", at=at(n), title="t"),
    "rules.load": lambda n: RuleRecord(code=f"r{n}", name="r", trigger={}),
}
"""For each load the record of a number, each different from the others."""


@pytest.mark.parametrize("method", RECORDS)
async def test_a_cancelled_load_leaves_nothing_and_the_next_goes_well(
    estate: Ports, method: str, anyio_backend_name: str
) -> None:
    # A loop that never rests would keep the interpreter from the writer's thread.
    pause_s = 0.001 if anyio_backend_name == "asyncio" else 0.0
    await load_items(estate, *"ab")
    port, _, name = method.partition(".")
    load = getattr(getattr(estate, port), name)
    endless = rows([])
    endless.records = enumerate(map(RECORDS[method], itertools.count()), 1)
    before = await estate.versions.current(principal=MINE)

    async def run() -> None:
        await load(endless, replace=True, principal=MINE)

    with anyio.fail_after(GUARD_S):
        async with anyio.create_task_group() as group:
            group.start_soon(run)
            while endless.read < 12_000:  # noqa: ASYNC110 (the store tells nobody)
                await anyio.sleep(pause_s)
            group.cancel_scope.cancel()
        assert await estate.versions.current(principal=MINE) == before
        again = await load(rows([RECORDS[method](0)]), replace=False, principal=MINE)
    assert again == LoadCount(read=1, added=1)


@pytest.mark.parametrize("adapter", ["sqlite", "postgresql", "mariadb"], indirect=True)
async def test_loads_of_the_same_rows_at_once_are_made_one_after_the_other(estate: Ports) -> None:
    counts: list[LoadCount] = []

    async def run() -> None:
        records = [an_item(f"c{n}", tags={"t": str(n)}) for n in range(50)]
        counts.append(await load_items(estate, *records))

    with anyio.fail_after(GUARD_S):
        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(run)
    assert sorted(count.added for count in counts) == [0, 0, 0, 0, 50]
    assert (await estate.versions.current(principal=MINE))["inventory"] == 5

"""Runs on their way to the run log, behind the answer."""

from datetime import UTC, datetime, timedelta

import anyio
import pytest
from anyio import fail_after
from patience import GUARD_S

from headwater.app.run_writer import RunWriter
from headwater.engine.journal import Journal, Outlet
from headwater.errors import StoreFault
from headwater.model.event import RunRecord
from headwater.model.principal import Principal
from headwater.stores.memory.run_log import MemoryRunLog

ASKED_AT = datetime(2026, 11, 21, tzinfo=UTC)


class FlakyRunLog(MemoryRunLog):
    """A run log whose disk is full until it is mended."""

    full = True

    async def write(self, runs, events):
        if self.full:
            raise StoreFault("the disk is full", code="store.full")
        await super().write(runs, events)


class SlowRunLog(MemoryRunLog):
    """A run log that hangs until it is mended."""

    hangs = True

    async def write(self, runs, events):
        if self.hangs:
            await anyio.sleep_forever()
        await super().write(runs, events)


def record(run_id="r-1", asked_at=ASKED_AT):
    return RunRecord(
        run_id=run_id,
        tenant="default",
        principal="local",
        kind="run",
        text="",
        asked_at=asked_at,
        budget_s=1.0,
    )


async def kept_in(run_log):
    return len(await run_log.recent(limit=10, principal=Principal()))


def writer_of(outlet, run_log, keep_days=1, keep_count=10):
    return RunWriter(outlet, run_log, keep=timedelta(days=keep_days), keep_count=keep_count)


async def test_what_gathers_is_written_without_anybody_asking():
    outlet, run_log = Outlet(), MemoryRunLog()
    async with anyio.create_task_group() as group:
        group.start_soon(writer_of(outlet, run_log).work)
        await anyio.lowlevel.checkpoint()
        Journal(record(asked_at=datetime.now(UTC)), outlet).note("step.started", "engine.run", "a")
        with fail_after(GUARD_S):
            while not await run_log.events("r-1", principal=Principal()):  # noqa: ASYNC110 (behind)
                await anyio.sleep(0.01)
        group.cancel_scope.cancel()


async def test_what_cannot_be_written_waits_on_in_order():
    outlet, run_log = Outlet(), FlakyRunLog()
    writer = writer_of(outlet, run_log)
    journal = Journal(record(), outlet)
    journal.note("step.started", "engine.run", "a")
    await writer.flush()
    journal.note("step.ended", "engine.run", "a")
    run_log.full = False
    await writer.flush()
    events = await run_log.events("r-1", principal=Principal())
    assert [one.kind for one in events] == ["step.started", "step.ended"]
    assert writer.faults == 1
    assert outlet.dropped == 0


async def test_old_runs_and_too_many_are_dropped():
    outlet, run_log = Outlet(), MemoryRunLog()
    now = datetime.now(UTC)
    for n in range(5):
        outlet.put_run(record(f"r-new-{n}", now - timedelta(minutes=n)))
    outlet.put_run(record("r-old", now - timedelta(days=2)))
    async with anyio.create_task_group() as group:
        group.start_soon(writer_of(outlet, run_log, keep_count=3).work)
        with fail_after(GUARD_S):
            while await kept_in(run_log) != 3:  # noqa: ASYNC110 (behind)
                await anyio.sleep(0.01)
        group.cancel_scope.cancel()
    kept = await run_log.recent(limit=10, principal=Principal())
    assert [one.run_id for one in kept] == ["r-new-0", "r-new-1", "r-new-2"]


@pytest.mark.parametrize("most", [1, 3])
async def test_an_outlet_holds_so_much_and_counts_what_it_drops(most):
    outlet = Outlet(most=most)
    journal = Journal(record(), outlet)
    for n in range(5):
        journal.note("step.started", "engine.run", f"s{n}")
    runs, events = outlet.take()
    assert len(runs) == 1
    assert len(events) == most
    assert outlet.dropped == 5 - most
    outlet.put_back(runs, events)
    assert len(outlet.take()[1]) == most


async def test_whoever_leaves_while_it_writes_takes_nothing_along():
    outlet, run_log = Outlet(), SlowRunLog()
    writer = writer_of(outlet, run_log)
    Journal(record(), outlet).note("step.started", "engine.run", "a")
    with anyio.move_on_after(0.01):
        await writer.flush()
    run_log.hangs = False
    await writer.flush()
    assert len(await run_log.events("r-1", principal=Principal())) == 1
    assert await kept_in(run_log) == 1


async def test_whoever_waited_for_a_write_that_failed_does_not_wait_for_another():
    class Refusing(MemoryRunLog):
        asked = 0
        let_go = anyio.Event()

        async def write(self, runs, events):
            self.asked += 1
            await self.let_go.wait()
            raise StoreFault("the network is gone", code="store.lost")

    outlet, run_log = Outlet(), Refusing()
    writer = writer_of(outlet, run_log)
    Journal(record(), outlet).note("step.started", "engine.run", "a")
    with fail_after(GUARD_S):
        async with anyio.create_task_group() as group:
            for _ in range(10):
                group.start_soon(writer.flush)
            await anyio.wait_all_tasks_blocked()
            run_log.let_go.set()
    assert run_log.asked == 1
    assert outlet.waiting == 1

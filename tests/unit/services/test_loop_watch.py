"""What holds up the loop is seen and named."""

import logging
import time

import anyio
import pytest
from anyio import fail_after
from patience import GUARD_S

from headwater.services.loop_watch import LoopWatch

LATE_S = 0.05


def hold_up_the_loop(seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pass


async def until_stalled(watch, *, seconds):
    """Hold up the loop until that is seen; on a busy machine something else may be, before."""
    with fail_after(GUARD_S):
        async with anyio.create_task_group() as group:
            group.start_soon(watch.watch)
            while not watch.last_stall.endswith("hold_up_the_loop"):
                await anyio.sleep(0.05)
                hold_up_the_loop(seconds)
            while len(watch._lags_s) < 10:  # noqa: ASYNC110 (a beat tells nobody)
                await anyio.sleep(0.05)
            group.cancel_scope.cancel()


async def test_a_blocking_call_is_counted_and_its_frame_is_named(caplog: pytest.LogCaptureFixture):
    watch = LoopWatch(late_s=LATE_S)
    with caplog.at_level(logging.WARNING):
        await until_stalled(watch, seconds=0.5)
    assert watch.stalls >= 1
    (told, *_) = [one for one in caplog.messages if "hold_up_the_loop" in one.splitlines()[0]]
    assert "test_loop_watch.py" in told.splitlines()[0]


async def test_a_loop_that_turns_is_no_stall():
    watch = LoopWatch(late_s=GUARD_S)
    with anyio.move_on_after(0.1):
        await watch.watch()
    assert watch.stalls == 0


async def test_the_lag_is_told_in_seconds_by_share():
    watch = LoopWatch(late_s=LATE_S)
    await until_stalled(watch, seconds=0.3)
    gauges = {one.labels.get("quantile", one.name): one.value for one in watch.gauges()}
    assert gauges["1"] >= 0.2
    assert gauges["0.5"] < gauges["1"]
    assert gauges["headwater_loop_stalls_total"] >= 1


def test_a_watch_that_never_looked_tells_no_lag():
    assert LoopWatch().lag_s(0.99) == 0.0

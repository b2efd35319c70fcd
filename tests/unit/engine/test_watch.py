"""A live view of a run."""

import anyio
from anyio import fail_after
from patience import GUARD_S

from headwater.engine.watch import MOST_WAITING, Watch
from headwater.model.event import Event


def event(seq):
    return Event(run_id="r", seq=seq, offset_s=0.0, kind="step.started", where="engine.run")


async def test_events_come_in_order_and_the_view_ends_with_the_run():
    watch, seen = Watch(), []

    async def look():
        seen.extend([one.seq async for one in watch])

    with fail_after(GUARD_S):
        async with anyio.create_task_group() as group:
            group.start_soon(look)
            for n in range(3):
                watch.tell(event(n))
                await anyio.lowlevel.checkpoint()
            watch.close()
    assert seen == [0, 1, 2]


async def test_what_came_before_the_look_is_not_lost():
    watch = Watch()
    watch.tell(event(0))
    watch.close()
    assert [one.seq async for one in watch] == [0]


async def test_a_watcher_who_does_not_read_costs_a_bounded_memory():
    watch = Watch()
    for n in range(MOST_WAITING + 5):
        watch.tell(event(n))
    assert watch.dropped == 5


async def test_asking_to_finish_ends_what_the_run_waits_for():
    watch = Watch()
    assert not watch.finished
    with fail_after(GUARD_S), anyio.CancelScope() as scope:
        watch.now.ends(scope)
        watch.finish()
        await anyio.sleep_forever()
    assert watch.finished
    with fail_after(GUARD_S), anyio.CancelScope() as late:
        watch.now.ends(late)
        await anyio.sleep_forever()
    assert late.cancelled_caught


async def test_two_may_look_at_one_run_and_each_event_reaches_one_of_them():
    watch, seen, ended = Watch(), [], []

    async def look():
        seen.extend([one.seq async for one in watch])
        ended.append(True)

    with fail_after(GUARD_S):
        async with anyio.create_task_group() as group:
            group.start_soon(look)
            group.start_soon(look)
            for n in range(6):
                await anyio.lowlevel.checkpoint()
                watch.tell(event(n))
            watch.close()
    assert sorted(seen) == list(range(6))
    assert ended == [True, True]

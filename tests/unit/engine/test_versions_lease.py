"""The versions that calls go by are read seldom, and never older than they may be."""

from collections.abc import Mapping
from contextlib import suppress

import anyio
import pytest
from anyio import fail_after
from patience import GUARD_S

from headwater.engine.versions_lease import LEASE_S, LeasedVersions
from headwater.errors import StoreFault
from headwater.model.principal import Principal

RED, BLUE = Principal("red"), Principal("blue")


class CountedVersions:
    """Numbers that a test sets, and how often they were read; a reading waits while `held`."""

    def __init__(self) -> None:
        self.number = 1
        self.readings: list[str] = []
        self.free = anyio.Event()
        self.free.set()
        self.fault: StoreFault | None = None

    async def current(self, *, principal: Principal) -> Mapping[str, int]:
        """Return the numbers as they are when the reading begins."""
        found = {"inventory": self.number}
        self.readings.append(principal.tenant)
        await self.free.wait()
        if self.fault is not None:
            raise self.fault
        return found


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class NeverForgets(LeasedVersions):
    """The safeguard taken out."""

    def forget(self, *, principal: Principal) -> None:
        """Keep what was read before the write."""


async def test_versions_are_read_once_within_the_lease_and_again_after_it():
    known, clock = CountedVersions(), Clock()
    leased = LeasedVersions(known, now=clock)
    assert await leased.current(principal=RED) == {"inventory": 1}
    known.number = 2  # another process wrote
    clock.now_s += LEASE_S * 0.99
    assert await leased.current(principal=RED) == {"inventory": 1}
    clock.now_s += LEASE_S * 0.02
    assert await leased.current(principal=RED) == {"inventory": 2}
    assert known.readings == ["red", "red"]


async def test_each_tenant_has_a_lease_of_its_own():
    known = CountedVersions()
    leased = LeasedVersions(known, now=Clock())
    await leased.current(principal=RED)
    await leased.current(principal=BLUE)
    leased.forget(principal=RED)
    await leased.current(principal=BLUE)
    assert known.readings == ["red", "blue"]


async def seen_after_a_write(kind: type[LeasedVersions]) -> int:
    """Return the number seen right after this process wrote."""
    known = CountedVersions()
    leased = kind(known, now=Clock())
    await leased.current(principal=RED)
    with leased.written(principal=RED):
        known.number = 2
    return (await leased.current(principal=RED))["inventory"]


async def test_forgetting_is_missed_when_taken_out():
    assert await seen_after_a_write(LeasedVersions) == 2
    assert await seen_after_a_write(NeverForgets) == 1


async def test_a_write_that_failed_is_taken_for_one():
    known = CountedVersions()
    leased = LeasedVersions(known, now=Clock())
    await leased.current(principal=RED)
    with suppress(LookupError), leased.written(principal=RED):
        known.number = 2
        raise LookupError
    assert await leased.current(principal=RED) == {"inventory": 2}


async def test_calls_at_once_share_one_reading():
    known, got = CountedVersions(), []
    leased = LeasedVersions(known, now=Clock())
    known.free = anyio.Event()

    async def ask():
        got.append(await leased.current(principal=RED))

    with fail_after(GUARD_S):
        async with anyio.create_task_group() as group:
            for _ in range(20):
                group.start_soon(ask)
            await anyio.wait_all_tasks_blocked()
            known.free.set()
    assert got == [{"inventory": 1}] * 20
    assert known.readings == ["red"]


async def test_a_reading_begun_before_a_write_serves_nobody_after_it():
    known, got = CountedVersions(), {}
    leased = LeasedVersions(known, now=Clock())
    known.free = anyio.Event()

    async def ask(name):
        got[name] = (await leased.current(principal=RED))["inventory"]

    with fail_after(GUARD_S):
        async with anyio.create_task_group() as group:
            group.start_soon(ask, "before")
            await anyio.wait_all_tasks_blocked()
            with leased.written(principal=RED):
                known.number = 2
            group.start_soon(ask, "after")
            await anyio.wait_all_tasks_blocked()
            known.free.set()
    await ask("later")
    assert got == {"before": 1, "after": 2, "later": 2}


async def test_a_reader_who_goes_away_leaves_the_reading_to_the_next():
    known, got = CountedVersions(), []
    leased = LeasedVersions(known, now=Clock())
    known.free = anyio.Event()
    scope = anyio.CancelScope()

    async def leave():
        with scope:
            await leased.current(principal=RED)

    async def ask():
        got.append(await leased.current(principal=RED))

    with fail_after(GUARD_S):
        async with anyio.create_task_group() as group:
            group.start_soon(leave)
            await anyio.wait_all_tasks_blocked()
            group.start_soon(ask)
            await anyio.wait_all_tasks_blocked()
            scope.cancel()
            await anyio.wait_all_tasks_blocked()
            known.free.set()
    assert got == [{"inventory": 1}]


async def test_a_reading_that_failed_is_not_kept():
    known = CountedVersions()
    leased = LeasedVersions(known, now=Clock())
    known.fault = StoreFault("gone", code="store.failed")
    with pytest.raises(StoreFault):
        await leased.current(principal=RED)
    known.fault = None
    assert await leased.current(principal=RED) == {"inventory": 1}

"""For each safeguard a check that holds with it, and notices when it is taken out."""

from __future__ import annotations

import math
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Protocol

import anyio
import pytest
from patience import GUARD_S, PROMPT_S
from sqlalchemy import Connection, Engine, event, text
from tenant_estates import mixed_calls, open_two

from headwater import AsyncHeadwater
from headwater.engine.call import Caller, Desk, Key, Passage
from headwater.engine.journal import Journal
from headwater.engine.limits import Limits
from headwater.engine.reaper import Reaper
from headwater.errors import HeadwaterError, StoreFault
from headwater.model.call import Call
from headwater.model.principal import Principal
from headwater.policy.breaker import BreakerRules
from headwater.policy.quota import RetryQuota
from headwater.stores.sql.sqlite_database import SqliteDatabase
from headwater.stores.sql.sqlite_job import WatchedConnection
from headwater.stores.sql.sqlite_thread import SqliteThread
from headwater.testing import Harness, Script, plain, scripted
from headwater.testing.harness import FakeCache, FakeVersions
from headwater.toolkit.registry import Registry
from headwater.toolkit.tool import Tool


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@asynccontextmanager
async def engine(
    *tools: Tool, caller: type[Caller] = Caller, limits: Limits | None = None
) -> AsyncIterator[Harness]:
    """Open an engine whose caller may lack a safeguard."""
    cache, versions = FakeCache(), FakeVersions()
    async with anyio.create_task_group() as group:
        reaper = Reaper(group)
        made = caller(
            Registry([tools], {}),
            cache=cache,
            versions=versions,
            limits=limits or Limits(),
            reaper=reaper,
            dice=lambda: 0.0,
        )
        yield Harness(
            caller=made,
            reaper=reaper,
            cache=cache,
            versions=versions,
            principal=Principal(),
        )
        made.threads.close()
        group.cancel_scope.cancel()


# Deadline


class NoDeadline(Caller):
    """Lets a call take as long as it takes."""

    def _passage(self, call: Call, journal: Journal, started_at: float) -> Passage:
        passage = super()._passage(call, journal, started_at)
        passage.deadline_at = math.inf
        return passage


async def answers_by_its_deadline(caller: type[Caller], *, patience_s: float) -> bool:
    """Tell whether a call of a tool that hangs ends by itself."""
    async with engine(scripted("t.hang", Script(hangs=True)), caller=caller) as harness:
        with anyio.move_on_after(patience_s):
            return (await harness.call("t.hang", budget_s=0.05)).status == "late"
    return False


async def test_the_deadline_is_missed_when_taken_out() -> None:
    assert await answers_by_its_deadline(Caller, patience_s=PROMPT_S)
    assert not await answers_by_its_deadline(NoDeadline, patience_s=0.5)


# Breaker


async def a_failing_tool_is_left_alone(rules: BreakerRules) -> bool:
    """Tell whether of 100 calls to a tool that always fails fewer than half reach it."""
    script = Script(gives=[StoreFault("down", code="test.down")])
    async with engine(scripted("t.down", script), limits=Limits(breaker=rules)) as harness:
        for _ in range(100):
            await harness.call("t.down")
    return len(script.asked) < 50


async def test_the_breaker_is_missed_when_taken_out() -> None:
    assert await a_failing_tool_is_left_alone(BreakerRules())
    assert not await a_failing_tool_is_left_alone(BreakerRules(least_calls=10**9))


# Retry quota


class EndlessQuota(RetryQuota):
    """Always pays."""

    def spend(self) -> bool:
        return True


class NoQuota(Caller):
    """Retries as often as a tool allows, whatever the load."""

    def _desk(self, name: str) -> Desk:
        desk = super()._desk(name)
        desk.gate.quota = EndlessQuota()
        return desk


async def retries_stay_a_tenth_of_the_load(caller: type[Caller]) -> bool:
    """Tell whether 200 calls that all fail make at most 1.1 times as many attempts."""
    script = Script(gives=[StoreFault("busy", code="test.busy", retry_safe=True)])
    tool = scripted("t.busy", script, idempotent=True)
    never = Limits(breaker=BreakerRules(least_calls=10**9))
    async with engine(tool, caller=caller, limits=never) as harness:
        for number in range(200):
            await harness.call("t.busy", {"value": number})
    return len(script.asked) <= 200 * 1.1


async def test_the_retry_quota_is_missed_when_taken_out() -> None:
    assert await retries_stay_a_tenth_of_the_load(Caller)
    assert not await retries_stay_a_tenth_of_the_load(NoQuota)


# Cache key and flight key


class FakePort(Protocol):
    """A port that a tool reads."""


class KeyWithoutScope(Caller):
    """Takes calls of different askers for equal."""

    def _key(self, desk: Desk, call: Call, arguments: dict[str, Any]) -> Key | None:
        key = super()._key(desk, call, arguments)
        return None if key is None else (key[0], "", key[2], key[3])


class KeyWithoutVersions(Caller):
    """Takes a value of yesterday's data for today's."""

    async def _kept_as(self, passage: Passage) -> str | None:
        kept_as = await super()._kept_as(passage)
        return None if kept_as is None else kept_as.rpartition("\x1e")[0]


def whose(seconds: float = 0.0) -> Tool:
    """Return a cacheable tool that gives its asker's tenant back after so long."""

    async def tell(principal: Principal) -> str:
        await anyio.sleep(seconds)
        return principal.tenant

    return plain("t.whose", tell, idempotent=True, cacheable=True)


async def nobody_reads_anothers_value(caller: type[Caller]) -> bool:
    """Tell whether two tenants who ask the same, in turn and at once, each get their own."""
    got: dict[str, Any] = {}

    async def ask(harness: Harness, tenant: str, *, slot: str) -> None:
        outcome = await harness.call("t.whose", principal=Principal(tenant))
        got[f"{slot} {tenant}"] = outcome.value == tenant

    for tool, at_once in ((whose(), False), (whose(0.02), True)):
        async with (
            engine(tool, caller=caller) as harness,
            anyio.create_task_group() as group,
        ):
            for tenant in ("red", "blue"):
                if at_once:
                    group.start_soon(lambda t=tenant, h=harness: ask(h, t, slot="at once"))
                else:
                    await ask(harness, tenant, slot="in turn")
    return all(got.values()) and len(got) == 4


async def a_change_of_the_data_is_seen(caller: type[Caller]) -> bool:
    """Tell whether a cached value is read no more once the data that it was read from changed."""
    values = iter(("old", "new"))

    async def read(versions: FakePort) -> str:
        del versions
        return next(values)

    async def told(harness: Harness) -> Any:
        return (await harness.call("t.read")).value

    tool = plain("t.read", read, idempotent=True, cacheable=True)
    async with anyio.create_task_group() as group:
        cache, versions, reaper = FakeCache(), FakeVersions(), Reaper(group)
        made = caller(
            Registry([[tool]], {FakePort: object()}),
            cache=cache,
            versions=versions,
            limits=Limits(),
            reaper=reaper,
        )
        harness = Harness(
            caller=made,
            reaper=reaper,
            cache=cache,
            versions=versions,
            principal=Principal(),
        )
        first = [await told(harness), await told(harness)]
        versions.numbers = {"fakeport": 1}
        again = await told(harness)
    return (*first, again) == ("old", "old", "new")


async def test_the_asker_in_the_key_is_missed_when_taken_out() -> None:
    assert await nobody_reads_anothers_value(Caller)
    assert not await nobody_reads_anothers_value(KeyWithoutScope)


async def test_the_data_version_in_the_cache_key_is_missed_when_taken_out() -> None:
    assert await a_change_of_the_data_is_seen(Caller)
    assert not await a_change_of_the_data_is_seen(KeyWithoutVersions)


def test_no_two_principals_share_a_scope_by_clever_names() -> None:
    odd = ["a", "a,b", "b", "a\x1fb", "\x1f", "a\x1f", "'", "', '", "a\x1eb"]
    everyone = [Principal(tenant, roles=roles) for tenant in odd for roles in (
        (), *((one,) for one in odd), ("a", "b"), ("a", "a\x1fb"))]  # fmt: skip
    assert len({one.scope for one in everyone}) == len(everyone)


# Rollback before reuse

ADD = text("INSERT INTO data_version (tenant_id, port, number) VALUES ('t', 'a', 1)")
COUNT = text("SELECT count(*) FROM data_version")


class NeverRollsBack(SqliteThread):
    """Leaves whatever a job left."""

    def roll_back(self, connection: Connection, driver: WatchedConnection) -> None:
        del connection, driver


async def a_failed_write_leaves_nothing(path: Path, thread: type[SqliteThread]) -> bool:
    """Tell whether the next writer is unharmed by one that failed in mid-transaction."""
    database = await SqliteDatabase.open(path, readers=1, thread=thread)

    def half(connection: Connection) -> None:
        connection.execute(ADD)
        raise LookupError("in mid-transaction")

    try:
        with anyio.fail_after(GUARD_S):
            with pytest.raises(LookupError):
                await database.write(half)
            await database.write(lambda connection: connection.execute(COUNT).scalar_one())
            return await database.read(_count) == 0
    except HeadwaterError:
        return False
    finally:
        await database.close()


def _count(connection: Connection) -> int:
    return connection.execute(COUNT).scalar_one()


async def test_the_rollback_is_missed_when_taken_out(tmp_path: Path) -> None:
    assert await a_failed_write_leaves_nothing(tmp_path / "with.db", SqliteThread)
    assert not await a_failed_write_leaves_nothing(tmp_path / "without.db", NeverRollsBack)


# Tenant filter

TENANT = re.compile(r"((?:\w+\.)?tenant_id = \?)")


@contextmanager
def without_tenant_filter() -> Iterator[None]:
    """Make the tenant's clause true in every statement that reads."""

    def rewrite(*given: Any) -> tuple[str, Any]:
        _, _, statement, parameters, _, _ = given
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            statement = TENANT.sub(r"(\1 OR 1)", statement)
        return statement, parameters

    event.listen(Engine, "before_cursor_execute", rewrite, retval=True)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", rewrite)


async def nobody_sees_another_tenant(
    folder: Path, taken_out: Callable[[], AbstractContextManager[None]] | None = None
) -> bool:
    """Tell whether 300 mixed calls of two tenants show neither anything of the other."""
    async with AsyncHeadwater.open(f"sqlite:///{folder}.db") as hw:
        await open_two(hw, folder)
        if taken_out is None:
            return not await mixed_calls(hw, 300, seed=3)
        with taken_out():
            return not await mixed_calls(hw, 300, seed=3)


async def test_the_tenant_filter_is_missed_when_taken_out(tmp_path: Path) -> None:
    assert await nobody_sees_another_tenant(tmp_path / "with")
    assert not await nobody_sees_another_tenant(tmp_path / "without", without_tenant_filter)

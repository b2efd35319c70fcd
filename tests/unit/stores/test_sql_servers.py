"""Units of work on real servers end whole or not at all, whoever leaves and whatever breaks."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import anyio
import pytest
from contract.places import SERVERS, Place, emptied, server_place
from patience import GUARD_S, PROMPT_S
from proxy import Proxy, open_proxy
from servers import Servers
from sqlalchemy import Connection, insert, select, text

from headwater.errors import DeadlineExceeded, HeadwaterError, LimitError, StoreFault, UsageError
from headwater.stores.sql.addresses import read_address
from headwater.stores.sql.database import check_wanted
from headwater.stores.sql.server_database import ServerDatabase, open_database
from headwater.stores.sql.server_opening import make_server, open_server
from headwater.stores.sql.tables import data_version

KEPT = range(0, 300, 7)
"""Units of a random schedule that nobody leaves, however slow they are."""
WAITS = {"postgresql": "SELECT pg_sleep(:s)", "mariadb": "SELECT SLEEP(:s)"}
SESSIONS = {
    "postgresql": "SELECT coalesce(state, '') FROM pg_stat_activity "
    "WHERE datname = current_database() AND backend_type = 'client backend' "
    "AND pid <> pg_backend_pid()",
    "mariadb": "SELECT CASE WHEN t.trx_id IS NULL THEN p.command ELSE 'idle in transaction' END "
    "FROM information_schema.processlist p LEFT JOIN information_schema.innodb_trx t "
    "ON t.trx_mysql_thread_id = p.id WHERE p.db = database() AND p.id <> connection_id()",
}


@pytest.fixture(params=SERVERS, scope="module")
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def place(name: str, servers: Servers) -> Any:
    with server_place(servers, name) as found:
        yield found


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def database(place: Place) -> AsyncIterator[ServerDatabase]:
    async with emptied(place) as found:
        yield found


@pytest.fixture
async def proxy(place: Place) -> AsyncIterator[Proxy]:
    async with open_proxy(place.url) as found:
        yield found


@pytest.fixture
async def behind(
    place: Place, proxy: Proxy, database: ServerDatabase
) -> AsyncIterator[ServerDatabase]:
    """Give a database whose network breaks on command."""
    assert database.in_use == 0
    address = read_address(proxy.url(place.url))
    async with open_database(make_server(address, place.role), size=4) as found:
        await found.read(one, tenant="t")
        yield found


def one(connection: Connection) -> int:
    return int(connection.execute(text("SELECT 1")).scalar_one())


def add(port: str, *, number: int = 1) -> Callable[[Connection], None]:
    def work(connection: Connection) -> None:
        row = {"tenant_id": "t", "port": port, "number": number}
        connection.execute(insert(data_version), row)

    return work


def ports(connection: Connection) -> list[str]:
    of_tenant = select(data_version.c.port).where(data_version.c.tenant_id == "t")
    return list(connection.execute(of_tenant.order_by(data_version.c.port)).scalars())


def waiting(name: str, seconds: float) -> Callable[[Connection], Any]:
    return lambda connection: connection.execute(text(WAITS[name]), {"s": seconds}).all()


async def sessions(place: Place, name: str) -> list[str]:
    async with open_database(make_server(read_address(place.url)), size=1) as owner:
        return await owner.read(
            lambda c: list(c.execute(text(SESSIONS[name])).scalars()), tenant=None
        )


async def test_what_a_unit_wrote_is_there_and_what_failed_is_not(database: ServerDatabase) -> None:
    def fail(connection: Connection) -> None:
        add("b")(connection)
        raise LookupError

    await database.write(add("a"), tenant="t")
    with pytest.raises(LookupError):
        await database.write(fail, tenant="t")
    assert await database.read(ports, tenant="t") == ["a"]
    assert database.in_use == 0


async def test_a_read_writes_nothing_and_sees_one_moment(
    database: ServerDatabase, name: str
) -> None:
    with pytest.raises(HeadwaterError):
        await database.read(add("a"), tenant="t")
    started = anyio.Event()
    wait = waiting(name, 0.2)

    def twice(connection: Connection) -> tuple[list[str], list[str]]:
        before = ports(connection)
        started.set()
        wait(connection)
        return before, ports(connection)

    async def write() -> None:
        await started.wait()
        await database.write(add("a"), tenant="t")

    async with anyio.create_task_group() as group:
        group.start_soon(write)
        assert await database.read(twice, tenant="t") == ([], [])
    assert await database.read(ports, tenant="t") == ["a"]


class Schedule:
    """Random reads and writes, each left at a random moment, and what came of them."""

    def __init__(self, database: ServerDatabase, name: str, *, seed: int) -> None:
        self.told: set[str] = set()
        self.wrong: list[Any] = []
        self._database = database
        self._name = name
        self._dice = random.Random(seed)

    async def worker(self, numbers: Iterator[int]) -> None:
        for number in numbers:
            wait_s, gone_s = self._dice.uniform(0, 0.02), self._dice.uniform(0, 0.2)
            if number in KEPT:  # as slow as it may be
                gone_s = GUARD_S
            with anyio.move_on_after(gone_s), suppress(DeadlineExceeded):
                await (self._write if number % 2 else self._read)(f"{number:03}", wait_s)

    async def _write(self, key: str, wait_s: float) -> None:
        def work(connection: Connection) -> None:
            add(f"{key}a")(connection)
            waiting(self._name, wait_s)(connection)
            add(f"{key}b")(connection)

        way = self._database.load if key.endswith("3") else self._database.write
        await way(work, tenant="t")
        self.told.add(key)

    async def _read(self, key: str, wait_s: float) -> None:
        def work(connection: Connection) -> str:
            waiting(self._name, wait_s)(connection)
            return str(connection.execute(text("SELECT :key"), {"key": key}).scalar_one())

        if (found := await self._database.read(work, tenant="t")) != key:
            self.wrong.append((key, found))


async def use_all(database: ServerDatabase, name: str) -> None:
    """Have all connections carry something at once, and end it."""
    begun: list[int] = []

    def work(connection: Connection) -> None:
        begun.append(one(connection))
        waiting(name, 600)(connection)

    with anyio.fail_after(GUARD_S):
        async with anyio.create_task_group() as group:
            for _ in range(database.size):
                group.start_soon(partial(database.read, work, tenant="t"))
            while len(begun) < database.size:
                await anyio.wait_all_tasks_blocked()
            group.cancel_scope.cancel()
        while database.in_use:
            await anyio.wait_all_tasks_blocked()


async def test_300_cancellations_leave_nothing_half_done(
    database: ServerDatabase, place: Place, name: str
) -> None:
    await use_all(database, name)
    schedule = Schedule(database, name, seed=4)
    numbers = iter(range(300))
    with anyio.fail_after(GUARD_S):
        async with anyio.create_task_group() as group:
            for _ in range(2 * database.size):
                group.start_soon(schedule.worker, numbers)
    found = await database.read(ports, tenant="t")
    keys = {port[:3] for port in found}
    assert schedule.wrong == []
    assert sorted(found) == sorted(f"{key}{half}" for key in keys for half in "ab")
    assert schedule.told <= keys
    assert len(schedule.told) >= len([number for number in KEPT if number % 2])
    with anyio.fail_after(GUARD_S):
        while database.in_use:
            await anyio.wait_all_tasks_blocked()
        while len(left := await sessions(place, name)) > database.size:
            await anyio.wait_all_tasks_blocked()
    assert not any("transaction" in state for state in left)
    await use_all(database, name)


async def test_a_cancelled_statement_ends_on_the_server_too(
    database: ServerDatabase, place: Place, name: str
) -> None:
    with anyio.move_on_after(0.1):
        await database.read(waiting(name, 600), tenant="t")
    with anyio.fail_after(GUARD_S):
        while any(state in {"active", "Query"} for state in await sessions(place, name)):
            await anyio.wait_all_tasks_blocked()
        while database.in_use:
            await anyio.wait_all_tasks_blocked()


async def test_the_server_keeps_the_deadline_where_the_loop_does_not(
    database: ServerDatabase, name: str
) -> None:
    began = anyio.current_time()
    with pytest.raises((DeadlineExceeded, TimeoutError)), anyio.fail_after(0.2):
        await database.read(waiting(name, 600), tenant="t")
    assert anyio.current_time() - began < GUARD_S
    assert await database.read(one, tenant="t") == 1


async def test_whoever_finds_too_many_waiting_is_refused(place: Place, name: str) -> None:
    server = make_server(read_address(place.url), place.role)
    async with open_database(server, size=1, max_waiting=2) as database:
        refused: list[tuple[str, bool | None]] = []

        async def read() -> None:
            try:
                await database.read(waiting(name, 0.1), tenant="t")
            except LimitError as error:
                refused.append((error.code, error.retry_safe))

        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(read)
        assert refused == [("store.overloaded", True)] * 2


async def test_a_closed_database_says_so(place: Place) -> None:
    async with open_database(make_server(read_address(place.url), place.role)) as database:
        await database.read(one, tenant="t")
    with pytest.raises(StoreFault) as caught:
        await database.read(one, tenant="t")
    assert caught.value.code == "store.closed"


async def test_plain_code_of_a_load_stops_when_its_caller_leaves(database: ServerDatabase) -> None:
    def endless(connection: Connection) -> None:
        add("a")(connection)
        while True:
            check_wanted(connection)

    with anyio.fail_after(GUARD_S), anyio.move_on_after(0.1):
        await database.load(endless, tenant="t")
    assert await database.read(ports, tenant="t") == []


async def failing(database: ServerDatabase, *, within_s: float = GUARD_S) -> str:
    """Return the code of a call that fails in its time."""
    began = anyio.current_time()
    with pytest.raises((HeadwaterError, TimeoutError)) as caught, anyio.fail_after(within_s):
        await database.read(one, tenant="t")
    assert anyio.current_time() - began < within_s + PROMPT_S
    if isinstance(caught.value, TimeoutError):
        return "late"
    assert caught.value.retry_safe or caught.value.code == "store.failed", caught.value
    assert "hw_" in caught.value.message
    return caught.value.code


async def recovered(database: ServerDatabase) -> None:
    with anyio.fail_after(GUARD_S):
        while True:
            try:
                assert await database.read(one, tenant="t") == 1
                break
            except HeadwaterError:
                await anyio.wait_all_tasks_blocked()
        await database.write(add("back"), tenant="t")


async def test_connections_cut_while_idle_are_replaced_unnoticed(
    behind: ServerDatabase, proxy: Proxy
) -> None:
    proxy.cut()
    with anyio.fail_after(GUARD_S):
        assert await behind.read(one, tenant="t") == 1


async def test_a_connection_cut_within_a_call_is_a_fault_that_may_be_tried_again(
    behind: ServerDatabase, proxy: Proxy, database: ServerDatabase, name: str
) -> None:
    written = anyio.Event()

    async def cut() -> None:
        await written.wait()
        proxy.cut()

    def work(connection: Connection) -> None:
        add("a")(connection)
        written.set()
        waiting(name, 5)(connection)

    async with anyio.create_task_group() as group:
        group.start_soon(cut)
        with pytest.raises(StoreFault) as caught, anyio.fail_after(GUARD_S):
            await behind.write(work, tenant="t")
    assert (caught.value.code, caught.value.retry_safe) == ("store.lost", True)
    await recovered(behind)
    assert await database.read(ports, tenant="t") == ["back"]


async def test_a_server_that_refuses_is_unreachable_until_it_is_back(
    behind: ServerDatabase, proxy: Proxy
) -> None:
    await proxy.refuse()
    proxy.cut()
    assert await failing(behind) == "store.unreachable"
    await proxy.mend()
    await recovered(behind)


async def test_a_server_that_hangs_holds_no_call_beyond_its_time(
    behind: ServerDatabase, proxy: Proxy
) -> None:
    proxy.hang()
    for _ in range(6):
        assert await failing(behind, within_s=0.3) in {"late", "store.unreachable", "store.lost"}
    proxy.cut()
    await proxy.mend()
    await recovered(behind)


async def test_noise_is_a_fault_like_any_other(behind: ServerDatabase, proxy: Proxy) -> None:
    proxy.down.scrambles = True
    codes = {await failing(behind, within_s=1.0) for _ in range(3)}
    assert codes <= {"store.lost", "store.unreachable", "store.failed", "late"}
    proxy.cut()
    await proxy.mend()
    await recovered(behind)


async def test_a_wrong_password_is_told_without_the_password(place: Place) -> None:
    user, _, rest = place.url.partition("://")[2].partition("@")
    wrong = f"{place.url.partition('://')[0]}://{user.partition(':')[0]}:s3cret-canary@{rest}"
    with pytest.raises(UsageError) as caught:
        async with open_server(read_address(wrong)):
            pass
    assert caught.value.code == "store.not_allowed"
    assert "s3cret-canary" not in repr(caught.value.__dict__)
    assert "s3cret-canary" not in repr(read_address(wrong))

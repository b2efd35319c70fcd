"""How does the loop run units of work on a database server, under deadline and cancellation?

A bounded pool of connections; a unit is the same plain function as on SQLite, run as one
transaction. A connection is used again only when its transaction was seen to end; any other is
closed, by tasks that this owns. Next: `headwater.stores.sql.postgresql_server`
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import anyio
from anyio.abc import TaskGroup
from sqlalchemy import Connection, NullPool
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from headwater.analysis.records import canonical_json
from headwater.errors import DeadlineExceeded, HeadwaterError, LimitError, StoreFault
from headwater.model.gauge import Gauge
from headwater.stores.sql.database import CHECK
from headwater.stores.sql.in_thread import run_in_thread
from headwater.stores.sql.server import CONNECT_S, Server, Transaction
from headwater.stores.sql.server_dialects import DRIVER
from headwater.stores.sql.server_faults import deadline_passed

T = TypeVar("T")
POOL = 8
MAX_WAITING = 1000
"""Units that may wait for a connection."""
ROLLBACK_S = 0.02
"""How long a failed unit's rollback may take; then its connection is closed instead."""
END_S = 2.0
"""How long a connection may take to end before it is cut."""
CLOSE_S = 2.0
SILENT_S = 1.0
"""How long a connection that was idle may be silent; then another is made."""
SUSPECT_S = 0.25
"""After such a silence of one, the others that are idle are closed too."""
UNIT_S = 10.0
"""How long a unit of work may take whose caller set no deadline; a load may take any time."""
DEADLINE_GRACE_S = 0.01
"""The caller's own scope goes first; the server's limit is for a loop that is held up."""


@dataclass(frozen=True, slots=True)
class Held:
    """A connection: the driver's, and SQLAlchemy's around it."""

    line: Any
    connection: AsyncConnection


class ServerDatabase:
    """A database of a server as a `Database`: make one with `open_database`.

    Args:
        server: Which.
        group: Owns the tasks that end connections.
        size: Connections at most.
        max_waiting: Units that may wait for one before more are refused.
        unit_s: Seconds for a read or a write whose caller set no deadline.
    """

    def __init__(
        self,
        server: Server,
        group: TaskGroup,
        *,
        size: int = POOL,
        max_waiting: int = MAX_WAITING,
        unit_s: float = UNIT_S,
    ) -> None:
        self.server = server
        self.size = size
        self._group = group
        self._max_waiting = max_waiting
        self._unit_s = unit_s
        self._slots = anyio.Semaphore(size, max_value=size, fast_acquire=True)
        self._threads = anyio.CapacityLimiter(size)
        self._idle: list[Held] = []
        self._ending: set[int] = set()
        self._closed = False
        self._next: Any = None
        self._engine = create_async_engine(
            URL.create(f"{server.drivername}+{DRIVER}"),
            async_creator=self._take_next,
            poolclass=NullPool,
            pool_reset_on_return=None,
            isolation_level="AUTOCOMMIT",
            json_serializer=canonical_json,
        )

    @property
    def in_use(self) -> int:
        """Count the connections that units of work hold, or that are being ended."""
        return self.size - self._slots.value

    @property
    def waiting(self) -> int:
        """Count the units of work that wait for a connection."""
        return self._slots.statistics().tasks_waiting

    def gauges(self) -> list[Gauge]:
        """Return how much of the pool is in use, and how many wait for it."""
        told = (
            ("connections_in_use", self.in_use, "Connections to the database that a call holds."),
            ("connections_limit", self.size, "Connections to the database server at most."),
            ("waiting", self.waiting, "Calls that wait for a connection to the database server."),
        )
        return [
            Gauge(name=f"headwater_database_{name}", value=value, help=text)
            for name, value, text in told
        ]

    async def read(self, work: Callable[[Connection], T], *, tenant: str | None) -> T:
        """Run a unit of work that only reads, on one consistent snapshot.

        Raises:
            DeadlineExceeded: `store.deadline`.
            LimitError: `store.overloaded`, too many wait already.
            StoreFault: the database failed.
        """
        return await self._in_time(work, tenant=tenant, writes=False)

    async def write(self, work: Callable[[Connection], T], *, tenant: str | None) -> T:
        """Run a unit of work that writes: committed as a whole, or not at all.

        A caller cancelled in the very moment of the commit cannot know which of the two it was.

        Raises:
            DeadlineExceeded: `store.deadline`; nothing is written.
            LimitError: `store.overloaded`, too many wait already; nothing is written.
            StoreFault: the database failed; nothing is written, but for `store.commit_unknown`.
        """
        return await self._in_time(work, tenant=tenant, writes=True)

    async def load(self, work: Callable[[Connection], T], *, tenant: str | None) -> T:
        """Run a unit of work that writes what it reads elsewhere, in a thread of its own.

        Its statements are carried out by the loop, one after the other.

        Raises:
            DeadlineExceeded: as `write`.
            StoreFault: as `write`.
        """
        return await self._run(work, tenant=tenant, writes=True, in_thread=True)

    async def close(self) -> None:
        """Refuse what waits, stop what runs and end all connections, within two seconds."""
        self._closed = True
        with anyio.move_on_after(CLOSE_S):
            while self._idle:
                await self._end(self._idle.pop())
        for held in self._idle:
            self._cut(held)
        await self._engine.dispose()

    async def _in_time(
        self, work: Callable[[Connection], T], *, tenant: str | None, writes: bool
    ) -> T:
        """Run a unit of work by its caller's deadline, or by one of our own where that has none."""
        if math.isfinite(anyio.current_effective_deadline()):
            return await self._run(work, tenant=tenant, writes=writes)
        with anyio.move_on_after(self._unit_s):
            return await self._run(work, tenant=tenant, writes=writes)
        raise deadline_passed()

    async def _run(
        self,
        work: Callable[[Connection], T],
        *,
        tenant: str | None,
        writes: bool,
        in_thread: bool = False,
    ) -> T:
        if self.waiting >= self._max_waiting:
            message = f"{self._max_waiting} calls wait for {self.server.address}; try again later"
            raise LimitError(message, code="store.overloaded", retry_safe=True)
        await self._slots.acquire()
        try:
            self._check_open()
            transaction = Transaction(writes=writes, tenant=tenant, remaining_s=remaining_s())
            held = await self._begun(transaction)
        except BaseException:
            self._slots.release()
            raise
        return await self._carry_out(held, work, writes=writes, in_thread=in_thread)

    async def _carry_out(
        self, held: Held, work: Callable[[Connection], T], *, writes: bool, in_thread: bool
    ) -> T:
        committing = clean = False
        try:
            result = await self._work(held, work, in_thread=in_thread)
            committing = writes
            await self.server.commit(held.line)
            clean = self.server.is_clean(held.line)
        except Exception as error:
            fault = self._fault(error, held=None if committing else held, committing=committing)
            clean = not committing and await self._rolled_back(held)
            if isinstance(fault, DeadlineExceeded):
                # The scope whose deadline it was may be late to say so: it goes first.
                await anyio.sleep(DEADLINE_GRACE_S)
            if fault is None or fault is error:
                raise
            raise fault from error
        finally:
            self._give_back(held, clean=clean)
        return result

    async def _work(self, held: Held, work: Callable[[Connection], T], *, in_thread: bool) -> T:
        if not in_thread:
            return await held.connection.run_sync(work)
        sync = held.connection.sync_connection
        assert sync is not None  # noqa: S101  it was opened
        info = sync.info  # out of reach once the connection is invalid
        info[CHECK] = anyio.from_thread.check_cancelled
        try:
            return await run_in_thread(partial(work, sync), limiter=self._threads)
        finally:
            del info[CHECK]

    async def _begun(self, transaction: Transaction) -> Held:
        """Return a connection in a transaction: one that is there, or else a new one."""
        if transaction.remaining_s <= 0:
            await anyio.sleep(DEADLINE_GRACE_S)
            raise deadline_passed()
        while self._idle:
            held = self._idle.pop()
            if not self.server.is_clean(held.line):  # the server ended it while it was idle
                self._cut(held)
                continue
            if await self._begun_again(held, transaction):
                return held
        held = await self._opened()
        await self._begin(held, transaction)
        return held

    async def _begun_again(self, held: Held, transaction: Transaction) -> bool:
        """Begin on a connection that was idle; tell whether it still carries anything."""
        began_at = anyio.current_time()
        try:
            with anyio.fail_after(SILENT_S):
                await self._begin(held, transaction)
        except BaseException as error:
            if anyio.current_time() - began_at >= SUSPECT_S:  # the others may be as dead
                while self._idle:
                    self._cut(self._idle.pop())
            if isinstance(error, TimeoutError) or (
                isinstance(error, StoreFault) and is_lost(error)
            ):
                return False  # noqa: ASYNC104 (only a fault of the line ends here)
            raise
        return True

    async def _begin(self, held: Held, transaction: Transaction) -> None:
        try:
            await self.server.begin(held.line, transaction)
        except Exception as error:
            self._cut(held)
            fault = self._fault(error)
            if fault is None:
                raise
            raise fault from error
        except BaseException:
            self._cut(held)
            raise

    async def _opened(self) -> Held:
        line = None
        try:
            with anyio.fail_after(CONNECT_S):
                line = await self.server.connect()
                self._next = line
                return Held(line, await self._engine.connect())
        except BaseException as error:
            if line is not None:
                self.server.abort(line)
            if not isinstance(error, Exception):
                raise
            fault = self._fault(error)
            if fault is None:
                raise
            raise fault from error  # noqa: ASYNC104 (a cancellation was raised above)

    async def _take_next(self, *_: Any, **__: Any) -> Any:
        """Hand the connection just opened to SQLAlchemy, which asks before anything is awaited."""
        line, self._next = self._next, None
        return line

    def _fault(
        self, error: Exception, *, held: Held | None = None, committing: bool = False
    ) -> HeadwaterError | None:
        """Say what an error means; None for one of the work itself, which `held` was given to."""
        if isinstance(error, HeadwaterError):
            return error
        original = getattr(error, "driver_exception", None) or getattr(error, "orig", None)
        if isinstance(original, HeadwaterError):  # raised within a statement
            return original
        if original is None and held is not None and self.server.is_open(held.line):
            return None
        return self.server.fault_of(original or error, committing=committing)

    async def _rolled_back(self, held: Held) -> bool:
        """Roll a failed unit back; tell whether its connection may be used again."""
        with anyio.move_on_after(ROLLBACK_S, shield=True):
            try:
                await self.server.roll_back(held.line)
            except Exception:  # noqa: BLE001  whatever it was, this connection is not used again
                return False
            return self.server.is_clean(held.line)
        return False

    def _give_back(self, held: Held, *, clean: bool) -> None:
        sync = held.connection.sync_connection
        if clean and not self._closed and sync is not None and not sync.invalidated:
            if sync.in_transaction():
                sync.rollback()  # SQLAlchemy's own book: the dialect does nothing
            self._idle.append(held)
            self._slots.release()
        elif self._closed or len(self._ending) >= self.size:
            self._cut(held)
            self._slots.release()
        else:
            self._ending.add(id(held))
            self._group.start_soon(self._see_out, held)

    async def _see_out(self, held: Held) -> None:
        """End a connection, and only then let another take its place."""
        try:
            await self._end(held)
        finally:
            self._ending.discard(id(held))
            self._slots.release()

    async def _end(self, held: Held) -> None:
        try:
            with anyio.move_on_after(END_S):
                await self.server.end(held.line)
        except Exception:  # noqa: BLE001, S110  it is cut below in any case
            pass
        finally:
            self._cut(held)

    def _cut(self, held: Held) -> None:
        """Close a connection at once, and take it out of SQLAlchemy's books."""
        self.server.abort(held.line)
        if held.connection.sync_connection is not None:
            with suppress(Exception):
                held.connection.sync_connection.close()

    def _check_open(self) -> None:
        if self._closed:
            message = f"{self.server.address} was closed; open it again"
            raise StoreFault(message, code="store.closed")


def remaining_s() -> float:
    """Return the seconds until the caller's deadline, infinite where there is none."""
    left_s = anyio.current_effective_deadline() - anyio.current_time()
    return left_s if math.isinf(left_s) else left_s + DEADLINE_GRACE_S


def is_lost(fault: StoreFault) -> bool:
    """Tell whether a fault says that the connection is gone."""
    return fault.code in {"store.unreachable", "store.lost"}


@asynccontextmanager
async def open_database(
    server: Server,
    *,
    size: int = POOL,
    max_waiting: int = MAX_WAITING,
    unit_s: float = UNIT_S,
) -> AsyncIterator[ServerDatabase]:
    """Give a database of a server, whose tables are not looked at; close it at the end."""
    failure: Exception | None = None
    async with anyio.create_task_group() as group:
        database = ServerDatabase(server, group, size=size, max_waiting=max_waiting, unit_s=unit_s)
        try:
            yield database
        except Exception as error:  # noqa: BLE001  raised below: a group would wrap it
            failure = error
        finally:
            with anyio.CancelScope(shield=True):  # bounded: close takes at most CLOSE_S
                await database.close()
            group.cancel_scope.cancel()
    if failure is not None:
        raise failure

"""How is PostgreSQL spoken to by asyncpg: entered, begun, ended, and its errors understood?

Next: `headwater.stores.sql.row_security`
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from asyncpg import exceptions as codes

from headwater.errors import HeadwaterError
from headwater.stores.sql.server import Address, Transaction
from headwater.stores.sql.server_faults import (
    busy,
    commit_unknown,
    deadline_passed,
    full,
    lost,
    not_allowed,
    other,
    read_only,
    unreachable,
)
from headwater.stores.sql.sockets import keep_alive, tls_context

LOCK_MS = 10_000
"""How long a write waits for another's rows, within the caller's deadline."""
ROUND_TRIP_S = 1.0
"""What the driver itself may take to say goodbye."""
READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
WRITE = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
_SETTINGS = {
    "application_name": "headwater",
    "timezone": "UTC",
    "jit": "off",
    "standard_conforming_strings": "on",
    "lock_timeout": str(LOCK_MS),
    "idle_in_transaction_session_timeout": "60000",
}


class PostgresqlServer:
    """One database of a PostgreSQL server.

    Args:
        address: Where it is.
        role: Whose rights units of work have; none is that of the address's user.
    """

    drivername = "postgresql"

    def __init__(self, address: Address, *, role: str | None = None) -> None:
        self.address = address
        self.role = role
        self._plain = address.tls == "disable"

    async def connect(self) -> Any:
        """Open a connection, with TLS unless the server has none and none was asked for."""
        if self._plain:
            return await self._connect(tls=False)
        try:
            return await self._connect(tls=await tls_context(self.address))
        except ConnectionError as error:
            if self.address.tls != "prefer" or "rejected SSL upgrade" not in str(error):
                raise
        self._plain = True
        return await self._connect(tls=False)

    async def begin(self, line: Any, transaction: Transaction) -> None:
        """Begin a transaction in one round trip: its snapshot, its tenant, its time."""
        parts = [
            "BEGIN" if transaction.writes else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        ]
        if math.isfinite(transaction.remaining_s):
            parts.append(
                f"SET LOCAL statement_timeout = {max(1, int(transaction.remaining_s * 1000))}"
            )
        if transaction.tenant is not None:
            parts.append(f"SET LOCAL headwater.tenant = {literal(transaction.tenant)}")
        await line.execute(";".join(parts))

    async def commit(self, line: Any) -> None:
        """Make what was written last."""
        await line.execute("COMMIT")

    async def roll_back(self, line: Any) -> None:
        """Give up what was written."""
        await line.execute("ROLLBACK")

    def is_open(self, line: Any) -> bool:
        """Tell whether a connection is open, as far as is known on this side."""
        return not line.is_closed()

    def is_clean(self, line: Any) -> bool:
        """Tell whether a connection is open and in no transaction."""
        return not line.is_closed() and not line.is_in_transaction()

    async def end(self, line: Any) -> None:
        """Have the server stop what it does for a connection, and close it."""
        await line.close(timeout=ROUND_TRIP_S)

    def abort(self, line: Any) -> None:
        """Close a connection at once."""
        line.terminate()

    def fault_of(self, error: BaseException, *, committing: bool = False) -> HeadwaterError | None:
        """Say what an error of the driver means and what to change; None for any other's."""
        if isinstance(error, asyncpg.PostgresError) and not isinstance(error, _LOST):
            return _fault(error, self.address)
        if isinstance(error, codes.CannotConnectNowError):
            return unreachable(self.address, error)
        if isinstance(error, (*_LOST, asyncpg.InterfaceError, asyncpg.InternalClientError)):
            return commit_unknown(self.address) if committing else lost(self.address)
        if isinstance(error, OSError | EOFError | TimeoutError):
            return commit_unknown(self.address) if committing else unreachable(self.address, error)
        return None

    async def _connect(self, *, tls: Any) -> Any:
        roles = {} if self.role is None else {"role": self.role}
        line = await asyncpg.connect(
            host=self.address.host,
            port=self.address.port,
            user=self.address.user,
            password=self.address.password,
            database=self.address.name,
            ssl=tls,
            timeout=None,
            server_settings=_SETTINGS | roles,
        )
        keep_alive(line._transport)  # noqa: SLF001  the driver tells nobody else
        return line


_LOST = (
    asyncpg.PostgresConnectionError,
    codes.AdminShutdownError,
    codes.CrashShutdownError,
    codes.CannotConnectNowError,
    codes.IdleSessionTimeoutError,
)
_WAYS: tuple[tuple[tuple[type[BaseException], ...], Callable[[Address, BaseException], Any]], ...]
_WAYS = (
    (
        (
            codes.LockNotAvailableError,
            codes.DeadlockDetectedError,
            codes.SerializationError,
            codes.TooManyConnectionsError,
        ),
        busy,
    ),
    ((codes.DiskFullError, codes.OutOfMemoryError), full),
    ((codes.ReadOnlySQLTransactionError,), read_only),
    (
        (
            asyncpg.InvalidAuthorizationSpecificationError,
            asyncpg.InvalidPasswordError,
            asyncpg.InvalidCatalogNameError,
            asyncpg.InsufficientPrivilegeError,
        ),
        not_allowed,
    ),
)


def _fault(error: asyncpg.PostgresError, address: Address) -> HeadwaterError:
    if isinstance(error, asyncpg.QueryCanceledError):
        return deadline_passed()
    made: HeadwaterError = next((way for kinds, way in _WAYS if isinstance(error, kinds)), other)(
        address, error
    )
    return made


def literal(text: str) -> str:
    """Write text as SQL has it, where it stands in no parameter."""
    return "'" + text.replace("'", "''") + "'"

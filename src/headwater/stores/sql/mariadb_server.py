"""How is MariaDB spoken to by asyncmy: entered, begun, ended, and its errors understood?"""

from __future__ import annotations

import logging
import math
from typing import Any

import asyncmy
from asyncmy import errors

from headwater.errors import HeadwaterError
from headwater.stores.sql.column_types import CHARSET, COLLATION
from headwater.stores.sql.server import CONNECT_S, Address, Transaction
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

# It logs what the server remarks on, such as a table that was not there to be dropped.
logging.getLogger("asyncmy").setLevel(logging.ERROR)

LOCK_S = 10
"""How long a write waits for another's rows, within the caller's deadline."""
IN_TRANSACTION = 1
"""The bit of the server's status that tells of a transaction under way."""
_SETTINGS = (
    f"SET NAMES {CHARSET} COLLATE {COLLATION}, "
    "SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,NO_ZERO_DATE', "
    "SESSION time_zone = '+00:00', SESSION group_concat_max_len = 1048576, "
    f"SESSION innodb_lock_wait_timeout = {LOCK_S}, SESSION lock_wait_timeout = {LOCK_S}"
)


class MariadbServer:
    """One database of a MariaDB server."""

    drivername = "mysql"

    def __init__(self, address: Address) -> None:
        self.address = address
        self._plain = address.tls == "disable"

    async def connect(self) -> Any:
        """Open a connection, with TLS unless the server has none and none was asked for."""
        if self._plain:
            return await self._connect(tls=None)
        try:
            return await self._connect(tls=await tls_context(self.address))
        except errors.OperationalError as error:
            if self.address.tls != "prefer" or "SSL" not in str(error):
                raise
        self._plain = True
        return await self._connect(tls=None)

    async def _connect(self, *, tls: Any) -> Any:
        line: Any = await asyncmy.connect(
            host=self.address.host,
            port=self.address.port,
            user=self.address.user,
            password=self.address.password,
            database=self.address.name,
            charset=CHARSET,
            ssl=tls,
            connect_timeout=CONNECT_S,
            autocommit=None,
        )
        try:
            keep_alive(line._transport)  # noqa: SLF001  the driver tells nobody else
            await line.query(_SETTINGS)
        except BaseException:
            line.close()
            raise
        return line

    async def begin(self, line: Any, transaction: Transaction) -> None:
        """Begin a transaction in one round trip: its snapshot and its time."""
        left_s = transaction.remaining_s
        limit_s = f"{max(0.001, left_s):.3f}" if math.isfinite(left_s) else "0"
        kind = "READ WRITE" if transaction.writes else "WITH CONSISTENT SNAPSHOT, READ ONLY"
        level = "READ COMMITTED" if transaction.writes else "REPEATABLE READ"
        await line.query(
            f"BEGIN NOT ATOMIC SET max_statement_time = {limit_s}; "
            f"SET TRANSACTION ISOLATION LEVEL {level}; START TRANSACTION {kind}; END"
        )

    async def commit(self, line: Any) -> None:
        """Make what was written last."""
        await line.query("COMMIT")

    async def roll_back(self, line: Any) -> None:
        """Give up what was written."""
        await line.query("ROLLBACK")

    def is_open(self, line: Any) -> bool:
        """Tell whether a connection is open, as far as is known on this side."""
        return bool(line.connected) and not line._stream_broken  # noqa: SLF001

    def is_clean(self, line: Any) -> bool:
        """Tell whether a connection is open and in no transaction."""
        return self.is_open(line) and not line.server_status & IN_TRANSACTION

    async def end(self, line: Any) -> None:
        """Have the server stop what it does for a connection, and close it.

        It notices by itself only when a statement has ended; asked by another connection, at once.
        """
        number = line.thread_id()
        self.abort(line)
        other_line = await self.connect()
        try:
            await other_line.query(f"KILL {int(number)}")
        except errors.MySQLError:
            pass  # it has ended by itself
        finally:
            other_line.close()

    def abort(self, line: Any) -> None:
        """Close a connection at once."""
        line.close()

    def fault_of(self, error: BaseException, *, committing: bool = False) -> HeadwaterError | None:
        """Say what an error of the driver means and what to change; None for any other's."""
        if isinstance(error, OSError | EOFError | TimeoutError):
            return commit_unknown(self.address) if committing else unreachable(self.address, error)
        if not isinstance(error, errors.MySQLError):
            return None
        number = error.args[0] if error.args else 0
        # What has no number is the driver's own: it does not understand what came.
        is_lost = (
            number in _LOST
            or not isinstance(number, int)
            or (isinstance(error, errors.InterfaceError) and number == 0)
        )
        if is_lost:
            return commit_unknown(self.address) if committing else lost(self.address)
        return _fault(error, number, self.address)


_LOST = {2006, 2013, 2014, 2027, 2055, 1053, 1152, 1158, 1159, 1160, 1161, 1927, 4031}
_UNREACHABLE = {2002, 2003, 2005}
_BUSY = {1205, 1213, 1040, 1203, 1226}
_FULL = {1021, 1114, 1041, 1037, 3}
_REFUSED = {1044, 1045, 1049, 1142, 1143, 1227, 1698, 1396}
_TIME = {1969, 3024, 1317}
_READ_ONLY = {1290, 1792, 1836}


def _fault(error: errors.MySQLError, number: int, address: Address) -> HeadwaterError:
    if number in _TIME:
        return deadline_passed()
    for numbers, made in (
        (_UNREACHABLE, unreachable),
        (_BUSY, busy),
        (_FULL, full),
        (_READ_ONLY, read_only),
        (_REFUSED, not_allowed),
    ):
        if number in numbers:
            return made(address, error)
    return other(address, error)

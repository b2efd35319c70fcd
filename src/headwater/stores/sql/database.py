"""How does an adapter run a unit of work? By these two methods; this module runs none itself.

A unit of work is a plain function over a SQLAlchemy `Connection` that returns plain data (never
a lazy result). It runs as one transaction: `write` commits when it returns, any error rolls back.

    async def get(self, ref: int, *, principal: Principal) -> Name | None:
        def work(connection: Connection) -> Name | None:
            row = connection.execute(BY_ID, {"tenant": principal.tenant, "id": ref}).first()
            return None if row is None else Name(*row)

        return await self._database.read(work, tenant=principal.tenant)

The work may run in another thread, under the caller's deadline and cancellation, so it neither
awaits nor touches what the loop owns, and it never begins, commits or rolls back; where it runs in
the loop it blocks on nothing else. Statements are built once, at the top of a module, with
`bindparam`, so that SQLAlchemy's cache serves them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from sqlalchemy import Connection

T = TypeVar("T")


class Database(Protocol):
    """A place that runs units of work, each a transaction of its own.

    Each is told whose rows it is about: PostgreSQL shows it no others. None sees no tenant's.
    """

    async def read(self, work: Callable[[Connection], T], *, tenant: str | None) -> T:
        """Run a unit of work that only reads, on one consistent snapshot.

        Raises:
            DeadlineExceeded: `store.deadline`, the caller's deadline passed.
            StoreFault: the database failed; `retry_safe` says whether to try again.
        """
        ...

    async def write(self, work: Callable[[Connection], T], *, tenant: str | None) -> T:
        """Run a unit of work that writes: committed as a whole when it returns, or not at all.

        Raises:
            DeadlineExceeded: `store.deadline`, the caller's deadline passed; nothing is written.
            StoreFault: the database failed; nothing is written, unless its code says otherwise.
        """
        ...

    async def load(self, work: Callable[[Connection], T], *, tenant: str | None) -> T:
        """Run a unit of work that writes what it reads elsewhere: off the loop, however long.

        Raises:
            DeadlineExceeded: as `write`.
            StoreFault: as `write`.
        """
        ...


CHECK = "headwater_check"
"""Where a connection keeps what `check_wanted` is to call, if its own cursors do not look."""


def check_wanted(connection: Connection) -> None:
    """Stop a long stretch of plain code in a unit of work whose caller waits no more.

    Statements look for themselves; this is for what runs between them.
    """
    check: Callable[[], None] | None = connection.info.get(CHECK)
    if check is None:
        connection.connection.cursor().close()
    else:
        check()

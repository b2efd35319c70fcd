"""What does a server database need of one kind of server? These facts and these few calls.

Two kinds fit it: `postgresql_server` and `mariadb_server`. It opens nothing itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from headwater.errors import HeadwaterError

CONNECT_S = 5.0
"""The longest that a new connection may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a database is and how it is entered; shown without its password."""

    scheme: str
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    name: str
    tls: str = "prefer"
    tls_roots: str | None = None

    def __str__(self) -> str:
        """Write it as a URL without the password."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{self.user}@{host}:{self.port}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """What a unit of work is carried out in."""

    writes: bool
    tenant: str | None
    remaining_s: float


class Server(Protocol):
    """One kind of server, and one database of it. A connection is the driver's own."""

    address: Address
    drivername: str

    async def connect(self) -> Any:
        """Open a connection; whoever leaves half-way leaves none behind."""
        ...

    async def begin(self, line: Any, transaction: Transaction) -> None:
        """Begin a transaction in one round trip: its snapshot, its tenant, its time."""
        ...

    async def commit(self, line: Any) -> None:
        """Make what was written last."""
        ...

    async def roll_back(self, line: Any) -> None:
        """Give up what was written."""
        ...

    def is_open(self, line: Any) -> bool:
        """Tell whether a connection is open, as far as is known on this side."""
        ...

    def is_clean(self, line: Any) -> bool:
        """Tell whether a connection is open and in no transaction."""
        ...

    async def end(self, line: Any) -> None:
        """Stop what a connection may still be doing, and close it."""
        ...

    def abort(self, line: Any) -> None:
        """Close a connection at once."""
        ...

    def fault_of(self, error: BaseException, *, committing: bool = False) -> HeadwaterError | None:
        """Say what an error of the driver means and what to change; None for any other's."""
        ...

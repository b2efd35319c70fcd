"""What is told when a database server fails, in the same words for each kind? It handles nothing.

No message holds a password: addresses are shown without, and drivers do not repeat it.
"""

from __future__ import annotations

from headwater.errors import DeadlineExceeded, StoreFault, UsageError
from headwater.stores.sql.server import Address

MAX_SHOWN = 300


def deadline_passed() -> DeadlineExceeded:
    """Make the error of a unit of work that the server stopped at its deadline."""
    message = "the deadline passed while the database was working; give it more time"
    return DeadlineExceeded(message, code="store.deadline")


def unreachable(address: Address, error: BaseException) -> StoreFault:
    """Make the error of a server that does not answer, or not yet."""
    why = _shown(error) or "no answer in time"
    message = f"{address} cannot be reached ({why}); see whether it runs and the address is right"
    return StoreFault(message, code="store.unreachable", retry_safe=True)


def lost(address: Address) -> StoreFault:
    """Make the error of a connection that broke before anything was committed."""
    message = f"the connection to {address} was lost; nothing of this call was written, try again"
    return StoreFault(message, code="store.lost", retry_safe=True)


def commit_unknown(address: Address) -> StoreFault:
    """Make the error of a connection that broke in the moment of the commit."""
    message = (
        f"the connection to {address} was lost while it made the last write permanent; "
        "look whether it is there before you write again"
    )
    return StoreFault(message, code="store.commit_unknown", retry_safe=None)


def busy(address: Address, error: BaseException) -> StoreFault:
    """Make the error of rows that others hold, or of too many connections."""
    message = f"{address} is busy with others' work ({_shown(error)}); try again"
    return StoreFault(message, code="store.busy", retry_safe=True)


def full(address: Address, error: BaseException) -> StoreFault:
    """Make the error of a server without room."""
    message = f"{address} has no room left ({_shown(error)}); free space there and try again"
    return StoreFault(message, code="store.full", retry_safe=False)


def read_only(address: Address, error: BaseException) -> StoreFault:
    """Make the error of a server that takes no writes."""
    message = f"{address} takes no writes just now ({_shown(error)}); name the one that does"
    return StoreFault(message, code="store.read_only", retry_safe=False)


def not_allowed(address: Address, error: BaseException) -> UsageError:
    """Make the error of a server that refuses us."""
    message = f"{address} refuses us ({_shown(error)}); see user, password, database and rights"
    return UsageError(message, code="store.not_allowed")


def other(address: Address, error: BaseException) -> StoreFault:
    """Make the error of anything else, in the server's own words."""
    return StoreFault(f"{address} failed: {_shown(error)}", code="store.failed")


def _shown(error: BaseException) -> str:
    return str(error).strip()[:MAX_SHOWN].rstrip(".")

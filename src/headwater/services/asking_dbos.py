"""How DBOS, which blocks, is asked: in a thread, and its errors are ours; it asks nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from anyio import to_thread
from dbos import error as dbos_errors
from sqlalchemy.exc import SQLAlchemyError

from headwater.errors import StoreFault

T = TypeVar("T")


async def ask(work: Callable[[], T]) -> T:
    """Ask DBOS something, in a thread.

    Raises:
        StoreFault: `jobs.unreachable`.
    """
    try:
        return await to_thread.run_sync(work)
    except (SQLAlchemyError, dbos_errors.DBOSException) as error:
        message = f"the database of background jobs failed: {type(error).__name__}"
        raise StoreFault(message, code="jobs.unreachable", retry_safe=True) from error

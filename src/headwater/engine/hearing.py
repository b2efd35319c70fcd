"""How what a tool tells of its call becomes events of the run while it goes on; it calls none."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio

from headwater.engine.journal import Journal
from headwater.model.remark import Remarks

EVERY_S = 0.05
"""How often a journal is told what has been said since."""
T = TypeVar("T")


async def heard(
    work: Callable[[], Awaitable[T]], remarks: Remarks, *, journal: Journal, step: str | None
) -> T:
    """Return what work gives, and tell the journal of its remarks as they are made.

    Raises:
        Exception: what the work raised.
    """
    given: list[T] = []
    raised: Exception | None = None
    try:
        async with anyio.create_task_group() as group:
            group.start_soon(_listen, remarks, journal, step)
            try:
                given.append(await work())
            except Exception as error:  # noqa: BLE001 - raised below, not in a group's wrapping
                raised = error
            group.cancel_scope.cancel()
    finally:
        _tell(remarks, journal, step)
    if raised is not None:
        raise raised
    return given[0]


async def _listen(remarks: Remarks, journal: Journal, step: str | None) -> None:
    while True:
        _tell(remarks, journal, step)
        await anyio.sleep(EVERY_S)


def _tell(remarks: Remarks, journal: Journal, step: str | None) -> None:
    for remark in remarks.take():
        journal.relay(remark, step)

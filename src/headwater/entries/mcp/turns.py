"""When an agent's request may begin, as everyone's who asks from outside; it decides nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from headwater.app.service import AsyncHeadwater
from headwater.model.principal import Principal


@asynccontextmanager
async def turn(
    hw: AsyncHeadwater, principal: Principal | None, *, budget_s: float | None, read: bool = False
) -> AsyncIterator[float | None]:
    """Wait for an agent's turn, and give what is left of its seconds.

    Who started this process himself, and asks without a key, does not wait.

    Raises:
        LimitError: `limit.overload` or `limit.runs`.
    """
    if principal is None:
        yield budget_s
        return
    async with hw.admission.admitted(principal, budget_s=budget_s, read=read) as left_s:
        yield left_s

"""How a request says how much it matters, on its way in; it decides nothing."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from starlette.requests import Request

from headwater.app.service import AsyncHeadwater
from headwater.entries.wire.visit import visit_of


def admitted(
    hw: AsyncHeadwater, request: Request, *, budget_s: float | None = None, cheap: bool = False
) -> AbstractAsyncContextManager[float | None]:
    """Let a request in when it is its turn, and give what is left of its seconds.

    Raises:
        LimitError: `limit.overload` or `limit.runs`.
    """
    return hw.admission.admitted(
        visit_of(request.scope).who,
        budget_s=budget_s,
        criticality=request.headers.get("x-criticality"),
        read=cheap,
    )

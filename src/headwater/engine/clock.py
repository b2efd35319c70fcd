"""What time it is on the running loop, and its scopes, without asking each time which loop it is.

A call through its policies would pay for that question several times over.
"""

from __future__ import annotations

from collections.abc import Callable

import anyio
from anyio.lowlevel import current_token


def loop_clock() -> Callable[[], float]:
    """Return a function that tells the running loop's monotonic time in seconds.

    A loop that has a `time` of its own is asked directly.
    """
    own: Callable[[], float] = getattr(current_token().native_token, "time", anyio.current_time)
    return own


def loop_scope() -> type[anyio.CancelScope]:
    """Return the running loop's own class of cancel scopes, which `anyio.CancelScope` looks up."""
    return type(anyio.CancelScope())

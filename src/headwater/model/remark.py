"""What a tool tells of its call while it goes on; it tells nobody by itself."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MOST = 1_000
"""Remarks that wait at the most; further ones are left out and counted."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that happened in a tool: `kind` and `data` are as those of an event."""

    kind: str
    where: str
    data: Mapping[str, Any]


@dataclass(slots=True, kw_only=True)
class Remarks:
    """Where a tool leaves what it has to tell; supplied by the engine, which makes events of it.

    Args:
        run_id: The run that the call belongs to, None where it belongs to none.
        heard: Whether anybody will hear of it.
        left_out: How many remarks were left out because too many waited.
    """

    run_id: str | None = None
    heard: bool = False
    left_out: int = 0
    _waiting: deque[Remark] = field(default_factory=deque)

    def note(self, kind: str, where: str, **data: Any) -> None:
        """Leave a remark in plain JSON; it never waits and never fails."""
        if not self.heard:
            return
        if len(self._waiting) >= MOST:
            self.left_out += 1
            return
        self._waiting.append(Remark(kind, where, data))

    def take(self) -> list[Remark]:
        """Return what waits, and leave nothing."""
        taken = []
        while self._waiting:
            taken.append(self._waiting.popleft())
        return taken

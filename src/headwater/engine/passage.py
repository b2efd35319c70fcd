"""What a call carries on its way through the policies; it goes nowhere by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from headwater.engine.gate import Gate
from headwater.engine.journal import Journal
from headwater.model.call import Call
from headwater.toolkit.tool import Tool

Key = tuple[str, str, str, bytes]
"""What equal calls have in common: tool, scope, moment of asking or nothing, arguments."""


@dataclass(slots=True)
class Desk:
    """What all calls of one tool have in common, looked up once."""

    tool: Tool
    gate: Gate
    ports: Mapping[str, Any]
    dated: bool
    """Whether the moment of asking is an argument, so that calls of two moments may differ."""
    quick: bool = False
    """Whether its last call took so little that a task of its own would have cost more."""

    def is_dated(self, arguments: Mapping[str, Any]) -> bool:
        """Tell whether a call with these arguments depends on the moment of asking."""
        by = self.tool.dated_by
        return self.dated and (not by or any(arguments[name] is not None for name in by))


@dataclass(slots=True)
class Passage:
    """One call on its way through the policies, and the tries made so far."""

    call: Call
    desk: Desk
    tool: Tool
    gate: Gate
    arguments: dict[str, Any]
    key: Key | None
    journal: Journal
    started_at: float
    deadline_at: float
    tries: int = 0
    failures: tuple[str, ...] = ()

    @property
    def time_s(self) -> float:
        """Return the seconds that the call has in all."""
        return self.deadline_at - self.started_at

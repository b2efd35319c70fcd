"""What a run tells of itself; it reads nothing."""

from __future__ import annotations

from dataclasses import dataclass

from headwater.model.access import Role
from headwater.model.event import Event, RunRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A run's own row and its events in order; everything else is read from these."""

    run: RunRecord
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolInfo:
    """A tool as it is shown: what it takes and gives as JSON Schema, and what it promises.

    `role` is the least that may call it; a tool that only reads says `reader`.
    """

    name: str
    description: str
    arguments: dict[str, object]
    result: dict[str, object]
    idempotent: bool
    cacheable: bool
    within_s: float | None
    fallback: str | None
    phrasings: tuple[str, ...]
    role: Role = "operator"

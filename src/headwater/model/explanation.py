"""What a run tells of itself; it reads nothing."""

from __future__ import annotations

from dataclasses import dataclass

from headwater.model.access import Role
from headwater.model.event import Event, RunRecord
from headwater.model.spending import Spent


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A run's own row, its events in order, and what it took of language models."""

    run: RunRecord
    events: tuple[Event, ...]
    spent: Spent = Spent()  # noqa: RUF009 - it is frozen


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

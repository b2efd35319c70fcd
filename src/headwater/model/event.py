"""What happened in a run; it records nothing by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from headwater.model.outcome import Status


@dataclass(slots=True, kw_only=True)
class Event:
    """One thing that happened in a run; never changed once made, not frozen as `Evidence` is not.

    `offset_s` counts seconds from the run's start on the monotonic clock; `kind` is a dotted
    path and API; `where` is the module that did it, such as `engine.call`.
    """

    run_id: str
    seq: int
    offset_s: float
    kind: str
    where: str
    step: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """A run's own row: who asked what, when, and how it ended (None while it runs)."""

    run_id: str
    tenant: str
    principal: str
    kind: str
    text: str
    asked_at: datetime
    budget_s: float
    status: Status | None = None
    summary: str | None = None
    elapsed_s: float | None = None
    private: bool = False
    """Whether it shows what depends on who asked: only its asker and admins see it at all."""

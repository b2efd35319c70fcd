"""What a background job is, and how far; it does none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from headwater.model.principal import Principal

JobStatus = Literal["queued", "running", "succeeded", "failed", "cancelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Work that outlives the process that took it in.

    `progress`, `result` and `error` are plain JSON: how far it is, what it gave, and the facts
    (`code`, `fault`, `message`) of what ended it.
    """

    id: str
    kind: str
    tenant: str
    principal: str
    status: JobStatus
    progress: Mapping[str, Any] = field(default_factory=dict)
    result: Mapping[str, Any] | None = None
    error: Mapping[str, Any] | None = None
    created_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a job is to do: a name, and plain JSON; for whom, with the roles held at the time."""

    kind: str
    principal: Principal
    payload: Mapping[str, Any] = field(default_factory=dict)

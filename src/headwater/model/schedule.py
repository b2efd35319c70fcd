"""What is to be done again and again, and when; it does none of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from headwater.model.job import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A job that is begun whenever its cron line says so.

    `last_at` is the last instant at which it was due and begun, or passed over because the job
    before had not ended; `next_at` is the next one.
    """

    name: str
    tenant: str
    cron: str
    zone: str
    kind: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    made_by: str
    last_at: datetime | None = None
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What a schedule is made of: when, and the task of each of its jobs.

    `cron` has five fields (minute, hour, day of the month, month, day of the week), or six with the
    seconds before them; `zone` is the name of the zone in which it is read.
    """

    name: str
    cron: str
    zone: str
    task: Task
    made_by: str

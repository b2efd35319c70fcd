"""What is known of runs, ended or not; it looks none up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from headwater.model.answer import Answer, RunResult
from headwater.model.event import RunRecord

RunStatus = Literal["running", "complete", "partial", "failed"]
"""A run's status, and `running` where it has none yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunState:
    """A run as it stands: its row, and its result once it has one.

    `code` says why a run that has ended has no result: the code of the error that ended it, such
    as `run.cancelled`, or `run.lost` where the process that ran it is gone.
    """

    run: RunRecord
    result: Answer | RunResult | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunQuery:
    """Which runs are wanted, the newest first.

    Args:
        limit: Runs of a page.
        status: Only runs of this status.
        kind: Only runs of this kind, `ask` or `run`.
        text: Only runs whose text contains this, upper and lower case alike.
        before: Only runs after this one in the order: its `asked_at` and id.
    """

    limit: int
    status: RunStatus | None = None
    kind: str | None = None
    text: str | None = None
    before: tuple[datetime, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPage:
    """A page of runs, newest first; `cursor` leads to the next, and is None at the end.

    `total` counts all runs that fit, not those of the page.
    """

    runs: tuple[RunRecord, ...]
    total: int
    cursor: str | None = None

"""What a replay reports; it runs nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One place where a step's value differs; `path` is dotted, empty for the whole value."""

    step: str
    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayReport:
    """A stored plan run again: every difference found, and both times.

    `steps_s` is the sum of the replayed steps' own times: what one after the other would take.
    """

    run_id: str
    replay_run_id: str
    mode: Literal["parallel", "sequential"]
    equal: bool
    steps: int
    differences: tuple[Difference, ...]
    original_s: float | None
    replay_s: float
    steps_s: float

"""When a question was asked; it does not read a clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """The moment of asking, supplied by the engine to tools that take relative windows.

    `at` is wall-clock time with zone. Relative windows are measured back from it, and a replay
    keeps it, so that it reads the same span again.
    """

    at: datetime

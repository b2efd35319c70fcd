"""A span of time; it does not parse words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open span of time, `start` included and `end` not; both carry a zone."""

    start: datetime
    end: datetime

    @property
    def duration(self) -> timedelta:
        """Tell how long the span is."""
        return self.end - self.start

"""Where something is drawn; it draws nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Where something is drawn: how wide in cells, in which zone, and on which day."""

    width: int
    zone: tzinfo
    today: datetime | None = None

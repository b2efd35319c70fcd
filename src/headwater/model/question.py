"""A question as it was asked; it does not understand it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Plain words, the moment of asking, the asker's zone and the seconds given.

    `asked_at` carries a zone; the words "yesterday" and "14:00" are read in that zone.
    """

    text: str
    asked_at: datetime
    budget_s: float = 5.0

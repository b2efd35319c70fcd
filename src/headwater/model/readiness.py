"""Whether a service can do its work, check by check; it checks nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

CheckStatus = Literal["ok", "warning", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked at: what was found, and what to do where it is not well."""

    name: str
    status: CheckStatus
    message: str
    advice: str = ""
    took_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """Whether requests may come; `checked_at` is on the wall clock."""

    ready: bool
    checks: tuple[Check, ...]
    checked_at: datetime

"""A number read off a running service at one moment; it measures nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """One number with its labels; the unit is in the name (`_seconds`, `_bytes`, `_total`).

    A `counter` only rises while the process lives; a `gauge` goes up and down.
    """

    name: str
    value: float
    help: str
    kind: Literal["gauge", "counter"] = "gauge"
    labels: Mapping[str, str] = field(default_factory=dict)

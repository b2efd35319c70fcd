"""Rules of complex event processing (CEP) and what simulating one gives; it does not run them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from headwater.model.item import ItemName
from headwater.model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRecord:
    """A stored rule: a code, a name and its trigger as plain JSON (see `cep.simulate`)."""

    code: str
    name: str
    trigger: dict[str, Any]
    description: str | None = None
    severity: str | None = None
    enabled: bool = True
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule as the estate holds it."""

    id: int
    code: str
    name: str
    trigger: dict[str, Any]
    description: str | None = None
    severity: str | None = None
    enabled: bool = True
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """One time a rule would have fired, and the samples or events that decided.

    `evidence` holds plain rows: `{at, value}` for a metric trigger, `{id, at, kind, title}` for
    an event trigger, the first ones only; `evidence_total` is the true count.
    """

    ci: ItemName
    start: datetime
    end: datetime
    evidence: list[dict[str, Any]]
    evidence_total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """Whether a rule would have fired in a period; no action is ever taken."""

    rule: str
    trigger: dict[str, Any]
    period: Window
    fired: bool
    firings: list[Firing]
    total: int
    cis_checked: int
    samples_read: int
    events_read: int
    truncated: bool

"""What is an open alert, and what is a project told of it? It reads no history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

ALERT = "alert"
"""The kind of activity that it makes in a project."""
RAISER = "headwater"
"""By whom it is told: whoever loads history did not raise what is in it."""
MOST_AT_ONCE = 50
"""Alerts that one load tells a project of, the newest; the next load tells of further ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAlert:
    """An alert that has not ended, of a configuration item that a project is about."""

    project: int
    team: int
    entry: int
    ci: str
    kind: str
    at: datetime
    severity: str | None
    title: str


def untold(found: Sequence[OpenAlert], told: set[tuple[int, int]]) -> list[OpenAlert]:
    """Return those to tell now, oldest first.

    Args:
        found: All that are open, each once for each project.
        told: Those that a project was told of, by project and entry.
    """
    count: dict[int, int] = {}
    chosen: list[OpenAlert] = []
    for one in sorted(found, key=_age, reverse=True):
        taken = count.get(one.project, 0)
        if (one.project, one.entry) not in told and taken < MOST_AT_ONCE:
            count[one.project] = taken + 1
            chosen.append(one)
    return chosen[::-1]


def activity_fields(one: OpenAlert) -> dict[str, Any]:
    """Return what a project is told of an alert, as fields of an activity."""
    facts = {"item": one.ci, "kind": one.kind, "severity": one.severity, "at": one.at.isoformat()}
    return {
        "team": one.team,
        "project": one.project,
        "object_type": ALERT,
        "object_id": one.entry,
        "title": one.title,
        "changes": {name: [None, now] for name, now in facts.items() if now is not None},
    }


def _age(one: OpenAlert) -> tuple[datetime, int, int]:
    return one.at, one.entry, one.project

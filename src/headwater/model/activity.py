"""What was done in the work of a tenant, by whom and when; it changes nothing itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

ValueT = TypeVar("ValueT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One change, told by who made it: history, the event of a room and the cause of notices.

    Args:
        id: Its number in the tenant's store.
        tenant: Whose work it is.
        team: The team's id.
        project: The project's id; None where it is the team's own matter.
        seq: Its place among those of the project, from 1 and without holes; 0 without a project.
        at: When, with zone.
        actor: Who did it, by name.
        kind: What was done, such as `item.updated`, `session.ended`, `member.removed` or `alert`.
        object_type: What it was done to: `team`, `member`, `invitation`, `project`, `item`,
            `dependency`, `session`; `alert`, by its id in the history.
        object_id: The id of that, or a person's name.
        version: The object's version after it, where it has one.
        title: What the object is called, to be shown.
        changes: Fields that changed, each with its value before and after.
    """

    id: int
    tenant: str
    team: int
    project: int | None = None
    seq: int = 0
    at: datetime
    actor: str
    kind: str
    object_type: str
    object_id: int | str
    version: int | None = None
    title: str = ""
    changes: Mapping[str, Sequence[Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written(Generic[ValueT]):
    """What a write gave, and what was done by it, to be told once the write is committed."""

    value: ValueT
    activities: tuple[Activity, ...] = ()

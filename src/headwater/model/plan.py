"""What a plan is made of; it does not validate or run one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One call of a tool within a plan.

    Args:
        id: A letter or `_`, then letters, digits and `_`; unique in the plan.
        tool: The tool's name.
        args: Plain JSON; `{"$": "EXPR"}` anywhere in it is a JMESPath reference over earlier
            results by step id (and over `item` and `index` inside a `for_each`).
        after: Steps that must have ended before, whatever their outcome.
        for_each: A list, or a reference to one: the step is repeated for each element.
        when: A JMESPath condition over earlier results; false skips the step.
        fallback: A step or a tool to use when this step does not succeed.
        required: Whether the run is incomplete without it.
        within_s: The call ends at the earlier of this many seconds and the deadline.
    """

    id: str
    tool: str
    args: Mapping[str, Any] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    for_each: Any = None
    when: str | None = None
    fallback: str | None = None
    required: bool = True
    within_s: float | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in the order they were written."""

    steps: tuple[Step, ...] = ()

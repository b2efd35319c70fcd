"""What did an earlier run leave, and what is missing of it? It carries nothing out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from headwater.model.outcome import Outcome, Succeeded
from headwater.model.plan import Step


@dataclass(frozen=True, slots=True)
class Earlier:
    """What an earlier run of the same question or plan left: its steps, and how they ended.

    `planned_by` is the language model that proposed them, if one did.
    """

    steps: tuple[Step, ...] = ()
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    planned_by: str = ""

    def missing(self, only: tuple[str, ...] = ()) -> tuple[Step, ...]:
        """Return the steps without success, all or only those named."""
        return tuple(
            step
            for step in self.steps
            if not isinstance(self.outcomes.get(step.id), Succeeded)
            and (not only or step.id in only)
        )

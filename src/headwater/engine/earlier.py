"""What did an earlier run leave, and what is missing of it? It carries nothing out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from headwater.model.outcome import Outcome, Succeeded
from headwater.model.plan import Step


@dataclass(frozen=True, slots=True)
class Earlier:
    """What an earlier run of the same question or plan left: its steps, and how they ended.

    `planned_by` is the language model that proposed them, if one did; `anew` names steps whose
    success is not kept: what they show is their asker's own, who may see less of it by now.
    """

    steps: tuple[Step, ...] = ()
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    planned_by: str = ""
    anew: frozenset[str] = frozenset()

    def missing(self, only: tuple[str, ...] = ()) -> tuple[Step, ...]:
        """Return the steps without success, all or only those named, and those to be asked anew."""
        return tuple(
            step
            for step in self.steps
            if (
                step.id in self.anew
                if isinstance(self.outcomes.get(step.id), Succeeded)
                else not only or step.id in only
            )
        )

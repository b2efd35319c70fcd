"""What a run stands on: who carries its calls, whose it is, until when; it carries none out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from headwater.engine.call import Caller
from headwater.engine.journal import Journal
from headwater.engine.limits import Limits
from headwater.engine.model_planner import ModelPlanner
from headwater.engine.reaper import Reaper
from headwater.model.moment import Asked
from headwater.model.principal import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a run stands on: who carries calls, who owns tasks, whose run it is, until when.

    `deadline_at` is on the loop's monotonic clock. `sequential` runs one step at a time,
    `fresh` goes past the cache. `planner` is a model that may propose plans, where one is set.
    """

    caller: Caller
    reaper: Reaper
    journal: Journal
    principal: Principal
    asked: Asked
    deadline_at: float
    versions: Mapping[str, int] | None = None
    sequential: bool = False
    fresh: bool = False
    planner: ModelPlanner | None = None

    @property
    def time_s(self) -> float:
        """Return the seconds that the run has in all."""
        return self.deadline_at - self.journal.started_at

    @property
    def limits(self) -> Limits:
        """Return the bounds of this installation."""
        return self.caller.limits

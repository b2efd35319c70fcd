"""When a rule would have fired over stored samples or entries; it reads none and takes no action.

A metric trigger is looked at only at the instants of the item's samples. At a sample's instant t
its aggregate is taken over the samples in `(t - window_s, t]`. The rule fires at the first instant
at which the comparison has held for `for_s` without a break, and its firing ends at the first
instant at which it does not hold. No data is not true: where samples are further apart than
`window_s`, the comparison stops holding `window_s` after the earlier one.
"""

from __future__ import annotations

import bisect
import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from headwater.analysis.instants import from_us, span_us
from headwater.analysis.measuring import US_PER_S, summarise
from headwater.analysis.trigger import Comparison, EventTrigger, MetricTrigger
from headwater.model.history import HistoryEntry
from headwater.model.metric import ItemSamples
from headwater.model.rule import Firing
from headwater.model.window import Window

MAX_EVIDENCE = 10
"""Samples kept with a firing; all that decided are counted."""
_EARLIEST = datetime.min.replace(tzinfo=UTC)
_HOLDS: dict[Comparison, Callable[[float, float], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
    "eq": operator.eq,
    "ne": operator.ne,
}


@dataclass(slots=True)
class _Streak:
    """Instants in a row at which the comparison held."""

    since_us: int
    first: int
    fired: int | None = None


class MetricWatch:
    """One item's samples under a metric trigger, looked at a few at a time.

    Args:
        trigger: What to watch for.
        samples: The item's samples in `samples_window(trigger, period)`, in order of time.
        period: Firings start within it; one that outlasts it ends with it.
    """

    def __init__(self, trigger: MetricTrigger, samples: ItemSamples, *, period: Window) -> None:
        self._trigger = trigger
        self._samples = samples
        self._window_us = round(trigger.window_s * US_PER_S)
        self._for_us = round(trigger.for_s * US_PER_S)
        start_us, self._end_us = span_us(period)
        self._next = bisect.bisect_left(samples.at_us, start_us - self._for_us)
        self._stop = bisect.bisect_left(samples.at_us, self._end_us)
        self._low = 0
        self._streak: _Streak | None = None
        self.firings: list[Firing] = []

    def advance(self, work: int) -> bool:
        """Look at further instants for about `work` samples' reading; tell if some remain."""
        while self._next < self._stop and work > 0:
            work -= self._look(self._next)
            self._next += 1
        if self._next < self._stop:
            return True
        self._close(min(self._gone_us(), self._end_us))
        return False

    def _look(self, index: int) -> int:
        at_us = self._samples.at_us
        now_us = at_us[index]
        if self._gone_us() < now_us:
            self._close(self._gone_us())
        while at_us[self._low] <= now_us - self._window_us:
            self._low += 1
        found = summarise(
            self._trigger.aggregate,
            at_us[self._low : index + 1],
            self._samples.values[self._low : index + 1],
        )
        if found is None or not _HOLDS[self._trigger.comparison](found, self._trigger.threshold):
            self._close(now_us)
        else:
            self._hold(index)
        return index + 1 - self._low

    def _hold(self, index: int) -> None:
        now_us = self._samples.at_us[index]
        if self._streak is None:
            self._streak = _Streak(now_us, self._low)
        if self._streak.fired is None and now_us - self._streak.since_us >= self._for_us:
            self._streak.fired = index

    def _gone_us(self) -> int:
        """Tell when the sample looked at last leaves the window: from then on there is no data."""
        last = self._next - 1
        return self._samples.at_us[last] + self._window_us if last >= 0 else self._end_us

    def _close(self, at_us: int) -> None:
        streak, self._streak = self._streak, None
        if streak is None or streak.fired is None:
            return
        decided = range(streak.first, streak.fired + 1)
        rows = [
            {"at": from_us(self._samples.at_us[index]), "value": self._samples.values[index]}
            for index in decided[:MAX_EVIDENCE]
        ]
        start = from_us(self._samples.at_us[streak.fired])
        self.firings.append(
            Firing(
                ci=self._samples.ci,
                start=start,
                end=from_us(at_us),
                evidence=rows,
                evidence_total=len(decided),
            )
        )


def samples_window(trigger: MetricTrigger, period: Window) -> Window:
    """Return the span whose samples decide about a period: from `window + for` before it."""
    back = timedelta(seconds=trigger.window_s + trigger.for_s)
    start = period.start.astimezone(UTC)
    return Window(start - back if start - _EARLIEST > back else _EARLIEST, period.end)


def firings_of_entries(trigger: EventTrigger, entries: Iterable[HistoryEntry]) -> list[Firing]:
    """Return a firing for each entry of the trigger's kinds that meets its condition, in order.

    A firing lasts as long as its entry; one without an end is an instant.
    """
    return [
        Firing(
            ci=entry.ci,
            start=entry.at,
            end=entry.ended_at or entry.at,
            evidence=[{"id": entry.id, "at": entry.at, "kind": entry.kind, "title": entry.title}],
            evidence_total=1,
        )
        for entry in entries
        if (not trigger.kinds or entry.kind in trigger.kinds)
        and (trigger.condition is None or trigger.condition.truth(entry) is True)
    ]

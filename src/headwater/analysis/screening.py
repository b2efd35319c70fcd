"""Which of many series stand out enough to be looked at closely; a rough sieve, no judgement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

LEAST_RATIO = 1.25


@dataclass(frozen=True, slots=True)
class Suspect:
    """An item's metric whose peak stands above what it was the day before, by this ratio."""

    ci: int
    metric: str
    ratio: float


def screen(
    pairs: Iterable[tuple[str, Mapping[int, float], Mapping[int, float]]],
) -> list[Suspect]:
    """Return the suspects, the most striking first.

    Args:
        pairs: For each metric its peaks now by item, and its usual peaks (p99 before) by item.
    """
    found = []
    for metric, now, was in pairs:
        for ci, peak in now.items():
            usual = was.get(ci)
            if usual is None:
                continue
            ratio = _ratio(peak, usual)
            if ratio >= LEAST_RATIO:
                found.append(Suspect(ci, metric, ratio))
    return sorted(found, key=lambda one: (-one.ratio, one.ci, one.metric))


def _ratio(peak: float, usual: float) -> float:
    if usual <= 0:
        return 100.0 if peak > 0 else 1.0
    return min(peak / usual, 100.0)

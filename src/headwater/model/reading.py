"""What a question was understood to mean; it understands nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from headwater.model.item import Candidate
from headwater.model.plan import Step
from headwater.model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The intent, what its words turned out to name, and the steps to run now.

    Args:
        intent: Such as `lookup`, `count` or `review`; `tool` for a tool's own phrasing, `none`
            where nothing was understood.
        steps: What to run now; empty where nothing more is to be asked.
        refusal: One sentence where the question is not answered, with its `code`.
        code: Such as `question.out_of_field`; None where there is no refusal.
        ambiguous: The words that several things are called, listed in `candidates`.
        candidates: What those words may mean, best first; `candidates_total` counts them all.
        items: What the named things turned out to be, by role: subject, target, place…
        words: What stood in the question for each role, as it was written.
        metrics: Metric names to try, best first.
        aggregate: How to sum up the metric, or None.
        window: The span meant; `window_words` as it was said, empty where it is our default.
        filters: Conditions on items in plain JSON, as tools take them.
        group_by: Fields that may hold what was asked for, best first.
        notes: What was assumed, each with what it takes from the confidence.
        facts: Whatever else composing needs, in plain JSON.
    """

    intent: str
    steps: tuple[Step, ...] = ()
    refusal: str | None = None
    code: str | None = None
    ambiguous: str | None = None
    candidates: tuple[Candidate, ...] = ()
    candidates_total: int = 0
    items: Mapping[str, Candidate] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    metrics: tuple[str, ...] = ()
    aggregate: str | None = None
    window: Window | None = None
    window_words: str = ""
    filters: tuple[Mapping[str, Any], ...] = ()
    group_by: tuple[str, ...] = ()
    notes: tuple[tuple[float, str], ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

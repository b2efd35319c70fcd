"""What terms may mean in an estate; it decides nothing for the asker."""

from __future__ import annotations

from dataclasses import dataclass

from headwater.model.item import Candidate


@dataclass(frozen=True, slots=True, kw_only=True)
class TermResolution:
    """What one term may mean, best first; no candidates where it means nothing known.

    `ambiguous` is true where several candidates of one kind are the best. `narrowed_by` names the
    other terms that left fewer candidates, `total` counts them before the cut to the limit.
    """

    term: str
    candidates: list[Candidate]
    ambiguous: bool
    total: int
    narrowed_by: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What each term may mean, in the order asked.

    `estate_empty` is true where nothing was found and the estate has no item at all.
    """

    terms: list[TermResolution]
    estate_empty: bool

"""Do other documents say what is claimed? It compares words and figures, and believes no one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

import anyio
from pydantic import Field

from headwater.analysis.containment import Containment, find_claim
from headwater.analysis.quantities import quantities
from headwater.model.document import DocumentName, Passage, PassageFilter
from headwater.packs.arguments import Text
from headwater.packs.knowledge.finding import find_passages
from headwater.packs.knowledge.lanes import LaneReport, Shelf

Verdict = Literal["supported", "contested", "unsupported"]

MOST_CLAIMS = 20
AT_ONCE = 4
PASSAGES = 8
"""Passages that a claim is compared with."""
SPEAKS = 0.6
"""The least share of a claim's words with which a passage speaks of it at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What is claimed, and the documents that it is from, which are not asked about it."""

    text: Text
    sources: Annotated[Sequence[int | Text], Field(max_length=20)] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """A passage that speaks of a claim, and what it says: `quote` stands in it at `start`."""

    document: DocumentName
    passage_id: int
    section: str
    page: int | None
    quote: str
    start: int
    end: int
    share: float
    stance: Literal["supports", "contests"]
    because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A claim and what the documents say of it."""

    claim: str
    verdict: Verdict
    witnesses: list[Witness] = field(default_factory=list)
    lanes: list[LaneReport] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """Tell whether no lane of its search is missing."""
        return all(one.status == "succeeded" for one in self.lanes)


async def check_claims(claims: Sequence[Claim], *, shelf: Shelf) -> list[Checked]:
    """Return what the documents say of each claim, in order: one search a claim, four at once."""
    found: list[Checked | None] = [None] * len(claims)
    places = anyio.CapacityLimiter(AT_ONCE)

    async def one(at: int) -> None:
        async with places:
            found[at] = await _check(claims[at], shelf=shelf)

    async with anyio.create_task_group() as group:
        for at in range(len(claims)):
            group.start_soon(one, at)
    return [each for each in found if each is not None]


async def _check(claim: Claim, *, shelf: Shelf) -> Checked:
    own = [await shelf.documents.get(one, principal=shelf.principal) for one in claim.sources]
    within = PassageFilter(not_documents=tuple(one.id for one in own if one is not None))
    found = await find_passages(claim.text, shelf=shelf, within=within, limit=PASSAGES)
    witnesses = [
        witness
        for one in found.ranked
        if (witness := _witness(claim.text, one.passage)) is not None
    ]
    witnesses.sort(key=lambda one: (one.stance != "contests", -one.share, one.passage_id))
    return Checked(
        claim=claim.text,
        verdict=_verdict(witnesses),
        witnesses=witnesses,
        lanes=found.lanes.reports,
    )


def _verdict(witnesses: Sequence[Witness]) -> Verdict:
    if any(one.stance == "contests" for one in witnesses):
        return "contested"
    return "supported" if witnesses else "unsupported"


def _witness(claim: str, passage: Passage) -> Witness | None:
    """Return what a passage says of a claim, or None where it does not speak of it."""
    known = f"{passage.document.title} {passage.section}"
    held = find_claim(claim, passage.text, known=known)
    stance: Literal["supports", "contests"] = "supports"
    because = ""
    if not held.contained:
        because = _contests(held, passage)
        stance = "contests"
        if not because:
            return None
    start, end = held.spans[0] if held.spans else (0, len(passage.text))
    return Witness(
        document=passage.document,
        passage_id=passage.id,
        section=passage.section,
        page=passage.page,
        quote=passage.text[start:end],
        start=start,
        end=end,
        share=round(held.share, 4),
        stance=stance,
        because=because,
    )


def _contests(held: Containment, passage: Passage) -> str:
    """Return why a passage that speaks of a claim is against it; empty where it is not."""
    if held.share < SPEAKS or not held.spans:
        return ""
    if not held.missing_figures:
        return "one has a negation, the other has none" if held.denied else ""
    said = " ".join(passage.text[start:end] for start, end in held.spans)
    units = {one.unit for one in quantities(" ".join(held.missing_figures))}
    others = [said[one.start : one.end] for one in quantities(said) if one.unit in units]
    return f"{', '.join(others)} instead of {', '.join(held.missing_figures)}" if others else ""

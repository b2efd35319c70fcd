"""What do the tools of documents give? Shapes only; it finds nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

from headwater.model.document import DocumentName, KnowledgeHit, Passage
from headwater.packs.knowledge.answering import CitedSentence, Differing
from headwater.packs.knowledge.checking import Checked
from headwater.packs.knowledge.finding import Folded
from headwater.packs.knowledge.lanes import LaneReport
from headwater.packs.knowledge.neighbours import Reached
from headwater.packs.knowledge.runbooks import Runbook
from headwater.packs.knowledge.synthesis import StatedSentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """Passages found, best first.

    `total` counts those that any lane found. `lanes` says how each lane ended; `folded` names the
    passages left out because a hit says nearly the same.
    """

    hits: list[KnowledgeHit]
    total: int
    truncated: bool
    lanes: list[LaneReport]
    folded: list[Folded]


@dataclass(frozen=True, slots=True, kw_only=True)
class Passages:
    """Passages by id in the order asked, and the ids that are none."""

    passages: list[Passage]
    missing: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """Passages about items and what they hang together with; `reached` are those items."""

    hits: list[KnowledgeHit]
    reached: list[Reached]
    total: int
    truncated: bool
    lanes: list[LaneReport]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowledgeAnswer:
    """Sentences of documents that answer a question, or why there are none.

    `support` is the largest share of the question's telling words that one passage has. `nearest`
    are the documents that came closest. `considered` counts the passages read, `searched` all that
    there are. `written_by` is the language model whose sentences these are: each is contained in
    its passage from `start` to `end`, and `dropped` counts those that were not. Where it is empty
    the sentences are copied from their passages, and `unwritten` is the code that says why.
    `stated` are its sentences that facts given contain. `checked_by` is the model that was asked
    besides if what is cited says them, `unchecked` the code that says why it was not heard.
    """

    found: bool
    sentences: list[CitedSentence]
    differing: list[Differing]
    support: float
    reason: str
    nearest: list[DocumentName]
    considered: int
    searched: int
    lanes: list[LaneReport]
    written_by: str = ""
    unwritten: str = ""
    dropped: int = 0
    stated: list[StatedSentence] = field(default_factory=list)
    checked_by: str = ""
    unchecked: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """What the documents say of each claim, in the order given."""

    checks: list[Checked]


@dataclass(frozen=True, slots=True, kw_only=True)
class Runbooks:
    """Documents that are for an alert, a rule or an item; `total` counts them before the cut."""

    runbooks: list[Runbook]
    total: int
    truncated: bool

"""What the estate said that words may mean, and which of it is meant; it asks nobody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from headwater.model.item import Candidate
from headwater.model.outcome import Outcome, Succeeded
from headwater.reading.kinds import SYNONYMS, singular
from headwater.reading.names import Name

EXACT = 0.95
"""The least score of an item's, a rule's or a metric's own name."""
VALUE = 0.85
"""The least score of a value (a type, an owner…) that was named exactly or in the plural."""
LIKELY = 0.62
"""Below it a single likeness is offered, not taken."""
FAINT = 0.5
"""Below it a likeness is not even offered."""
MARGIN = 0.04
"""How far the second best has to lie behind where names only resemble."""
_FIELDS = tuple(one.name for one in fields(Candidate))


@dataclass(frozen=True, slots=True)
class Entry:
    """What one term may mean, best first, and how many there are in all."""

    candidates: tuple[Candidate, ...] = ()
    total: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """All answers of `estate.resolve` so far, by step and term."""

    entries: Mapping[tuple[str, str], Entry] = field(default_factory=dict)
    empty: bool = False

    def of(self, term: str, step: str = "resolve") -> Entry:
        """Return what a term may mean as one step said; nothing where it was not asked.

        Where a question has words for things but no names, `resolve` says what the words mean.
        """
        found = self.entries.get((step, term.lower()))
        if found is None and step == "resolve_words":
            found = self.entries.get(("resolve", term.lower()))
        return found or Entry()

    def every(self, step: str) -> tuple[Candidate, ...]:
        """Return all candidates that one step gave, by term."""
        return tuple(
            one for key, entry in self.entries.items() if key[0] == step for one in entry.candidates
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """One candidate that is meant, or several between which the asker has to choose.

    `note` says what was assumed with what it takes from the confidence, or is None.
    """

    meant: Candidate | None = None
    among: tuple[Candidate, ...] = ()
    total: int = 0
    note: tuple[float, str] | None = None


def read_found(known: Mapping[str, Outcome]) -> Found:
    """Return what the steps whose id begins with `resolve` said; other outcomes are left out."""
    entries: dict[tuple[str, str], Entry] = {}
    empty = False
    for step, outcome in known.items():
        if not step.startswith("resolve") or not isinstance(outcome, Succeeded):
            continue
        value = outcome.value if isinstance(outcome.value, Mapping) else {}
        empty = empty or bool(value.get("estate_empty"))
        for one in value.get("terms") or ():
            candidates = tuple(_candidate(row) for row in one.get("candidates") or ())
            total = int(one.get("total") or len(candidates))
            entries[step, str(one.get("term", "")).lower()] = Entry(candidates, total)
    return Found(entries, empty)


def _candidate(row: Mapping[str, Any]) -> Candidate:
    return Candidate(**{name: row.get(name) for name in _FIELDS})  # type: ignore[arg-type]


def choose(
    found: Found, name: Name, kinds: Sequence[str] = ("item",), *, step: str = "resolve"
) -> Choice:
    """Return what a name means among candidates of some kinds.

    An exact name wins; then the part without type and place, narrowed by them; then likeness.
    """
    whole = _of_kinds(found.of(name.whole, "resolve_whole").candidates, kinds)
    exact = [one for one in whole if one.score >= EXACT]
    if len(exact) == 1:
        return Choice(exact[0])
    entry = found.of(name.term, step)
    own = _of_kinds(entry.candidates, kinds)
    hinted = [one for one in own if is_kind(one, name.hint)]
    if exact and not own:
        return _decide(name, exact, len(exact))
    picked = _best(own, hinted)
    total = entry.total if len(picked) == len(entry.candidates) else len(picked)
    choice = _decide(name, picked, total)
    return choice if choice.meant or choice.among else _decide(name, whole, len(whole))


def _best(own: list[Candidate], hinted: list[Candidate]) -> list[Candidate]:
    if any(one.score >= EXACT for one in own) and not any(one.score >= EXACT for one in hinted):
        return own
    return hinted or own


def _of_kinds(candidates: Iterable[Candidate], kinds: Sequence[str]) -> list[Candidate]:
    return [one for one in candidates if one.kind in kinds and one.score >= FAINT]


def _decide(name: Name, candidates: Sequence[Candidate], total: int) -> Choice:
    if not candidates:
        return Choice()
    top = max(one.score for one in candidates)
    if top >= VALUE:
        best = [one for one in candidates if one.score == top]
        if len(best) == 1:
            return Choice(best[0])
        cut = len(best) == len(candidates)
        return Choice(among=tuple(best), total=max(total, len(best)) if cut else len(best))
    near = [one for one in candidates if one.score > top - MARGIN]
    if len(near) == 1 and top >= LIKELY:
        note = (round((1 - top) / 4, 2), f'"{name.whole}" was read as {label(near[0])}')
        return Choice(near[0], note=note)
    return Choice(among=tuple(candidates), total=max(total, len(candidates)))


def label(one: Candidate) -> str:
    """Return what a candidate is called: an item's code, else its name."""
    return one.code or one.name


def is_kind(one: Candidate, word: str) -> bool:
    """Tell whether a candidate's type is what a word says, also by another word for it."""
    if not word or not one.type:
        return False
    held = {singular(part) for part in one.type.lower().replace("_", " ").replace("-", " ").split()}
    held.add(singular(one.type.lower()))
    wanted = {singular(word.lower()), *SYNONYMS.get(singular(word.lower()), ())}
    return bool(held & wanted)

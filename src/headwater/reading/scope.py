"""Which items a phrase for things, an owner or a place means, as conditions; it runs no search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from headwater.model.item import Candidate
from headwater.model.plan import Step
from headwater.reading.found import EXACT, VALUE, Choice, Found, choose, is_kind, label
from headwater.reading.kinds import ADJECTIVES, FIELDS, SYNONYMS, singular
from headwater.reading.names import split_name
from headwater.reading.things import Things

INSIDE = 0.6
"""The least score of a value that has the word inside: "Access Switch" for switches."""
KIND_ORDER = ("type", "subtype", "category", "tag", "status", "criticality", "owner", "location")
PLACE_ORDER = ("location", "tag", "owner", "category", "subtype", "type", "status", "criticality")
_WHOSE = frozenset({"owned by", "managed by", "run by", "maintained by", "used by"})
_WHERE = frozenset({"in", "at", "on", "of", "inside", "within", "from", "located in", "located at"})
"""Beside a place that was found, a second one only told which: "rack R1 at site S"."""
AROUND = "around"


@dataclass(frozen=True, slots=True)
class Scope:
    """Which items are meant.

    Args:
        filters: Conditions joined by AND.
        around: An item whose direct neighbours are meant.
        unknown: Words that nothing in the estate is called.
        unclear: A name that several items have, or None.
        notes: What was assumed, each with what it takes from the confidence.
        said: The values that the words turned out to be, for the answer's sentence.
    """

    filters: tuple[dict[str, Any], ...] = ()
    around: Candidate | None = None
    unknown: tuple[str, ...] = ()
    unclear: tuple[str, Choice] | None = None
    notes: tuple[tuple[float, str], ...] = ()
    said: tuple[str, ...] = ()

    def __add__(self, other: Scope) -> Scope:
        """Return the items that both mean."""
        return Scope(
            (*self.filters, *other.filters),
            self.around or other.around,
            (*self.unknown, *other.unknown),
            self.unclear or other.unclear,
            (*self.notes, *other.notes),
            (*self.said, *other.said),
        )


def equal(field: str, value: str) -> dict[str, Any]:
    """Return the condition that a field has one value."""
    return {"field": field, "op": "eq", "value": value}


def scope_of(things: Things, found: Found) -> Scope:
    """Return which items a phrase for things means, by the estate's own words."""
    scope = _kind(things, found)
    for link, place in things.places:
        if scope.around is None or link not in _WHERE:
            scope += _place(found, link, place)
    return scope


def around_step(item: Candidate) -> Step:
    """Return the step whose nodes are an item and what is joined to it."""
    args = {
        "root": item.id, "view": "neighbours", "depth": 1, "max_nodes": 5000, "max_edges": 50000,
    }  # fmt: skip
    return Step(id=AROUND, tool="graph.expand", args=args)


def around_ids() -> dict[str, str]:
    """Return the reference to the ids that `around_step` finds, without the item itself."""
    return {"$": f"{AROUND}.nodes[?depth > `0`].id"}


def _kind(things: Things, found: Found) -> Scope:
    if not things.words or (things.everything and not things.adjectives):
        return Scope()
    whole = _value(found, things.whole, KIND_ORDER)
    if whole is not None:
        return _equals(whole)
    scope = Scope() if things.everything else _noun(things.noun, found)
    for word in things.adjectives:
        scope += _adjective(word, found)
    return scope


def _noun(noun: str, found: Found) -> Scope:
    exact = _value(found, noun, KIND_ORDER)
    if exact is not None:
        return _equals(exact)
    inside = _inside(found, noun)
    heads = [one for one in inside if singular(_parts(one.name)[-1]) == noun]
    scope = _among(heads, noun) or _synonym(found, noun) or _among(inside, noun)
    return scope or Scope(unknown=(noun,))


def _among(candidates: Sequence[Candidate], noun: str) -> Scope | None:
    """Return the items with one of several values: "Access Switch" and "Core Switch" for switches.

    A "VM interface" is an interface rather than a VM, so values that end in the noun go first.
    """
    if not candidates:
        return None
    values = sorted({one.name for one in candidates})
    condition = {"field": candidates[0].key or candidates[0].kind, "op": "in", "value": values}
    return Scope((condition,), said=(noun,))


def _synonym(found: Found, noun: str) -> Scope | None:
    for other in SYNONYMS.get(noun, ()):
        meant = _value(found, other, ("type", "subtype", "category"))
        if meant is not None:
            note = (0.05, f'"{noun}" was read as {meant.key or meant.kind} {meant.name}')
            return Scope(
                (equal(meant.key or meant.kind, meant.name),), notes=(note,), said=(meant.name,)
            )
    return None


def _inside(found: Found, noun: str) -> list[Candidate]:
    candidates = [
        one
        for one in found.of(noun, "resolve_words").candidates
        if one.score >= INSIDE and noun in {singular(part) for part in _parts(one.name)}
    ]
    for kind in KIND_ORDER[:4]:
        mine = [one for one in candidates if one.kind == kind]
        if mine:
            return [one for one in mine if one.key == mine[0].key]
    return []


def _parts(text: str) -> list[str]:
    return "".join(one.lower() if one.isalnum() else " " for one in text).split()


def _adjective(word: str, found: Found) -> Scope:
    order = ("status", "criticality", "tag", "subtype", "category", "owner", "location", "type")
    meant = _value(found, word, order)
    if meant is not None:
        return _equals(meant)
    if word in ADJECTIVES:
        return Scope((equal(*ADJECTIVES[word]),), said=(word,))
    return Scope(unknown=(word,))


def _value(
    found: Found, term: str, order: Sequence[str], *, step: str = "resolve_words"
) -> Candidate | None:
    exact = [
        one for one in found.of(term, step).candidates if one.score >= VALUE and one.kind in order
    ]
    return min(exact, key=lambda one: (order.index(one.kind), -(one.count or 0)), default=None)


def _equals(value: Candidate) -> Scope:
    return Scope((equal(value.key or value.kind, value.name),), said=(value.name,))


def _place(found: Found, link: str, phrase: str) -> Scope:
    named = _by_field(link, phrase)
    if named is not None:
        return named
    name = split_name(phrase)
    order = ("owner", *PLACE_ORDER) if link in _WHOSE else PLACE_ORDER
    value = _value(found, name.term, order, step="resolve") or _value(
        found, name.whole, order, step="resolve"
    )
    return _chosen_place(phrase, name.hint, choice=choose(found, name), value=value)


def _chosen_place(phrase: str, hint: str, *, choice: Choice, value: Candidate | None) -> Scope:
    item = choice.meant
    if item is not None and item.score >= EXACT and _wants_item(item, value, hint):
        return Scope(around=item, said=(label(item),))
    if value is not None and not (choice.among and hint):
        return _equals(value)
    if item is not None:
        notes = (choice.note,) if choice.note else ()
        return Scope(around=item, notes=notes, said=(label(item),))
    if choice.among:
        return Scope(unclear=(phrase, choice))
    return Scope(unknown=(phrase,))


def _wants_item(item: Candidate, value: Candidate | None, hint: str) -> bool:
    if value is None:
        return True
    return bool(hint) and is_kind(item, hint) and value.key not in {"location", f"tags.{hint}"}


def _by_field(link: str, phrase: str) -> Scope | None:
    words = phrase.lower().split()
    if link in {"named", "called"}:
        return Scope(({"field": "name", "op": "ilike", "value": f"%{phrase}%"},), said=(phrase,))
    if link.startswith("tagged") and len(words) > 1:
        key, value = phrase.replace("=", " ").replace(":", " ").split(maxsplit=1)
        return Scope((equal(f"tags.{key}", value.strip()),), said=(phrase,))
    if words[0] not in FIELDS or link not in {"with", "without", "that have"}:
        return None
    field = FIELDS[words[0]]
    rest = [word for word in phrase.split()[1:] if word.lower() not in {"is", "=", "of", "set"}]
    if not rest or link == "without":
        condition = {"field": field, "op": "exists", "value": link != "without"}
        return Scope((condition,), said=(f"{link} {field}",))
    value = " ".join(rest)
    return Scope(({"field": field, "op": "ilike", "value": value},), said=(f"{field} {value}",))

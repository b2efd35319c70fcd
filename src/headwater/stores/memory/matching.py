"""Whether an item has the words asked for, in memory; it keeps no index."""

from __future__ import annotations

from collections.abc import Iterable

from rapidfuzz import fuzz

from headwater.model.item import Candidate, ConfigurationItem
from headwater.model.query import ItemQuery
from headwater.model.text import tokens

FUZZY_FROM = 0.6
FUZZY_TOP = 0.69


def has_keywords(item: ConfigurationItem, query: ItemQuery) -> bool:
    """Tell whether an item has all keywords of a query, or any where it says so."""
    if not query.keywords:
        return True
    columns = _columns(item)
    if query.text == "like":
        columns = [*columns[:2], *(f"{key} {text}" for key, text in item.tags.items())]
        hits = [any(word.lower() in text.lower() for text in columns) for word in query.keywords]
    else:
        split = [tokens(text) for text in columns]
        hits = [_in_a_row(tokens(word), split) for word in query.keywords]
    return any(hits) if query.match == "any" else all(hits)


def candidates_for(term: str, items: Iterable[ConfigurationItem]) -> list[Candidate]:
    """Return the items that a term may mean, best first, then by code."""
    found = [
        Candidate(
            kind="item",
            term=term,
            score=score,
            match=match,
            name=item.name,
            id=item.id,
            code=item.code,
            type=item.type,
            location=item.location,
        )
        for item in items
        for score, match in [_likeness(term.strip().lower(), item)]
        if score > 0
    ]
    return sorted(found, key=lambda each: (-each.score, each.code))


def _columns(item: ConfigurationItem) -> list[str]:
    return [item.code, item.name, " ".join(f"{key} {text}" for key, text in item.tags.items())]


def _in_a_row(wanted: list[str], columns: list[list[str]]) -> bool:
    size = len(wanted)
    return bool(wanted) and any(
        split[at : at + size - 1] == wanted[:-1] and split[at + size - 1].startswith(wanted[-1])
        for split in columns
        for at in range(len(split) - size + 1)
    )


def _likeness(term: str, item: ConfigurationItem) -> tuple[float, str]:
    code, name = item.code.lower(), item.name.lower()
    words = [tokens(text) for text in _columns(item)]
    sure = (
        (term == code, 1.0, "code"),
        (term == name, 0.95, "name"),
        (code.startswith(term) or name.startswith(term), 0.8, "prefix"),
        (_in_a_row(tokens(term), words), 0.7, "text"),
    )
    for is_it, score, match in sure:
        if term and is_it:
            return score, match
    alike = max(fuzz.ratio(term, code), fuzz.ratio(term, name)) / 100
    return (FUZZY_TOP * alike, "fuzzy") if alike >= FUZZY_FROM else (0.0, "")

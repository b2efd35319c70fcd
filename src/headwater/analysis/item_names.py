"""Which items does a text name, by exact code or by name? It looks up no item.

A code is found as it is written, letter for letter, where it stands alone: not within a longer word
and not joined to another by `-` or `_`. A name is found by its words in a row, however they are
written. The longest wins where several begin at one place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from headwater.model.text import tokens

LEAST_CODE = 3
LEAST_WORD = 5
"""Letters of a name of one word: shorter ones are words of every text."""
MOST_ALIKE = 3
"""Items of one name beyond which it tells none of them apart."""
MOST_FOUND = 1_000
"""Items that one text names; the first are kept."""
_RUN = re.compile(r"\w+")


@dataclass(slots=True)
class ItemNames:
    """The codes and names of an estate's items, ready to be found in texts."""

    _codes: dict[str, list[str]] = field(default_factory=dict)
    _names: dict[str, dict[tuple[str, ...], list[str]]] = field(default_factory=dict)

    def add(self, code: str, name: str) -> None:
        """Take in an item."""
        first = _RUN.search(code)
        if len(code) >= LEAST_CODE and first is not None and first.start() == 0:
            self._codes.setdefault(first[0], []).append(code)
        words = tuple(tokens(name))
        if len(words) > 1 or (words and len(words[0]) >= LEAST_WORD and not words[0].isdigit()):
            self._names.setdefault(words[0], {}).setdefault(words, []).append(code)

    def found_in(self, text: str) -> tuple[str, ...]:
        """Return the codes of the items that a text names, in the order of their first mention."""
        found: dict[str, None] = {}
        for codes in (*self._by_code(text), *self._by_name(text)):
            found.update(dict.fromkeys(codes))
            if len(found) >= MOST_FOUND:
                break
        return tuple(found)[:MOST_FOUND]

    def _by_code(self, text: str) -> Iterator[Iterable[str]]:
        after = 0
        for run in _RUN.finditer(text):
            known = self._codes.get(run[0])
            if known is None or run.start() < after or not _begins(text, run.start()):
                continue
            fitting = [one for one in known if text.startswith(one, run.start())]
            fitting = [one for one in fitting if _ends(text, run.start() + len(one))]
            if fitting:
                longest = max(fitting, key=len)
                after = run.start() + len(longest)
                yield (longest,)

    def _by_name(self, text: str) -> Iterator[Iterable[str]]:
        words = tokens(text)
        after = 0
        for at, word in enumerate(words):
            known = self._names.get(word)
            if known is None or at < after:
                continue
            fitting = [one for one in known if tuple(words[at : at + len(one)]) == one]
            if fitting:
                longest = max(fitting, key=len)
                after = at + len(longest)
                if len(known[longest]) <= MOST_ALIKE:
                    yield known[longest]


def _begins(text: str, at: int) -> bool:
    return at == 0 or text[at - 1] != "-"


def _ends(text: str, at: int) -> bool:
    if at >= len(text):
        return True
    return not (text[at].isalnum() or text[at] == "_" or _joins(text, at))


def _joins(text: str, at: int) -> bool:
    """Tell whether a hyphen goes on with the word, as in `db-1-replica`."""
    return text[at] == "-" and at + 1 < len(text) and text[at + 1].isalnum()

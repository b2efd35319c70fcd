"""Which kind of things, where and grouped how a phrase means; it knows nothing of the estate."""

from __future__ import annotations

import re
from dataclasses import dataclass

from headwater.reading.kinds import EVERYTHING, GROUPS, SYNONYMS, singular

_LINKS = (
    r"owned by|managed by|run by|maintained by|located (?:at|in)|deployed (?:at|in|on)|belonging to"
    r"|belong to|running (?:in|on|at)|tagged(?: with)?|used by|named|called|inside|within|under"
    r"|located|with|without|from|for|that have|that are|which are|running|in|at|on|of"
)
_PLACE = re.compile(rf" (?:(?:that |which )?(?:are|is) )?({_LINKS}) (?:the )?", re.IGNORECASE)
_GROUP = re.compile(
    r"(?<!owned)(?<!managed)(?<!maintained)(?<!run)(?<!used)"
    r" (?:per|by|for each|in each|on each|at each|of each|grouped by|group by|for every"
    r"|in every|broken down by|split by|sorted by|ordered by) (?:the )?(.+)$",
    re.IGNORECASE,
)
_NOISE = re.compile(
    r"\b(?:are there|is there|there are|do we have|we have|have we(?: got)?|do i have|i have"
    r"|does it have|exist|existing|in total|altogether|overall|in (?:the|our) estate|known)\b",
    re.IGNORECASE,
)
_QUANTIFIER = re.compile(
    r"^(?:(?:all|every|the|any|our|my|of|me|each|some|top \d+|first \d+|different|distinct) )+",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Things:
    """A phrase such as "active switches in rack R1 by owner", taken apart.

    Args:
        words: The kind of thing with what stands before it: "active switches".
        places: Phrases for where or whose, each with the words that join it.
        group: The word to group by, or empty.
    """

    words: str
    places: tuple[tuple[str, str], ...] = ()
    group: str = ""

    @property
    def noun(self) -> str:
        """Return the last word in the singular, lower case."""
        return singular(self.words.lower().split()[-1]) if self.words else ""

    @property
    def adjectives(self) -> tuple[str, ...]:
        """Return the words before the noun."""
        return tuple(self.words.lower().split()[:-1])

    @property
    def whole(self) -> str:
        """Return all the words, the last in the singular."""
        return " ".join((*self.adjectives, self.noun)).strip()

    @property
    def everything(self) -> bool:
        """Tell whether the noun means things of every kind."""
        return not self.noun or self.noun in EVERYTHING or self.words.lower() in EVERYTHING

    @property
    def terms(self) -> tuple[str, ...]:
        """Return what to ask the estate's vocabulary for, the likeliest first, at most 14."""
        if not self.words:
            return ()
        own = (self.whole, self.noun, *SYNONYMS.get(self.whole, ()), *SYNONYMS.get(self.noun, ()))
        return tuple(dict.fromkeys((*own, *self.adjectives)))[:14]


def split_things(text: str) -> Things:
    """Return the parts of a phrase for things."""
    rest = " ".join(_NOISE.sub(" ", f" {text} ").split())
    group = _GROUP.search(" " + rest)
    if group is not None:
        rest = (" " + rest)[: group.start()].strip()
    links = list(_PLACE.finditer(f" {rest}"))
    padded = f" {rest}"
    head = padded[: links[0].start()] if links else padded
    ends = [*(link.start() for link in links[1:]), len(padded)]
    places = [
        (link[1].lower(), padded[link.end() : end].strip())
        for link, end in zip(links, ends, strict=False)
    ]
    words = _QUANTIFIER.sub("", head.strip() + " ").strip()
    words = re.sub(r"\b(?:are|is|all|the)$", "", words, flags=re.IGNORECASE).strip()
    return Things(words, tuple(one for one in places if one[1]), _group(group))


def _group(found: re.Match[str] | None) -> str:
    if found is None:
        return ""
    words = found[1].lower().strip()
    return (
        words if words in GROUPS else " ".join((*words.split()[:-1], singular(words.split()[-1])))
    )


def group_fields(group: str) -> tuple[str, ...]:
    """Return the fields that may hold what a group's word means; another word is a tag's key."""
    if not group:
        return ()
    if group in GROUPS:
        return GROUPS[group]
    key = re.sub(r"[^\w.-]+", "_", group)
    return (group,) if group.startswith("tags.") else (f"tags.{key}",)

"""Which terms to look for when a phrase names something; it finds nothing itself."""

from __future__ import annotations

import re
from dataclasses import dataclass

from headwater.reading.kinds import TYPE_WORDS, singular

_PLACE = re.compile(r" (?:at|in|inside|within|of|from|on) (?:the )?", re.IGNORECASE)
_ARTICLE = re.compile(r"^(?:(?:the|a|an|our|my|this|that|all|any) )+", re.IGNORECASE)
_COMPANY = re.compile(r" and (?:all )?(?:its|their) .*$", re.IGNORECASE)
PRONOUNS = frozenset({"you", "it", "me", "i", "we", "they", "that", "this", "he", "she", "life"})


@dataclass(frozen=True, slots=True)
class Name:
    """How a phrase may be looked for.

    Args:
        whole: The phrase without its article.
        term: The name itself, without the words for its type and place.
        hint: The type that was said beside it ("rack" of "rack R101"), or empty.
        places: Where it was said to be.
    """

    whole: str
    term: str
    hint: str = ""
    places: tuple[str, ...] = ()

    @property
    def terms(self) -> tuple[str, ...]:
        """Return the name and its places: terms that narrow each other."""
        return tuple(dict.fromkeys((self.term, *self.places)))


def split_name(phrase: str, *, quoted: bool = False) -> Name:
    """Return what to look for: "rack Comms closet at DM-Akron" is a name, a type and a place."""
    phrase = _COMPANY.sub("", phrase.strip())
    whole = _ARTICLE.sub("", phrase).removesuffix("'s").strip(" \"'`,;:") or phrase.strip()
    if quoted:
        return Name(whole, whole)
    head, *places = [part.strip() for part in _PLACE.split(whole) if part.strip()] or [whole]
    term, hint = _without_type(head)
    return Name(whole, term, hint, tuple(_without_type(place)[0] for place in places))


def _without_type(text: str) -> tuple[str, str]:
    words = text.split()
    if len(words) > 1 and singular(words[0].lower()) in TYPE_WORDS:
        return " ".join(words[1:]), singular(words[0].lower())
    if len(words) > 1 and singular(words[-1].lower()) in TYPE_WORDS:
        return " ".join(words[:-1]), singular(words[-1].lower())
    return text, ""

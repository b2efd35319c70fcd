"""Which words of a question or a claim say what it is about? It looks none of them up."""

from __future__ import annotations

import re
from typing import Literal

from headwater.analysis.words import stem, words

Want = Literal["act", "diagnose", "impact", "meaning", "any"]

_DULL = """
a about above after again all also am an and any anybody anyone anything are as at be became
because become been before being between both but by can cannot could did do does doing done down
during each either else every everything for from further get gets getting give given go goes going
got had has have having he her here him his how i if in into is it its itself just let like make
makes many may me might mine more most much must my need needs no nor not now of off often on once
one only or other our out over own per please rather said same say says see seen shall she should
show so some something still such tell than that the their them then there these they thing things
this those though through to too under until up upon us use used using usually very via was way we
well were what when where whether which while who whom whose why will with within without would yes
yet you your
"""
_ASKING = """
alert alerts alarm answer cause causes critical document documentation documents explain fire fired
fires firing fix fixed guide handle happen happens help impact mean meaning means mitigate
mitigation problem procedure question reason resolve run runbook runbooks solve step steps
trigger triggered triggers understand
"""
DULL = frozenset(stem(word) for word in _DULL.split())
ASKING = frozenset(stem(word) for word in _ASKING.split())
"""Words that say how something is asked about rather than what; they weigh little."""
_WANTS: tuple[tuple[Want, re.Pattern[str]], ...] = (
    (
        "impact",
        re.compile(
            r"\b(?:impacts?|consequences?|affect(?:s|ed)?|effects?|how (?:bad|urgent|severe)"
            r"|severity|what (?:happens|breaks|stops|may|could))\b"
        ),
    ),
    (
        "diagnose",
        re.compile(
            r"\b(?:diagnos\w+|investigat\w+|troubleshoot\w*|debug\w*|root causes?|why|causes?|check"
            r"|reasons?|find out|behind)\b"
        ),
    ),
    (
        "act",
        re.compile(
            r"\b(?:what (?:do|should|can|must|could) (?:i|we|you|one)\b|what to do|how (?:do|can"
            r"|should|to|must)\b|fix\w*|mitigat\w+|resolv\w+|handle|repair\w*|recover\w*|remed\w+"
            r"|solve\w*|steps|procedure|should)\b"
        ),
    ),
    (
        "meaning",
        re.compile(
            r"\b(?:what (?:is|are|does)\b|mean\w*|explain|describe|when (?:does|is)|fires?)"
        ),
    ),
)
_SECTIONS: dict[Want, re.Pattern[str]] = {
    "act": re.compile(
        r"\b(?:actions?|fix(?:es)?|guidance|handling|how|instructions?|mitigat\w+|plan|procedures?"
        r"|recover\w*|remed\w+|repair|resol\w+|respon\w+|restor\w+|rollback|runbook|solutions?"
        r"|solve|steps|treatment|what to do|workarounds?)\b"
    ),
    "diagnose": re.compile(
        r"\b(?:analysis|causes?|checks?|debug\w*|diagnos\w+|investigat\w+|reasons?|troubleshoot\w*"
        r"|verif\w+)\b"
    ),
    "impact": re.compile(
        r"\b(?:affected|consequences?|effects?|impacts?|risks?|severity|symptoms?|urgency|critical"
        r"|warning)\b"
    ),
    "meaning": re.compile(
        r"\b(?:about|background|context|definition|description|introduction|meaning|overview"
        r"|summary|what)\b"
    ),
    "any": re.compile(r"(?!)"),
}


def terms(text: str) -> list[str]:
    """Return the telling words of a text, as they are compared, each once and in order."""
    return [word for word in dict.fromkeys(words(text)) if word not in DULL]


def asked_terms(question: str) -> dict[str, float]:
    """Return the telling words of a question with what each weighs: 1, or less for mere asking."""
    return {word: 0.2 if word in ASKING else 1.0 for word in terms(question)}


def wants(question: str) -> tuple[Want, ...]:
    """Return what a question wants to know, likeliest first; `any` where it does not say."""
    text = question.lower()
    found = tuple(want for want, form in _WANTS if form.search(text)) or ("any",)
    return (*found, "diagnose") if found == ("act",) else found


def section_suits(section: str, want: Want) -> bool:
    """Tell whether a heading is of the kind under which such an answer stands."""
    return _SECTIONS[want].search(section.lower()) is not None

"""Which intent a text has and what stands in its roles; it knows nothing of the estate."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from functools import lru_cache

from headwater.reading.forms import FILLERS, FORMS, NOT_A_NAME, TAIL
from headwater.reading.kinds import SEVERITY_WORDS
from headwater.reading.spoken_metric import SpokenMetric, find_spoken
from headwater.reading.windows import Spoken, take_window

LONGEST_CHARS = 2000
LONGEST_BARE = 6
"""Words that a question may have which is nothing but a name or keywords."""
_QUOTED = re.compile(r"(?<![\w])([\"'`])(.+?)\1(?!\w)", re.DOTALL)
_HOLE = re.compile("\ue000(\\d+)\ue001")
_CURLY = str.maketrans("\u201c\u201d\u00ab\u00bb\u2018\u2019", '""""\'\'')
_METRIC_INTENTS = {"rank", "series", "value"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sense:
    """A text's intent and its roles as written.

    `view` says more about the intent (such as `dependency`); `number` is a count that was asked
    for; `severity` the least one; `quoted` are the roles that stood in quotes.
    """

    intent: str
    view: str = ""
    roles: Mapping[str, str] = field(default_factory=dict)
    metric: SpokenMetric | None = None
    spoken: Spoken | None = None
    number: int | None = None
    severity: str | None = None
    quoted: frozenset[str] = frozenset()
    text: str = ""


def tidy(text: str) -> str:
    """Return the text in one line, without control characters and with plain quotes."""
    kept = (" " if unicodedata.category(one)[0] == "C" else one for one in text)
    return " ".join("".join(kept).translate(_CURLY).split())


def parse(text: str, asked_at: datetime) -> Sense:
    """Return what a tidy text asks, with intent `none` where no form fits."""
    # Instants are equal where their zones and folds are not, and words mean another hour there.
    return _parsed(text, asked_at, zone=asked_at.tzinfo, fold=asked_at.fold)


@lru_cache(maxsize=256)
def _parsed(text: str, asked_at: datetime, *, zone: tzinfo | None, fold: int) -> Sense:
    """Read a text once for all rounds of its question."""
    del zone, fold
    quotes: list[str] = []

    def hide(found: re.Match[str]) -> str:
        quotes.append(found[2])
        return f"\ue000{len(quotes) - 1}\ue001"

    hidden = _QUOTED.sub(hide, _HOLE.sub(" ", text))
    hidden = re.sub(r"^(what|where|who|how|when)'s\b", r"\1 is", hidden, flags=re.IGNORECASE)
    hidden = TAIL.sub("", hidden.rstrip(" ?!.,;")).rstrip(" ?!.,;")
    hidden = FILLERS.sub("", hidden)
    rest, spoken = take_window(hidden, asked_at)
    return _match(rest.strip(" ,;:"), spoken, quotes)


def _match(rest: str, spoken: Spoken | None, quotes: list[str]) -> Sense:
    lower = rest.lower()
    for name, form in FORMS:
        found = form.fullmatch(rest, lower)
        if found is None:
            continue
        intent, _, view = name.partition(".")
        roles = {role: text for role, text in found.groupdict().items() if text}
        metric = find_spoken(_show(roles["metric"], quotes)) if "metric" in roles else None
        if metric is None and intent in _METRIC_INTENTS:
            continue
        return _sense((intent, view), roles, metric=metric, spoken=spoken, quotes=quotes, text=rest)
    return _named_metric(rest, spoken, quotes) or _bare(rest, spoken, quotes)


def _sense(
    name: tuple[str, str],
    roles: dict[str, str],
    *,
    metric: SpokenMetric | None,
    spoken: Spoken | None,
    quotes: list[str],
    text: str,
) -> Sense:
    shown = {role: _show(words, quotes) for role, words in roles.items()}
    quoted = frozenset(role for role, words in roles.items() if _HOLE.fullmatch(words.strip()))
    number = re.search(r"(?:top|last|latest|first|worst) (\d{1,3})\b", text, re.IGNORECASE)
    digits = roles.get("number") or (number[1] if number else None)
    recent = roles.get("recent", "").lower().split() if name[0] == "history" else []
    severity = next((SEVERITY_WORDS[word] for word in recent if word in SEVERITY_WORDS), None)
    counted = [int(word) for word in recent if word.isdigit()]
    return Sense(
        intent=name[0],
        view=name[1],
        roles=shown,
        metric=metric,
        spoken=spoken,
        number=int(digits) if digits else next(iter(counted), None),
        severity=severity,
        quoted=quoted,
        text=_show(text, quotes),
    )


def _show(text: str, quotes: list[str]) -> str:
    return _HOLE.sub(lambda found: quotes[int(found[1])], text).strip(" \"'`,;:")


def _named_metric(rest: str, spoken: Spoken | None, quotes: list[str]) -> Sense | None:
    """Read "checkout-api p95 latency" and "p95 latency checkout-api"."""
    words = rest.split()
    for cut in range(1, min(len(words), 8)):
        for metric_words, name in ((words[cut:], words[:cut]), (words[:cut], words[cut:])):
            metric = find_spoken(_show(" ".join(metric_words), quotes))
            if metric is not None and metric.family is not None and not NOT_A_NAME.match(rest):
                roles = {"subject": " ".join(name), "metric": " ".join(metric_words)}
                return _sense(
                    ("value", ""), roles, metric=metric, spoken=spoken, quotes=quotes, text=rest
                )
    return None


def _bare(rest: str, spoken: Spoken | None, quotes: list[str]) -> Sense:
    shown = _show(rest, quotes)
    named = bool(_HOLE.fullmatch(rest))
    if shown and (named or (len(rest.split()) <= LONGEST_BARE and not NOT_A_NAME.match(rest))):
        return Sense(intent="bare", roles={"subject": shown}, spoken=spoken, text=shown)
    return Sense(intent="none", spoken=spoken, text=shown)

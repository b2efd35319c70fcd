"""How grave something is, as one order with the words that sources use; it reads no history."""

from __future__ import annotations

from headwater.errors import UsageError
from headwater.model.history import SEVERITIES

_ALIASES = {
    "minor": "low", "warning": "medium", "warn": "medium", "major": "high",
    "information": "info", "informational": "info", "error": "high", "fatal": "critical",
}  # fmt: skip
SEVERITY_RANKS: dict[str, int] = {
    **{name: rank for rank, name in enumerate(SEVERITIES)},
    **{alias: SEVERITIES.index(name) for alias, name in _ALIASES.items()},
}
"""The rank of each word, from 0 for info; aliases share the rank of what they stand for."""


def find_severity(word: str) -> int:
    """Return the rank of a severity's word, in any case.

    Raises:
        UsageError: `history.unknown_severity`, naming the known ones.
    """
    rank = SEVERITY_RANKS.get(str(word).lower())
    if rank is None:
        message = f"there is no severity {word!r}; severities are {', '.join(SEVERITIES)}"
        raise UsageError(message, code="history.unknown_severity")
    return rank


def canonical_severity(word: str | None) -> str | None:
    """Return the word of `SEVERITIES` that a known word stands for; None stays None."""
    return None if word is None else SEVERITIES[find_severity(word)]

"""When is a pattern compiled? Only once a text may fit it, for compiling takes a millisecond.

It matches as `re` does and knows no pattern of its own.
"""

from __future__ import annotations

import re

_LITERAL = re.compile(r"[a-z ]*")


class LatePattern:
    """A pattern that ignores case, with the beginnings that every text it fits has one of.

    Args:
        pattern: As `re` takes it, lower case where it is literal.
        flags: As `re` takes them; `re.IGNORECASE` is one of them.
    """

    __slots__ = ("_beginnings", "_compiled", "_flags", "pattern")

    def __init__(self, pattern: str, flags: int) -> None:
        self.pattern = pattern
        self._flags = flags
        self._beginnings: tuple[str, ...] | None = None
        self._compiled: re.Pattern[str] | None = None

    def fullmatch(self, text: str, lower: str) -> re.Match[str] | None:
        """Return the match of a whole text, given with itself in lower case, or None."""
        if self._beginnings is None:
            self._beginnings = beginnings(self.pattern)
        if self._beginnings and not lower.startswith(self._beginnings):
            return None
        if self._compiled is None:
            self._compiled = re.compile(self.pattern, self._flags)
        return self._compiled.fullmatch(text)


def beginnings(pattern: str) -> tuple[str, ...]:
    """Return literals of which one begins every text that a pattern fits; none where unknown."""
    found = []
    for one in _alternatives(pattern):
        literal = _LITERAL.match(one)
        head = literal[0] if literal else ""
        if one[len(head) : len(head) + 1] in {"?", "*", "{"}:
            head = head[:-1]
        found.append(head)
    return tuple(dict.fromkeys(found)) if all(found) else ()


def _alternatives(pattern: str) -> list[str]:
    """Return the alternatives of the group that a pattern begins with, or the pattern itself."""
    if not pattern.startswith("(?:"):
        return [pattern]
    depth, start, parts = 0, 3, []
    for at, one in enumerate(pattern):
        depth += (one == "(") - (one == ")")
        if depth == 0 or (depth == 1 and one == "|"):
            parts.append(pattern[start:at])
            start = at + 1
        if depth == 0:
            optional = pattern[start : start + 1] in {"?", "*", "{"}
            return [""] if optional else parts
    return [""]

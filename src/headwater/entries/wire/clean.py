"""What is safe to show of text that others wrote; it draws nothing."""

from __future__ import annotations

import unicodedata

_DROPPED = frozenset("\u00ad\u200c\u200d\ufe0e\ufe0f")
"""Joiners and selectors: invisible, and terminals disagree on how wide they make what they join."""
_ESCAPED = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
"""Controls, bidi and tag characters, surrogates, private and unassigned, separators of lines."""
_LATIN = 256


def clean(text: object) -> str:
    """Return text on one line that steers nothing: what could is written as an escape."""
    line = str(text)
    if line.isascii() and line.isprintable():
        return line
    return "".join(map(_shown, line))


def clean_lines(text: object) -> list[str]:
    """Return the lines of a text, each clean."""
    return [clean(line) for line in str(text).split("\n")]


def _shown(character: str) -> str:
    if character in "\n\t\r":
        return " "
    if character in _DROPPED:
        return ""
    if unicodedata.category(character) in _ESCAPED:
        number = ord(character)
        return f"\\x{number:02x}" if number < _LATIN else f"\\u{number:04x}"
    return character

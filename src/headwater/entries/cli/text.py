"""What is safe to show of text that others wrote; it draws nothing."""

from __future__ import annotations

import unicodedata

_DROPPED = frozenset("\u00ad\u200c\u200d\ufe0e\ufe0f")
"""Joiners and selectors: invisible, and terminals disagree on how wide they make what they join."""
_ESCAPED = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
"""Controls, bidi and tag characters, surrogates, private and unassigned, separators of lines."""

_LATIN = 256
_HUGE, _TINY, _THOUSAND, _TEN = 1e15, 1e-4, 1000, 9.95
_SECOND, _HUNDRED_SECONDS = 0.9995, 99.5


def clean(text: object) -> str:
    """Return text on one line that cannot steer a terminal: what could is written as an escape."""
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


def shortened(text: str, most: int) -> str:
    """Return text of at most so many characters, its cut end marked."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def quoted(text: object) -> str:
    """Return text as one word of a shell's command line, safe to paste."""
    word = clean(text)
    if word and all(character.isalnum() or character in "-_./:=,@%+" for character in word):
        return word
    return "'" + word.replace("'", "'\\''") + "'"


def amount(value: float | None) -> str:
    """Return a number as people read it: four figures, thousands apart, no float dust."""
    if value is None:
        return "no data"
    size = abs(value)
    if size >= _HUGE or 0 < size < _TINY:
        return f"{value:.3e}"
    if float(value).is_integer() or size >= _THOUSAND:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def span(value_s: float | None) -> str:
    """Return a span of time as people read it: `0.4 ms`, `120 ms`, `1.50 s`, `2 m 05 s`."""
    if value_s is None:
        return ""
    if value_s < _SECOND:
        value_ms = value_s * 1000
        return f"{value_ms:.0f} ms" if value_ms >= _TEN else f"{value_ms:.1f} ms"
    if value_s < _HUNDRED_SECONDS:
        return f"{value_s:.2f} s" if value_s < _TEN else f"{value_s:.1f} s"
    minutes, rest = divmod(round(value_s), 60)
    return f"{minutes} m {rest:02d} s"

"""How texts, numbers and spans are written for people; it draws nothing."""

from __future__ import annotations

from headwater.entries.wire.clean import clean, clean_lines

__all__ = ["amount", "clean", "clean_lines", "quoted", "shortened", "span"]

_HUGE, _TINY, _THOUSAND, _TEN = 1e15, 1e-4, 1000, 9.95
_SECOND, _HUNDRED_SECONDS = 0.9995, 99.5


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

"""Which words does a text have? The one tokenizer of every text search; it searches nothing."""

from __future__ import annotations

import re
import unicodedata

_ASCII_TOKEN = re.compile(r"[a-z0-9]+")


def tokens(text: str) -> list[str]:
    """Split text into lower-case tokens without diacritics, at all but letters and digits."""
    if text.isascii():
        return _ASCII_TOKEN.findall(text.lower())
    return "".join(_plain(char) for char in _fold(text)).split()


def _fold(text: str) -> str:
    """Lower, decompose and lower again: a decomposition may bring capitals back (such as "ᴬ")."""
    return unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text.lower()).lower())


def _plain(char: str) -> str:
    if char.isalnum():
        return char
    return "" if unicodedata.category(char) == "Mn" else " "

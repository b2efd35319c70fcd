"""What of a passage is embedded: its words under its title and headings; it embeds nothing."""

from __future__ import annotations


def embedding_text(text: str, *, title: str, section: str) -> str:
    """Return a passage as a model is given it: alone, three words under a heading mean little."""
    head = " > ".join(part for part in (title, section) if part)
    return f"{head}\n{text}" if head else text

"""How is what language models took said in words? It counts nothing."""

from __future__ import annotations

from headwater.composing.telling import count
from headwater.model.spending import Spent


def spent_in_words(spent: Spent) -> str:
    """Return requests, tokens and cost in a line; what is set aside and not told is named apart."""
    tokens = f"{spent.input_tokens:,} tokens read, {spent.output_tokens:,} written"
    said = f"{count(spent.requests, 'request')}, {tokens}"
    if spent.micros:
        said += f", cost {spent.micros / 1e6:g}"
    if spent.reserved_tokens:
        said += f"; {spent.reserved_tokens:,} tokens set aside"
    return said

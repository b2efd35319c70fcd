"""What does a request of a language model cost, by its tokens? It knows no price by itself."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from headwater.errors import UsageError

HOW = "write HEADWATER_LLM_PRICES as model=2.5/10, by million tokens read and written"


@dataclass(frozen=True, slots=True)
class Price:
    """What a million tokens read, and a million written, cost: so many micros a token."""

    read: float = 0.0
    written: float = 0.0

    def micros(self, input_tokens: int, output_tokens: int) -> int:
        """Return what tokens cost, rounded up to whole micros."""
        return math.ceil(input_tokens * self.read + output_tokens * self.written)

    def most_micros(self, tokens: int, *, most_written: int) -> int:
        """Return the most that so many tokens can cost, of which so many may be written."""
        dearer = max(self.written, self.read)
        return math.ceil((tokens - most_written) * self.read + most_written * dearer)


FREE = Price()


def read_prices(text: str) -> dict[str, Price]:
    """Return the price of each model that is named.

    Raises:
        UsageError: `settings.bad`.
    """
    return dict(_price_of(one.strip()) for one in text.split(",") if one.strip())


def _price_of(text: str) -> tuple[str, Price]:
    model, _, both = text.rpartition("=")
    read, _, written = both.partition("/")
    try:
        price = Price(float(read), float(written))
    except ValueError:
        price = Price(math.nan, math.nan)
    if not model or not all(math.isfinite(one) and one >= 0 for one in (price.read, price.written)):
        message = f"{text[:80]!r} is no price of a model; {HOW}"
        raise UsageError(message, code="settings.bad")
    return model.strip(), price


def check_priced(models: tuple[str, ...], prices: Mapping[str, Price]) -> None:
    """Refuse a bound on what models cost where the price of one is not known.

    Raises:
        UsageError: `settings.bad`.
    """
    unpriced = [one for one in models if one not in prices]
    if unpriced:
        message = f"what {', '.join(unpriced)} costs is not known, so it cannot be bounded; {HOW}"
        raise UsageError(message, code="settings.bad")

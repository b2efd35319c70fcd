"""What language models may cost and have cost; it counts nothing itself.

Money is in whole micros: millionths of the currency in which the prices are set.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """Tokens, and what they cost in micros."""

    tokens: int = 0
    micros: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The most that a tenant may use in a day, and one run of it; 0 is no bound."""

    tokens_per_day: int = 0
    tokens_per_run: int = 0
    micros_per_day: int = 0
    micros_per_run: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What a request turned out to take, as the service counts it."""

    input_tokens: int
    output_tokens: int
    micros: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What has been used in a day or by a run.

    Args:
        requests: How often a model was asked.
        input_tokens: Tokens read; `output_tokens`: tokens written.
        reserved_tokens: Set aside for requests under way, and for those of which nobody knows the
            count because their answer was lost.
        micros: What the counted tokens cost; `reserved_micros`: what those set aside may cost.
    """

    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    reserved_tokens: int = 0
    micros: int = 0
    reserved_micros: int = 0

    @property
    def most(self) -> Amount:
        """Return the most that it can have been, with all that is set aside."""
        tokens = self.input_tokens + self.output_tokens + self.reserved_tokens
        return Amount(tokens=tokens, micros=self.micros + self.reserved_micros)

"""What the inside needs to turn texts into vectors; it computes none itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from headwater.model.principal import Principal


class Embedder(Protocol):
    """A model that gives texts of like meaning vectors that point alike.

    `model` names it and all that its vectors depend on: vectors of two models never compare.
    """

    @property
    def model(self) -> str:
        """Return the model's name, at most 100 characters."""
        ...

    async def embed(self, texts: Sequence[str], *, principal: Principal) -> list[bytes]:
        """Return a vector of length 1 for each text, as `ports/vectors.py` has them.

        Equal texts are embedded once, also by callers at the same time. A text without any
        words gets a vector too. It may wait for others' batches, never in the loop.

        Raises:
            StoreFault: `embedder.unavailable` where the model or its service fails.
            LimitError: `embedder.busy` where its service takes no more now.
        """
        ...

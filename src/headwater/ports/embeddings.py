"""What the inside needs to keep vectors of texts that come again; it computes none itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from headwater.model.principal import Principal


class Embeddings(Protocol):
    """Vectors by model and digest of the text, each tenant's own; any may vanish at any time."""

    async def known(
        self, digests: Sequence[str], *, model: str, principal: Principal
    ) -> dict[str, bytes]:
        """Return the vectors kept under these digests; the others are left out."""
        ...

    async def keep(self, vectors: Mapping[str, bytes], *, model: str, principal: Principal) -> None:
        """Keep vectors by digest; the ones kept longest make room."""
        ...

"""Which vectors of texts are kept, in memory? The last ones; it computes none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from anyio.lowlevel import checkpoint

from headwater.model.principal import Principal

MOST = 5_000
"""Vectors kept of all tenants; about 10 MB of those of usual size."""


class MemoryEmbeddings:
    """Vectors by model and digest of the text, each tenant's own."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._kept: dict[tuple[str, str, str], bytes] = {}

    async def known(
        self, digests: Sequence[str], *, model: str, principal: Principal
    ) -> dict[str, bytes]:
        """Return the vectors kept under these digests; the others are left out."""
        await checkpoint()
        keys = {digest: (principal.tenant, model, digest) for digest in digests}
        return {digest: self._kept[key] for digest, key in keys.items() if key in self._kept}

    async def keep(self, vectors: Mapping[str, bytes], *, model: str, principal: Principal) -> None:
        """Keep vectors by digest; the ones kept longest make room."""
        await checkpoint()
        for digest, vector in vectors.items():
            self._kept[principal.tenant, model, digest] = vector
        while len(self._kept) > self._most:
            del self._kept[next(iter(self._kept))]

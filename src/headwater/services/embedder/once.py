"""Is a text's vector known, or under way? Then it is not made again. It makes none itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from hashlib import sha256

import anyio

from headwater.errors import HeadwaterError
from headwater.model.principal import Principal
from headwater.ports.embedder import Embedder
from headwater.ports.embeddings import Embeddings


class _Flight:
    """Texts that somebody embeds now."""

    def __init__(self) -> None:
        self.ended = anyio.Event()
        self.vectors: Mapping[str, bytes] = {}


class OnceEmbedder:
    """An embedder that asks another for each text of a tenant once.

    Args:
        embedder: Who makes vectors.
        near: Where those of texts asked for alone are kept, as questions are: in this process,
            for a question must not wait until it may write.
        far: Where those of several texts are kept, as passages are.
    """

    def __init__(self, embedder: Embedder, *, near: Embeddings, far: Embeddings) -> None:
        self._embedder = embedder
        self._near = near
        self._far = far
        self._flying: dict[tuple[str, str], _Flight] = {}

    @property
    def model(self) -> str:
        """Return the other's model."""
        return self._embedder.model

    async def embed(self, texts: Sequence[str], *, principal: Principal) -> list[bytes]:
        """Return a vector of length 1 for each text, at once where it is known.

        Raises:
            StoreFault: as the other.
            LimitError: as the other.
        """
        digests = [sha256(text.encode("utf-8", "surrogatepass")).hexdigest() for text in texts]
        by_digest = dict(zip(digests, texts, strict=True))
        if not by_digest:
            return []
        kept = self._near if len(by_digest) == 1 else self._far
        found = await kept.known(list(by_digest), model=self.model, principal=principal)
        while lacking := [digest for digest in by_digest if digest not in found]:
            tenant = principal.tenant
            flights = {self._flying.get((tenant, digest)) for digest in lacking} - {None}
            own = [digest for digest in lacking if (tenant, digest) not in self._flying]
            if own:
                made = await self._fly({one: by_digest[one] for one in own}, principal=principal)
                found |= made
                with suppress(HeadwaterError):  # they are there, only not for the next time
                    await kept.keep(made, model=self.model, principal=principal)
            for flight in flights:
                if flight is not None:
                    await flight.ended.wait()
                    found |= flight.vectors
        return [found[digest] for digest in digests]

    async def _fly(self, texts: Mapping[str, str], *, principal: Principal) -> dict[str, bytes]:
        """Make vectors that others may wait for."""
        flight = _Flight()
        keys = [(principal.tenant, digest) for digest in texts]
        self._flying.update(dict.fromkeys(keys, flight))
        try:
            vectors = await self._embedder.embed(list(texts.values()), principal=principal)
            flight.vectors = dict(zip(texts, vectors, strict=True))
        finally:
            for key in keys:
                del self._flying[key]
            flight.ended.set()
        return dict(flight.vectors)

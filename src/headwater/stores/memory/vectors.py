"""Which passages are nearest to a vector, in memory? All are compared; it makes no vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from anyio import to_thread
from anyio.lowlevel import checkpoint

from headwater.analysis.embeddings import (
    Ids,
    Matrix,
    check_vector,
    nearest,
    unpack_all,
)
from headwater.model.document import Mended, PassageFilter, PassageScore
from headwater.model.principal import Principal
from headwater.stores.memory.estate import MemoryEstate, Tenant
from headwater.stores.memory.library import dimensions_of, with_vectors
from headwater.stores.memory.passages import passing


class _Held(NamedTuple):
    """The vectors of a model as a matrix, and what it was made of."""

    made_of: Mapping[int, bytes]
    ids: Ids
    matrix: Matrix


class MemoryVectors:
    """A vector for each passage and model, compared with those of the same model only."""

    def __init__(self, estate: MemoryEstate) -> None:
        self._estate = estate
        self._held: dict[tuple[str, str], _Held] = {}

    async def put(self, vectors: Mapping[int, bytes], *, model: str, principal: Principal) -> None:
        """Keep a vector for each passage id, in one transaction; one held is replaced.

        Raises:
            UsageError: `vector.bad` where a vector is of another size, not finite, or zero.
        """
        if not vectors:
            return

        def work(tenant: Tenant) -> None:
            made = with_vectors(tenant.vectors, vectors, model=model)
            living = tenant.library.passages
            of_model = {number: one for number, one in made[model].items() if number in living}
            tenant.vectors = {**made, model: of_model}

        await self._estate.write("vectors", work, principal=principal)

    async def search(
        self,
        vector: bytes,
        *,
        model: str,
        limit: int,
        within: PassageFilter,
        principal: Principal,
    ) -> list[PassageScore]:
        """Return the passages nearest by cosine (-1 to 1), best first, then by id.

        Raises:
            UsageError: `vector.bad` where it is of another size than those held, or not finite.
        """
        tenant = self._estate.of(principal)
        held = tenant.vectors.get(model, {})
        checked = check_vector(vector, dimensions=dimensions_of(held))
        if not held:
            await checkpoint()
            return []

        def work() -> list[tuple[int, float]]:
            matrix = self._matrix(principal.tenant, model, held)
            allowed = None
            if not within.is_open:
                ids = [stored.id for stored in passing(tenant, within)]
                allowed = np.isin(matrix.ids, np.array(ids, dtype=np.int64))
            return nearest(matrix.matrix, matrix.ids, checked, limit=limit, allowed=allowed)

        return [PassageScore(*each) for each in await to_thread.run_sync(work)]

    async def fetch(
        self, ids: Sequence[int], *, model: str, principal: Principal
    ) -> dict[int, bytes]:
        """Return the vectors of these passages by id; those that have none are left out."""
        await checkpoint()
        held = self._estate.of(principal).vectors.get(model, {})
        return {number: held[number] for number in ids if number in held}

    async def missing(self, *, model: str, limit: int, principal: Principal) -> list[int]:
        """Return up to `limit` passages, by id, that have no vector of this model."""
        await checkpoint()
        tenant = self._estate.of(principal)
        lacking = tenant.library.passages.keys() - tenant.vectors.get(model, {}).keys()
        return sorted(lacking)[: max(limit, 0)]

    async def remove(self, ids: Sequence[int], *, principal: Principal) -> None:
        """Forget the vectors of these passages, of all models; unknown ids are passed over."""

        def work(tenant: Tenant) -> None:
            gone = set(ids)
            tenant.vectors = {
                model: {number: one for number, one in held.items() if number not in gone}
                for model, held in tenant.vectors.items()
            }

        await self._estate.write("vectors", work, principal=principal)

    async def keep_only(self, *, model: str, principal: Principal) -> int:
        """Forget the vectors of all other models and return how many those were."""

        def work(tenant: Tenant) -> int:
            others = sum(len(held) for name, held in tenant.vectors.items() if name != model)
            tenant.vectors = {model: tenant.vectors.get(model, {})}
            return others

        return await self._estate.write("vectors", work, principal=principal)

    async def mend(self, *, model: str, principal: Principal) -> Mended:
        """Return that nothing was to be done: they go with their passages."""
        await checkpoint()
        return Mended()

    def _matrix(self, tenant: str, model: str, held: Mapping[int, bytes]) -> _Held:
        """Return the vectors as a matrix, made again when others have taken their place."""
        known = self._held.get((tenant, model))
        if known is None or known.made_of is not held:
            size = dimensions_of(held) or 0
            ids = np.fromiter(held, dtype=np.int64, count=len(held))
            known = _Held(held, ids, unpack_all(list(held.values()), dimensions=size))
            self._held[tenant, model] = known
        return known

"""What the inside needs of vectors of passages; it makes and stores none itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from headwater.model.document import Mended, PassageFilter, PassageScore
from headwater.model.principal import Principal


class Vectors(Protocol):
    """A vector for each passage and model, compared with those of the same model only.

    A vector crosses as bytes: little-endian float32, of length 1 (`analysis/embeddings.py`). All
    vectors of a tenant and model have the same number of dimensions.
    """

    async def put(self, vectors: Mapping[int, bytes], *, model: str, principal: Principal) -> None:
        """Keep a vector for each passage id, in one transaction; one held is replaced.

        Ids that are no passage (any more) are left out.

        Raises:
            UsageError: `vector.bad` where a vector is of another size, not finite, or zero.
        """
        ...

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

        Filters apply before the cut: there are `limit` of them wherever so many pass.

        Raises:
            UsageError: `vector.bad` where it is of another size than those held, or not finite.
        """
        ...

    async def fetch(
        self, ids: Sequence[int], *, model: str, principal: Principal
    ) -> dict[int, bytes]:
        """Return the vectors of these passages by id; those that have none are left out."""
        ...

    async def missing(self, *, model: str, limit: int, principal: Principal) -> list[int]:
        """Return up to `limit` passages, by id, that have no vector of this model.

        An ingestion that was cut off is completed by it, and all is embedded anew by it after a
        change of model: until there are none, embed their texts and `put` them.
        """
        ...

    async def remove(self, ids: Sequence[int], *, principal: Principal) -> None:
        """Forget the vectors of these passages, of all models; unknown ids are passed over."""
        ...

    async def keep_only(self, *, model: str, principal: Principal) -> int:
        """Forget the vectors of all other models and return how many those were."""
        ...

    async def mend(self, *, model: str, principal: Principal) -> Mended:
        """Bring an index that is kept elsewhere in step with the passages that there are.

        What a kill, or a fault, left there of passages that are gone is removed, and what it lacks
        is put. It does nothing where all is in one place, or was found in step a while ago.

        Raises:
            StoreFault: the index is not reached.
        """
        ...

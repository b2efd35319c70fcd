"""How an index of vectors that is kept elsewhere stays in step with the estate; it finds none.

A process that was killed between the two leaves one ahead of the other. So each process has a look
soon after it was opened, and again where one failed; an app that is open for a moment has none.
"""

from __future__ import annotations

import logging

import anyio

from headwater.errors import HeadwaterError
from headwater.model.principal import Principal
from headwater.ports.embedder import Embedder
from headwater.ports.keys import Keys
from headwater.ports.vectors import Vectors

LOG = logging.getLogger(__name__)
SOON_S = 5.0
EVERY_S = 60.0
"""Between two looks, which cost nothing where all is known to be in step."""


class VectorKeeper:
    """The app's background task that mends the vectors of all tenants.

    Args:
        vectors: Where vectors are.
        embedder: Whose vectors are wanted.
        keys: Who knows the tenants.
        tenant: One that is there without being made.
    """

    def __init__(self, vectors: Vectors, embedder: Embedder, keys: Keys, *, tenant: str) -> None:
        self._vectors = vectors
        self._embedder = embedder
        self._keys = keys
        self._tenant = tenant

    async def work(self) -> None:
        """Look after them until cancelled."""
        wait_s = SOON_S
        while True:
            await anyio.sleep(wait_s)
            await self.look()
            wait_s = EVERY_S

    async def look(self) -> None:
        """Mend what is out of step, of each tenant by itself."""
        try:
            names = {one.name for one in await self._keys.tenants()} | {self._tenant}
            for name in sorted(names):
                await self._mend(Principal(tenant=name))
        except HeadwaterError as error:
            LOG.warning("vectors wait to be mended: %s", error.code)

    async def _mend(self, principal: Principal) -> None:
        mended = await self._vectors.mend(model=self._embedder.model, principal=principal)
        if mended.removed or mended.added:
            LOG.warning(
                "vectors of %s were out of step: %d removed, %d added",
                principal.tenant,
                mended.removed,
                mended.added,
            )

"""Which vectors of texts are kept, in SQL? The last ones of each tenant; it computes none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, bindparam, delete, func, select

from headwater.analysis.instants import to_us
from headwater.model.principal import Principal
from headwater.stores.sql.database import Database
from headwater.stores.sql.id_lists import among, listed
from headwater.stores.sql.tables import embedding
from headwater.stores.sql.upserts import Upsert

MOST = 200_000
"""Vectors kept of a tenant."""

_COLUMNS = ("tenant_id", "model", "digest", "kept_at", "vector")
_OF_TENANT = embedding.c.tenant_id == bindparam("tenant")
_KNOWN = select(embedding.c.digest, embedding.c.vector).where(
    _OF_TENANT, embedding.c.model == bindparam("model"), among(embedding.c.digest, "digests")
)
_COUNT = select(func.count()).select_from(embedding).where(_OF_TENANT)
_OLDEST = (
    select(embedding.c.kept_at)
    .where(_OF_TENANT)
    .order_by(embedding.c.kept_at.desc())
    .offset(bindparam("most"))
    .limit(1)
)
_DROP = delete(embedding).where(_OF_TENANT, embedding.c.kept_at <= bindparam("before"))


class SqlEmbeddings:
    """Vectors by model and digest of the text, each tenant's own."""

    def __init__(self, database: Database, *, most: int = MOST) -> None:
        self._database = database
        self._most = most

    async def known(
        self, digests: Sequence[str], *, model: str, principal: Principal
    ) -> dict[str, bytes]:
        """Return the vectors kept under these digests; the others are left out."""
        values = {"tenant": principal.tenant, "model": model, "digests": listed(digests)}

        def work(connection: Connection) -> dict[str, bytes]:
            return {digest: bytes(one) for digest, one in connection.execute(_KNOWN, values)}

        return await self._database.read(work, tenant=principal.tenant)

    async def keep(self, vectors: Mapping[str, bytes], *, model: str, principal: Principal) -> None:
        """Keep vectors by digest; the ones kept longest make room."""
        tenant, now_us = principal.tenant, to_us(datetime.now(UTC))
        rows = [(tenant, model, digest, now_us, one) for digest, one in vectors.items()]

        def work(connection: Connection) -> None:
            Upsert(
                connection,
                embedding,
                columns=_COLUMNS,
                keys=("tenant_id", "model", "digest"),
                values=("kept_at", "vector"),
            ).write(rows)
            if connection.execute(_COUNT, {"tenant": tenant}).scalar_one() > self._most:
                oldest = connection.execute(_OLDEST, {"tenant": tenant, "most": self._most})
                connection.execute(_DROP, {"tenant": tenant, "before": oldest.scalar_one()})

        await self._database.write(work, tenant=tenant)

"""What webhooks brought, in SQL; it handles none."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from headwater.analysis.instants import from_us, to_us
from headwater.model.principal import Principal
from headwater.model.repository_link import Delivery
from headwater.stores.sql.database import Database
from headwater.stores.sql.repository_tables import delivery as table

_NAMED = (table.c.tenant_id == bindparam("tenant"), table.c.id == bindparam("of_id"))
_KNOWN = select(table.c.id).where(*_NAMED)
_WAITING = (
    select(table)
    .where(
        table.c.tenant_id == bindparam("tenant"),
        table.c.project_id == bindparam("of_project"),
        table.c.handled_at.is_(None),
    )
    .order_by(table.c.received_at, table.c.id)
    .limit(bindparam("most"))
)
_SETTLE = update(table).where(*_NAMED).values(handled_at=bindparam("at"), payload=None)
_FAILED = update(table).where(*_NAMED).values(tries=table.c.tries + 1)


class SqlDeliveries:
    """A tenant's deliveries: each is taken once and waits to be handled."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, delivery: Delivery, *, principal: Principal) -> bool:
        """Keep a delivery; False, and nothing done, where its id was there before."""
        row = {
            "tenant_id": principal.tenant,
            "id": delivery.id,
            "project_id": delivery.project,
            "event": delivery.event,
            "payload": json.dumps(delivery.payload),
            "received_at": to_us(delivery.received_at),
            "handled_at": None,
            "tries": 0,
        }

        def work(connection: Connection) -> bool:
            named = {"tenant": principal.tenant, "of_id": delivery.id}
            if connection.execute(_KNOWN, named).first() is not None:
                return False
            try:
                with connection.begin_nested():
                    connection.execute(insert(table), row)
            except IntegrityError:  # another process took it meanwhile
                return False
            return True

        return await self._database.write(work, tenant=principal.tenant)

    async def waiting(self, project: int, *, limit: int, principal: Principal) -> list[Delivery]:
        """Return those of a project that are not handled, the oldest first."""
        values = {"tenant": principal.tenant, "of_project": project, "most": limit}

        def work(connection: Connection) -> list[Delivery]:
            return [_delivery_of(row) for row in connection.execute(_WAITING, values).mappings()]

        return await self._database.read(work, tenant=principal.tenant)

    async def settle(
        self, ids: Sequence[str], *, handled_at: datetime, principal: Principal
    ) -> None:
        """Say that some are handled: what they brought is forgotten, their ids are not."""
        at = to_us(handled_at)
        rows = [{"tenant": principal.tenant, "of_id": one, "at": at} for one in ids]

        def work(connection: Connection) -> None:
            connection.execute(_SETTLE, rows)

        if rows:
            await self._database.write(work, tenant=principal.tenant)

    async def failed(self, delivery_id: str, *, principal: Principal) -> None:
        """Count a try at a delivery that came to nothing."""
        values = {"tenant": principal.tenant, "of_id": delivery_id}

        def work(connection: Connection) -> None:
            connection.execute(_FAILED, values)

        await self._database.write(work, tenant=principal.tenant)


def _delivery_of(row: RowMapping) -> Delivery:
    payload: dict[str, Any] = json.loads(row["payload"])
    return Delivery(
        id=row["id"],
        project=row["project_id"],
        event=row["event"],
        payload=payload,
        received_at=from_us(row["received_at"]),
        tries=row["tries"],
    )

"""Which id does a code have? All living items of a tenant at once, for a load; it loads none."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, select

from headwater.stores.sql.tables import item

CODES = select(item.c.code, item.c.id).where(
    item.c.tenant_id == bindparam("tenant"), item.c.deleted_at.is_(None)
)


def read_codes(connection: Connection, tenant: str) -> dict[str, int]:
    """Return the id of each living item by its code."""
    rows = connection.execute(CODES, {"tenant": tenant})
    return {row[0]: row[1] for row in rows}

"""Which columns make an item, and how does a row become one? It reads no rows by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic_core import from_json
from sqlalchemy import Connection, Select, bindparam, select

from headwater.analysis.filtering import WHOLE
from headwater.analysis.instants import from_us
from headwater.model.item import ConfigurationItem
from headwater.model.principal import Principal
from headwater.stores.sql.id_lists import among, listed
from headwater.stores.sql.plain_rows import packed_rows
from headwater.stores.sql.tables import item

COLUMNS = (
    item.c.id, item.c.code, item.c.name, item.c.type, item.c.subtype, item.c.category,
    item.c.status, item.c.criticality, item.c.owner, item.c.location, item.c.tags,
    item.c.attributes, item.c.source, item.c.source_key, item.c.created_at, item.c.updated_at,
)  # fmt: skip

LIVING: Select[Any] = select(*COLUMNS).where(
    item.c.tenant_id == bindparam("tenant"), item.c.deleted_at.is_(None)
)
_BY_IDS = LIVING.where(among(item.c.id, "ids"))


def item_of(row: Sequence[Any]) -> ConfigurationItem:
    """Make an item of a row of `COLUMNS`."""
    (ci, code, name, kind, subtype, category, status, criticality, owner, location, tags,
     attributes, source, source_key, created_us, updated_us) = row  # fmt: skip
    created_at = from_us(created_us)
    return ConfigurationItem(
        id=ci,
        code=code,
        name=name,
        type=kind,
        subtype=subtype,
        category=category,
        status=status,
        criticality=criticality,
        owner=owner,
        location=location,
        tags=document_of(tags),
        attributes=document_of(attributes),
        source=source,
        source_key=source_key,
        created_at=created_at,
        updated_at=created_at if updated_us == created_us else from_us(updated_us),
    )


def document_of(value: Any) -> dict[str, Any]:
    """Return a document's content: a driver may give its text."""
    found: dict[str, Any] = from_json(value) if isinstance(value, str) else value
    return found


def items_by_id(
    connection: Connection, ids: Sequence[int], *, principal: Principal
) -> list[ConfigurationItem]:
    """Return the living items with these ids, in the order given."""
    if not ids:
        return []
    known = [ci for ci in ids if ci in WHOLE]
    values = {"tenant": principal.tenant, "ids": listed(known)}
    found = {row[0]: item_of(row) for row in packed_rows(connection, _BY_IDS, values)}
    return [found[ci] for ci in known if ci in found]

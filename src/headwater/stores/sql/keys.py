"""Which keys and tenants there are, in SQL; it makes no key and checks none."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from headwater.analysis.instants import from_us, to_us
from headwater.model.access import ApiKey, Tenant, unknown_tenant
from headwater.stores.sql.database import Database
from headwater.stores.sql.tables import api_key, tenants

_INSTANTS = ("created_at", "expires_at", "revoked_at")
_EVERY = select(
    api_key.c.id,
    api_key.c.tenant_id.label("tenant"),
    api_key.c.name,
    api_key.c.role,
    *(api_key.c[name] for name in _INSTANTS),
)
_NEWEST = _EVERY.order_by(api_key.c.created_at.desc(), api_key.c.id.desc())
_OF_TENANT = _NEWEST.where(api_key.c.tenant_id == bindparam("of_tenant"))
_BY_DIGEST = _EVERY.where(api_key.c.digest == bindparam("of_digest"))
_BY_ID = _EVERY.where(api_key.c.id == bindparam("of_id"))
_REVOKE = (
    update(api_key)
    .where(api_key.c.id == bindparam("of_id"), api_key.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"))
)
_REVOKED = select(api_key.c.id).where(api_key.c.revoked_at >= bindparam("since"))
_TENANT = select(tenants.c.tenant_id).where(tenants.c.tenant_id == bindparam("of_tenant"))
_TENANTS = select(tenants.c.tenant_id, tenants.c.created_at).order_by(tenants.c.tenant_id)


class SqlKeys:
    """API keys and tenants; the two tables stand outside every tenant's wall."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, key: ApiKey, *, digest: bytes) -> None:
        """Keep a key by the digest of its secret.

        Raises:
            UsageError: `tenant.unknown`.
        """
        row = _row_of(key) | {"digest": digest.hex()}

        def work(connection: Connection) -> None:
            if connection.execute(_TENANT, {"of_tenant": key.tenant}).first() is None:
                raise unknown_tenant(key.tenant)
            connection.execute(insert(api_key), row)

        await self._database.write(work, tenant=None)

    async def by_digest(self, digest: bytes) -> ApiKey | None:
        """Return the key with this digest, also an expired or revoked one, or None."""
        values = {"of_digest": digest.hex()}

        def work(connection: Connection) -> ApiKey | None:
            return _one(connection, _BY_DIGEST, values)

        return await self._database.read(work, tenant=None)

    async def of_tenant(self, tenant: str | None) -> list[ApiKey]:
        """Return a tenant's keys, or everyone's, the newest first."""

        def work(connection: Connection) -> list[ApiKey]:
            statement = _NEWEST if tenant is None else _OF_TENANT
            values = {} if tenant is None else {"of_tenant": tenant}
            return [_key_of(row) for row in connection.execute(statement, values).mappings()]

        return await self._database.read(work, tenant=None)

    async def revoke(self, key_id: str, *, tenant: str | None, at: datetime) -> ApiKey | None:
        """Revoke a key and return it, or None where that tenant has none with this id."""

        def work(connection: Connection) -> ApiKey | None:
            found = _one(connection, _BY_ID, {"of_id": key_id})
            if found is None or tenant not in {None, found.tenant}:
                return None
            connection.execute(_REVOKE, {"of_id": key_id, "at": to_us(at)})
            return _one(connection, _BY_ID, {"of_id": key_id})

        return await self._database.write(work, tenant=None)

    async def revoked(self, *, since: datetime) -> set[str]:
        """Return the ids of the keys that were revoked at this instant or later."""
        values = {"since": to_us(since)}

        def work(connection: Connection) -> set[str]:
            return set(connection.execute(_REVOKED, values).scalars())

        return await self._database.read(work, tenant=None)

    async def add_tenant(self, tenant: Tenant) -> bool:
        """Keep a tenant; return False where there is one of that name."""
        row = {"tenant_id": tenant.name, "created_at": to_us(tenant.created_at)}

        def work(connection: Connection) -> bool:
            if connection.execute(_TENANT, {"of_tenant": tenant.name}).first() is not None:
                return False
            try:
                with connection.begin_nested():
                    connection.execute(insert(tenants), row)
            except IntegrityError:  # another process made it meanwhile
                return False
            return True

        return await self._database.write(work, tenant=None)

    async def tenants(self) -> list[Tenant]:
        """Return all tenants by name."""

        def work(connection: Connection) -> list[Tenant]:
            rows = connection.execute(_TENANTS)
            return [Tenant(name=name, created_at=from_us(at)) for name, at in rows]

        return await self._database.read(work, tenant=None)


def _one(connection: Connection, statement: Any, values: dict[str, Any]) -> ApiKey | None:
    row = connection.execute(statement, values).mappings().first()
    return None if row is None else _key_of(row)


def _row_of(key: ApiKey) -> dict[str, Any]:
    instants = {name: getattr(key, name) for name in _INSTANTS}
    return {
        "id": key.id,
        "tenant_id": key.tenant,
        "name": key.name,
        "role": key.role,
        **{name: None if at is None else to_us(at) for name, at in instants.items()},
    }


def _key_of(row: RowMapping) -> ApiKey:
    values: dict[str, Any] = {str(name): row[name] for name in row}
    for name in _INSTANTS:
        values[name] = None if values[name] is None else from_us(values[name])
    return ApiKey(**values)

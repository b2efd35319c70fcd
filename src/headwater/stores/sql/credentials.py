"""Which credentials to others there are, in SQL; it opens none."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, delete, insert, select, update

from headwater.analysis.instants import from_us, to_us
from headwater.model.principal import Principal
from headwater.model.repository_link import Credential, SealedCredential
from headwater.stores.sql.database import Database
from headwater.stores.sql.repository_tables import credential as table

_OWN = table.c.tenant_id == bindparam("tenant")
_NAMED = (_OWN, table.c.name == bindparam("of_name"))
_GET = select(table).where(*_NAMED)
_EVERY = select(table).where(_OWN).order_by(table.c.name)
_REMOVE = delete(table).where(*_NAMED)
_RENEW = (
    update(table)
    .where(*_NAMED, table.c.sealed == bindparam("instead_of"))
    .values(sealed=bindparam("new_sealed"), expires_at=bindparam("new_end"))
)


class SqlCredentials:
    """A tenant's credentials, each with its secret sealed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, credential: Credential, *, sealed: str, principal: Principal) -> None:
        """Keep a credential, in the place of one of its name."""
        row = _row_of(credential) | {"tenant_id": principal.tenant, "sealed": sealed}

        def work(connection: Connection) -> None:
            named = _named(credential.name, principal)
            connection.execute(_REMOVE, named)
            connection.execute(insert(table), row)

        await self._database.write(work, tenant=principal.tenant)

    async def renew(
        self,
        name: str,
        *,
        sealed: str,
        expires_at: datetime | None,
        instead_of: str,
        principal: Principal,
    ) -> bool:
        """Put a new secret in the place of one; False, and nothing done, where that is no more."""
        values = _named(name, principal) | {
            "instead_of": instead_of,
            "new_sealed": sealed,
            "new_end": None if expires_at is None else to_us(expires_at),
        }

        def work(connection: Connection) -> bool:
            return connection.execute(_RENEW, values).rowcount == 1

        return await self._database.write(work, tenant=principal.tenant)

    async def get(self, name: str, *, principal: Principal) -> SealedCredential | None:
        """Return a credential with its sealed secret, or None."""

        def work(connection: Connection) -> SealedCredential | None:
            row = connection.execute(_GET, _named(name, principal)).mappings().first()
            return None if row is None else SealedCredential(_credential_of(row), row["sealed"])

        return await self._database.read(work, tenant=principal.tenant)

    async def every(self, *, principal: Principal) -> list[Credential]:
        """Return the tenant's credentials by name, without their secrets."""

        def work(connection: Connection) -> list[Credential]:
            rows = connection.execute(_EVERY, {"tenant": principal.tenant}).mappings()
            return [_credential_of(row) for row in rows]

        return await self._database.read(work, tenant=principal.tenant)

    async def remove(self, name: str, *, principal: Principal) -> Credential | None:
        """Remove a credential and return it, or None."""

        def work(connection: Connection) -> Credential | None:
            named = _named(name, principal)
            row = connection.execute(_GET, named).mappings().first()
            connection.execute(_REMOVE, named)
            return None if row is None else _credential_of(row)

        return await self._database.write(work, tenant=principal.tenant)


def _named(name: str, principal: Principal) -> dict[str, Any]:
    return {"tenant": principal.tenant, "of_name": name}


def _row_of(credential: Credential) -> dict[str, Any]:
    ends = credential.expires_at
    return {
        "name": credential.name,
        "kind": credential.kind,
        "repositories": list(credential.repositories),
        "login": credential.login,
        "created_at": to_us(credential.created_at),
        "expires_at": None if ends is None else to_us(ends),
        "made_by": credential.made_by,
    }


def _credential_of(row: RowMapping) -> Credential:
    ends = row["expires_at"]
    return Credential(
        name=row["name"],
        kind=row["kind"],
        repositories=tuple(row["repositories"]),
        login=row["login"],
        created_at=from_us(row["created_at"]),
        expires_at=None if ends is None else from_us(ends),
        made_by=row["made_by"],
    )

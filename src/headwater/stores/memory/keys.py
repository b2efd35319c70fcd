"""Which keys and tenants there are, in memory; it makes no key and checks none."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from anyio.lowlevel import checkpoint

from headwater.model.access import ApiKey, Tenant, unknown_tenant
from headwater.model.principal import DEFAULT_TENANT


class MemoryKeys:
    """API keys and tenants; the default tenant is always there."""

    def __init__(self) -> None:
        self._keys: dict[str, ApiKey] = {}
        self._ids: dict[bytes, str] = {}
        first = Tenant(name=DEFAULT_TENANT, created_at=datetime.now(UTC))
        self._tenants = {first.name: first}

    async def add(self, key: ApiKey, *, digest: bytes) -> None:
        """Keep a key by the digest of its secret.

        Raises:
            UsageError: `tenant.unknown`.
        """
        await checkpoint()
        if key.tenant not in self._tenants:
            raise unknown_tenant(key.tenant)
        self._keys[key.id] = key
        self._ids[digest] = key.id

    async def by_digest(self, digest: bytes) -> ApiKey | None:
        """Return the key with this digest, also an expired or revoked one, or None."""
        await checkpoint()
        return self._keys.get(self._ids.get(digest, ""))

    async def of_tenant(self, tenant: str | None) -> list[ApiKey]:
        """Return a tenant's keys, or everyone's, the newest first."""
        await checkpoint()
        found = [key for key in self._keys.values() if tenant in {None, key.tenant}]
        return sorted(found, key=lambda key: (key.created_at, key.id), reverse=True)

    async def revoke(self, key_id: str, *, tenant: str | None, at: datetime) -> ApiKey | None:
        """Revoke a key and return it, or None where that tenant has none with this id."""
        await checkpoint()
        key = self._keys.get(key_id)
        if key is None or tenant not in {None, key.tenant}:
            return None
        self._keys[key_id] = replace(key, revoked_at=key.revoked_at or at)
        return self._keys[key_id]

    async def revoked(self, *, since: datetime) -> set[str]:
        """Return the ids of the keys that were revoked at this instant or later."""
        await checkpoint()
        ended = [key for key in self._keys.values() if key.revoked_at is not None]
        return {key.id for key in ended if key.revoked_at and key.revoked_at >= since}

    async def add_tenant(self, tenant: Tenant) -> bool:
        """Keep a tenant; return False where there is one of that name."""
        await checkpoint()
        if tenant.name in self._tenants:
            return False
        self._tenants[tenant.name] = tenant
        return True

    async def tenants(self) -> list[Tenant]:
        """Return all tenants by name."""
        await checkpoint()
        return [self._tenants[name] for name in sorted(self._tenants)]

"""What the inside needs to remember of keys and tenants; it stores none itself."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from headwater.model.access import ApiKey, Tenant


class Keys(Protocol):
    """API keys and tenants; not behind any tenant's wall, for a key says whose request it is."""

    async def add(self, key: ApiKey, *, digest: bytes) -> None:
        """Keep a key by the digest of its secret.

        Raises:
            UsageError: `tenant.unknown`.
        """
        ...

    async def by_digest(self, digest: bytes) -> ApiKey | None:
        """Return the key with this digest, also an expired or revoked one, or None."""
        ...

    async def of_tenant(self, tenant: str | None) -> list[ApiKey]:
        """Return a tenant's keys, or everyone's, the newest first."""
        ...

    async def revoke(self, key_id: str, *, tenant: str | None, at: datetime) -> ApiKey | None:
        """Revoke a key and return it, or None where that tenant has none with this id.

        `tenant` None means any tenant's key. One revoked before keeps its instant.
        """
        ...

    async def revoked(self, *, since: datetime) -> set[str]:
        """Return the ids of the keys that were revoked at this instant or later."""
        ...

    async def add_tenant(self, tenant: Tenant) -> bool:
        """Keep a tenant; return False where there is one of that name."""
        ...

    async def tenants(self) -> list[Tenant]:
        """Return all tenants by name."""
        ...

"""Which credentials to others there are, in memory; it opens none."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from anyio.lowlevel import checkpoint

from headwater.model.principal import Principal
from headwater.model.repository_link import Credential, SealedCredential


class MemoryCredentials:
    """A tenant's credentials, each with its secret sealed."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], SealedCredential] = {}

    async def put(self, credential: Credential, *, sealed: str, principal: Principal) -> None:
        """Keep a credential, in the place of one of its name."""
        await checkpoint()
        self._kept[principal.tenant, credential.name] = SealedCredential(credential, sealed)

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
        await checkpoint()
        found = self._kept.get((principal.tenant, name))
        if found is None or found.sealed != instead_of:
            return False
        told = replace(found.credential, expires_at=expires_at)
        self._kept[principal.tenant, name] = SealedCredential(told, sealed)
        return True

    async def get(self, name: str, *, principal: Principal) -> SealedCredential | None:
        """Return a credential with its sealed secret, or None."""
        await checkpoint()
        return self._kept.get((principal.tenant, name))

    async def every(self, *, principal: Principal) -> list[Credential]:
        """Return the tenant's credentials by name, without their secrets."""
        await checkpoint()
        own = [key for key in self._kept if key[0] == principal.tenant]
        return [self._kept[key].credential for key in sorted(own)]

    async def remove(self, name: str, *, principal: Principal) -> Credential | None:
        """Remove a credential and return it, or None."""
        await checkpoint()
        found = self._kept.pop((principal.tenant, name), None)
        return None if found is None else found.credential

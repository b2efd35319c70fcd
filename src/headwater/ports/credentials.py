"""What the inside needs to remember of credentials to others; it opens none."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from headwater.model.principal import Principal
from headwater.model.repository_link import Credential, SealedCredential


class Credentials(Protocol):
    """A tenant's credentials, each with its secret sealed."""

    async def put(self, credential: Credential, *, sealed: str, principal: Principal) -> None:
        """Keep a credential, in the place of one of its name."""
        ...

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
        ...

    async def get(self, name: str, *, principal: Principal) -> SealedCredential | None:
        """Return a credential with its sealed secret, or None."""
        ...

    async def every(self, *, principal: Principal) -> list[Credential]:
        """Return the tenant's credentials by name, without their secrets."""
        ...

    async def remove(self, name: str, *, principal: Principal) -> Credential | None:
        """Remove a credential and return it, or None."""
        ...

"""What the inside needs to be let in at a host of code, and to know its word; it keeps nothing."""

from __future__ import annotations

from typing import Protocol

from headwater.model.principal import Principal
from headwater.model.repository_link import Grant


class CodeAccess(Protocol):
    """How a tenant comes to a credential, and how a webhook shows who sent it."""

    async def login_of(self, grant: Grant) -> str | None:
        """Return whose a token is, asked of the host; None for an app's installation.

        Raises:
            UsageError: `github.unauthorized`.
            StoreFault: the host failed.
        """
        ...

    def sealed(self, name: str, grant: Grant, *, principal: Principal) -> str:
        """Return a secret as it is kept: it opens for this tenant's credential of this name alone.

        Raises:
            UsageError: `sealing.off`.
        """
        ...

    def make_verifier(self) -> str:
        """Return a new secret by which a login is ended (PKCE)."""
        ...

    def login_url(self, *, state: str, verifier: str, redirect: str | None) -> str:
        """Return where a person grants what a login is for.

        Raises:
            UsageError: `github.no_app`.
        """
        ...

    async def grant_for(self, code: str, *, verifier: str, redirect: str | None) -> Grant:
        """Return the grant that a login's code stands for, once.

        Raises:
            UsageError: `github.unauthorized`.
            StoreFault: the host failed.
        """
        ...

    def is_signed(self, body: bytes, signature: str, *, secret: str) -> bool:
        """Tell whether the host signed a body, as it came, by a secret."""
        ...

    @property
    def hook_events(self) -> tuple[str, ...]:
        """Return what a webhook is to be told of."""
        ...

"""Keys, tenants, and whose credential it is: what entries ask of access; it stores nothing.

Next: `headwater.app.identities`
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NoReturn

from headwater.app import checking
from headwater.app.api_keys import make_key
from headwater.app.identities import Identities
from headwater.errors import UsageError
from headwater.model.access import ROLES, ApiKey, NewApiKey, Role, Tenant, unknown_tenant
from headwater.model.principal import DEFAULT_TENANT, Principal
from headwater.ports.keys import Keys

MOST_NAME = 200
MOST_TENANT = 64


class Access:
    """Who may ask: `hw.access`. An admin of the tenant `default` looks after all tenants.

    Args:
        keys: Where keys and tenants are.
        identities: What tells who a credential belongs to.
        own: Who asks where a method is not told.
    """

    def __init__(self, keys: Keys, identities: Identities, own: Principal) -> None:
        self._keys = keys
        self._identities = identities
        self._own = own

    async def identify(self, credential: str | None, *, address: str = "") -> Principal:
        """Return whose credential it is: an API key, or a token where those are taken.

        Args:
            credential: What was shown.
            address: Where from; failures of one address are bounded.

        Raises:
            LimitError: `limit.failed_keys`, where too many of this address were nobody's.
            UsageError: `access.unauthenticated`, the same words whatever is wrong with it.
            StoreFault: `access.unavailable` where nobody can tell now, or the database's own.
        """
        return await self._identities.identify(credential, address=address)

    async def until_ended(self, credential: str | None) -> NoReturn:
        """Wait until a credential in force no longer is: within a second of that.

        Raises:
            UsageError: `access.unauthenticated`, then.
            StoreFault: `access.unavailable` where nobody can tell now, or the database's own.
        """
        await self._identities.until_ended(credential)

    async def create_key(
        self,
        *,
        role: Role,
        tenant: str | None = None,
        name: str = "",
        expires_at: datetime | None = None,
        principal: Principal | None = None,
    ) -> NewApiKey:
        """Make a key; it is shown this once, and only a digest of it is kept.

        Args:
            role: What it may do.
            tenant: Whose estate; the principal's own where it is left out. An admin of `default`
                may name any, and one that is not there yet is made.
            name: Whom it is for, up to 200 characters; its id where it is left out.
            expires_at: When it ends, with zone; never where it is left out.
            principal: Who asks.

        Raises:
            UsageError: `access.denied`, `key.bad_role`, `key.bad_name`, `key.bad_expiry`,
                `tenant.bad_name` or `tenant.unknown`.
        """
        who = self._allowed(principal, "keys")
        now = datetime.now(UTC)
        _check_key(role, name, expires_at, now=now)
        of_tenant = _reach(who, tenant) or who.tenant
        if who.tenant == DEFAULT_TENANT:
            await self._keys.add_tenant(Tenant(name=_tenant_name(of_tenant), created_at=now))
        key_id, key = make_key()
        kept = ApiKey(
            id=key_id,
            tenant=of_tenant,
            name=name,
            role=role,
            created_at=now,
            expires_at=expires_at,
        )
        await self._keys.add(kept, digest=self._identities.digest(key))
        return NewApiKey(
            id=key_id, key=key, tenant=of_tenant, name=name, role=role, expires_at=expires_at
        )

    async def keys(
        self, *, tenant: str | None = None, principal: Principal | None = None
    ) -> list[ApiKey]:
        """List a tenant's keys, newest first: of all tenants for an admin of `default`.

        Raises:
            UsageError: `access.denied` or `tenant.unknown`.
        """
        who = self._allowed(principal, "keys")
        return await self._keys.of_tenant(_reach(who, tenant))

    async def revoke_key(self, key_id: str, *, principal: Principal | None = None) -> ApiKey:
        """Revoke a key: within a second no process takes it any more.

        Raises:
            UsageError: `access.denied` or `key.unknown`.
        """
        who = self._allowed(principal, "keys")
        plain = isinstance(key_id, str) and key_id.isascii() and key_id.isalnum()
        found = None
        if plain:
            at = datetime.now(UTC)
            found = await self._keys.revoke(key_id, tenant=_reach(who, None), at=at)
        self._identities.forget()
        if found is None:
            message = f"there is no key {ascii(key_id)[:80]}; see `headwater keys list`"
            raise UsageError(message, code="key.unknown")
        return found

    async def create_tenant(self, name: str, *, principal: Principal | None = None) -> Tenant:
        """Make a tenant, whose estate is empty.

        Raises:
            UsageError: `access.denied`, `tenant.bad_name` or `tenant.exists`.
        """
        self._allowed_all(principal)
        made = Tenant(name=_tenant_name(name), created_at=datetime.now(UTC))
        if not await self._keys.add_tenant(made):
            message = f"there is a tenant {name!a} already"
            raise UsageError(message, code="tenant.exists")
        return made

    async def tenants(self, *, principal: Principal | None = None) -> list[Tenant]:
        """List all tenants by name.

        Raises:
            UsageError: `access.denied`.
        """
        self._allowed_all(principal)
        return await self._keys.tenants()

    def _allowed(self, principal: Principal | None, action: str) -> Principal:
        return checking.allow(checking.who_asks(principal, self._own), action)

    def _allowed_all(self, principal: Principal | None) -> None:
        if self._allowed(principal, "tenants").tenant != DEFAULT_TENANT:
            message = f"tenants are for an admin of the tenant {DEFAULT_TENANT}"
            raise UsageError(message, code="access.denied")


def _reach(who: Principal, tenant: str | None) -> str | None:
    """Return the tenant meant, None for every one.

    Raises:
        UsageError: `tenant.unknown`, also where it is there, but another's.
    """
    if who.tenant == DEFAULT_TENANT:
        return tenant
    if tenant not in {None, who.tenant}:
        raise unknown_tenant(str(tenant))
    return who.tenant


def _check_key(role: str, name: str, expires_at: datetime | None, *, now: datetime) -> None:
    if role not in ROLES:
        message = f"the role is one of {', '.join(ROLES)}, not {ascii(role)[:80]}"
        raise UsageError(message, code="key.bad_role")
    if not isinstance(name, str) or len(name) > MOST_NAME or not name.isprintable():
        message = f"a key's name is up to {MOST_NAME} printable characters"
        raise UsageError(message, code="key.bad_name")
    if expires_at is not None and (expires_at.tzinfo is None or expires_at <= now):
        message = f"a key ends at an instant to come, with its zone, not at {expires_at}"
        raise UsageError(message, code="key.bad_expiry")


def _tenant_name(name: str) -> str:
    if isinstance(name, str) and 0 < len(name) <= MOST_TENANT and name.isprintable():
        return name
    message = f"a tenant's name is 1 to {MOST_TENANT} printable characters"
    raise UsageError(message, code="tenant.bad_name")

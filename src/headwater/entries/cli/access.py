"""The commands that say who may ask: keys and tenants; they await one method and encode.

Whoever holds the database looks after the whole installation, so they act as its admin.

Next: `headwater.app.access`
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal, TypeVar

import anyio
from cyclopts import Parameter
from rich.console import RenderableType

from headwater.entries.cli.decode import checked, instant_after
from headwater.entries.cli.exits import COMPLETE
from headwater.entries.cli.options import NO_OPTIONS, Options
from headwater.entries.cli.render_lists import draw_keys, draw_tenants
from headwater.entries.cli.screen import Screen, write
from headwater.entries.cli.text import clean
from headwater.model.access import ApiKey, NewApiKey, Tenant
from headwater.model.principal import Principal

HOLDER = Principal()
ResultT = TypeVar("ResultT")


def create_key(
    *,
    role: Literal["reader", "operator", "admin"],
    name: str = "",
    expires: Annotated[str | None, Parameter(name="--expires")] = None,
    options: Options = NO_OPTIONS,
) -> int:
    """Make a key, which is shown this once; --tenant says whose, and is made where it is not there.

    Args:
        role: What it may do: reader, operator or admin.
        name: Whom it is for.
        expires: When it ends: after a span such as 30d or 12h, or never.
        options: Options of every command.
    """
    screen, ends_at = Screen(options), instant_after(expires, "--expires")
    label, tenant = checked(name, "--name"), _tenant(options)

    from headwater.app.settings import find_settings

    whose = tenant or find_settings().tenant

    async def made(access: Any) -> NewApiKey:
        key: NewApiKey = await access.create_key(
            role=role, tenant=whose, name=label, expires_at=ends_at, principal=HOLDER
        )
        return key

    key = _asked(options, made)
    if screen.json:
        screen.give(key)
        return COMPLETE
    write(f"{key.key}\n")
    ends = "" if ends_at is None else f", until {ends_at.isoformat(timespec='minutes')}"
    screen.tell(f"key {key.id} of tenant {clean(key.tenant)}: {key.role}{ends}")
    screen.tell("keep it now: it is not shown again")
    return COMPLETE


def list_keys(*, options: Options = NO_OPTIONS) -> int:
    """List the keys, newest first: of every tenant, or of the one that --tenant names.

    Args:
        options: Options of every command.
    """
    screen, tenant = Screen(options), _tenant(options)

    async def listed(access: Any) -> list[ApiKey]:
        keys: list[ApiKey] = await access.keys(tenant=tenant, principal=HOLDER)
        return keys

    found = _asked(options, listed)
    return _given(screen, found, draw_keys(found, screen.look()))


def revoke_key(key: str, /, *, options: Options = NO_OPTIONS) -> int:
    """Revoke a key: within a second nothing takes it any more.

    Args:
        key: The key's id, as `headwater keys list` shows it.
        options: Options of every command.
    """
    screen, key_id = Screen(options), checked(key, "the key's id")

    async def revoked(access: Any) -> ApiKey:
        gone: ApiKey = await access.revoke_key(key_id, principal=HOLDER)
        return gone

    found = _asked(options, revoked)
    return _given(screen, found, draw_keys([found], screen.look()))


def create_tenant(name: str, /, *, options: Options = NO_OPTIONS) -> int:
    """Make a tenant, whose estate is empty.

    Args:
        name: What it is called.
        options: Options of every command.
    """
    screen, wanted = Screen(options), checked(name, "the tenant's name")

    async def made(access: Any) -> Tenant:
        tenant: Tenant = await access.create_tenant(wanted, principal=HOLDER)
        return tenant

    found = _asked(options, made)
    return _given(screen, found, draw_tenants([found], screen.look()))


def list_tenants(*, options: Options = NO_OPTIONS) -> int:
    """List the tenants by name.

    Args:
        options: Options of every command.
    """
    screen = Screen(options)

    async def listed(access: Any) -> list[Tenant]:
        tenants: list[Tenant] = await access.tenants(principal=HOLDER)
        return tenants

    found = _asked(options, listed)
    return _given(screen, found, draw_tenants(found, screen.look()))


def _tenant(options: Options) -> str | None:
    return checked(options.tenant or "", "--tenant") or None


def _asked(options: Options, ask: Callable[[Any], Awaitable[ResultT]]) -> ResultT:
    """Open the estate for as long as it takes to ask one thing of who may ask."""
    from headwater.entries.cli.door import opened

    async def asked() -> ResultT:
        async with opened(Options(database=options.database)) as app:
            return await ask(app.access)

    return anyio.run(asked)


def _given(screen: Screen, found: object, drawn: list[RenderableType]) -> int:
    if screen.json:
        screen.give(found)
    else:
        screen.show(drawn)
    return COMPLETE

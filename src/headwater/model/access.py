"""Who may ask: roles, keys and tenants; it checks nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from headwater.errors import UsageError

Role = Literal["reader", "operator", "admin"]
"""Each may do what the one before it may, and more."""
ROLES: tuple[Role, ...] = ("reader", "operator", "admin")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key as it is kept: never the key itself, only a digest of it."""

    id: str
    tenant: str
    name: str
    role: Role
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewApiKey:
    """A key just made: the only time that `key` is shown."""

    id: str
    key: str
    tenant: str
    name: str
    role: Role
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """An organisation whose estate lives here."""

    name: str
    created_at: datetime


def unknown_tenant(name: str) -> UsageError:
    """Make the error of a tenant that is not there."""
    message = f"there is no tenant {ascii(name)[:80]}; make it with `headwater tenants create`"
    return UsageError(message, code="tenant.unknown")


def only_reads(role: str, *, idempotent: bool) -> bool:
    """Tell whether a tool for this role changes nothing.

    What readers may do that changes something, such as joining a team, is not idempotent.
    """
    return role == "reader" and idempotent

"""Whom the claims of a token name; it checks no signature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from headwater.analysis.records import text_problem
from headwater.errors import UsageError
from headwater.model.access import Role
from headwater.model.principal import DEFAULT_TENANT, Principal
from headwater.policy.permissions import known_roles

MOST_NAME = 200
MOST_TENANT = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimNames:
    """What the claims are called that name the tenant and the roles.

    Args:
        tenant: Empty where every token is of the tenant `otherwise`.
        role: Holds a role or a list of them; where it is not there, its plural is read.
        otherwise: The tenant where `tenant` is empty.
        leeway_s: Seconds by which the issuer's clock may differ.
    """

    tenant: str = "tenant"
    role: str = "role"
    otherwise: str = DEFAULT_TENANT
    leeway_s: float = 0.0


def principal_of(claims: Mapping[str, Any], names: ClaimNames) -> tuple[Principal, datetime]:
    """Return whom a token's claims name, and when it expires.

    A token without a role that is known here names someone who may do nothing.

    Raises:
        UsageError: `access.unauthenticated`, with the reason.
    """
    tenant = claims.get(names.tenant) if names.tenant else names.otherwise
    checked = _text(tenant, "tenant", MOST_TENANT)
    name = _text(claims.get("sub"), "subject", MOST_NAME)
    ends = claims.get("exp")
    if not isinstance(ends, int | float):
        raise UsageError("it has no time of expiry", code="access.unauthenticated")
    return Principal(checked, name, _roles(claims, names)), _instant(ends + names.leeway_s)


def _roles(claims: Mapping[str, Any], names: ClaimNames) -> tuple[Role, ...]:
    given = claims.get(names.role, claims.get(f"{names.role}s"))
    if isinstance(given, str):
        return known_roles(given.split())
    if isinstance(given, list):
        return known_roles(one for one in given if isinstance(one, str))
    return ()


def _text(value: object, what: str, most: int) -> str:
    if isinstance(value, str) and 0 < len(value) <= most and text_problem(value) is None:
        return value
    raise UsageError(f"its {what} is missing or no text", code="access.unauthenticated")


def _instant(seconds: float) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.max.replace(tzinfo=UTC)

"""Whether a signed token (JWT) is genuine, in force and meant for us; it knows no tenant or role.

A key decides which algorithm its tokens are signed by, never the token: HS256 with a secret, RS256
or ES256 with an identity provider's keys. What a token's header says of keys is a name only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import jwt

from headwater.errors import UsageError

MOST_CHARS = 8192
TYPES = ("jwt", "at+jwt")
REQUIRED = ["exp", "aud", "iss", "sub"]


class SigningKeys(Protocol):
    """Where the keys are that tokens are checked by."""

    async def find(self, kid: str | None) -> tuple[Any, str] | None:
        """Return the key of this name and its one algorithm, or None.

        Raises:
            StoreFault: `access.unavailable`, nobody can tell now.
        """
        ...


class SharedSecret:
    """One secret that the issuer and we share: HS256.

    Args:
        secret: 32 bytes or more.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    async def find(self, kid: str | None) -> tuple[Any, str] | None:
        """Return the secret, whatever the token calls it."""
        del kid
        return self._secret, "HS256"


class JwtTokens:
    """Checks tokens of one issuer for one audience.

    Args:
        keys: Where the keys are.
        audience: One of a token's `aud`.
        issuer: A token's `iss`.
        leeway_s: Seconds by which the issuer's clock may differ.
    """

    def __init__(self, keys: SigningKeys, *, audience: str, issuer: str, leeway_s: float) -> None:
        self._keys = keys
        self._audience = audience
        self._issuer = issuer
        self._leeway_s = leeway_s

    async def claims(self, token: str) -> Mapping[str, Any]:
        """Return what a token says that is genuine, in force, and meant for us.

        Raises:
            UsageError: `access.unauthenticated`, with the reason, which is for our logs alone.
            StoreFault: `access.unavailable`, nobody can tell now; `retry_safe` is true.
        """
        header = self._header(token)
        kid = header.get("kid")
        if kid is not None and not isinstance(kid, str):
            raise _refused("its kid is no text")
        found = await self._keys.find(kid)
        if found is None:
            raise _refused("no key of the issuer has its kid")
        key, algorithm = found
        if header.get("alg") != algorithm:
            raise _refused(f"it is not signed by {algorithm}")
        try:
            return jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=self._audience,
                issuer=[self._issuer],
                leeway=self._leeway_s,
                options={"require": REQUIRED, "enforce_minimum_key_length": True},
            )
        except Exception as error:  # whatever a forged token makes it raise
            raise _refused(type(error).__name__) from error

    def _header(self, token: str) -> dict[str, Any]:
        if len(token) > MOST_CHARS or token.count(".") != 2:  # noqa: PLR2004  header, claims, mark
            raise _refused("it has not the form of a token")
        try:
            header = jwt.get_unverified_header(token)
        except Exception as error:  # whatever a forged token makes it raise
            raise _refused(type(error).__name__) from error
        if str(header.get("typ", "JWT")).lower() not in TYPES or "crit" in header:
            raise _refused("it is of another type, or asks for what we do not know")
        return header


def _refused(why: str) -> UsageError:
    return UsageError(why, code="access.unauthenticated")

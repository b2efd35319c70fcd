"""How somebody lets us act for them at GitHub: OAuth with PKCE (RFC 7636); it keeps nothing."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from headwater.errors import UsageError
from headwater.model.repository_link import Grant
from headwater.sources.github.addresses import Addresses
from headwater.sources.github.faults import SHOWN, bad_answer
from headwater.sources.github.mapping import instant
from headwater.sources.github.messages import Request

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """Who this installation is at GitHub; empty where it is nobody."""

    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    app_id: str = ""
    private_key: str = field(default="", repr=False)

    def as_client(self) -> dict[str, str]:
        """Return what a login is asked for by.

        Raises:
            UsageError: `github.no_app`.
        """
        if not self.client_id or not self.client_secret:
            message = "set HEADWATER_GITHUB_CLIENT_ID and HEADWATER_GITHUB_CLIENT_SECRET to log in"
            raise UsageError(message, code="github.no_app")
        return {"client_id": self.client_id, "client_secret": self.client_secret}

    def as_app(self) -> tuple[str, str]:
        """Return the app's id and private key.

        Raises:
            UsageError: `github.no_app`.
        """
        if not self.app_id or not self.private_key:
            message = "set HEADWATER_GITHUB_APP_ID and HEADWATER_GITHUB_APP_KEY for installations"
            raise UsageError(message, code="github.no_app")
        return self.app_id, self.private_key


def make_verifier() -> str:
    """Return a secret that only who began a login can end it with: 43 characters, 256 bits."""
    return secrets.token_urlsafe(32)


def challenge_of(verifier: str) -> str:
    """Return what is shown of a verifier (S256)."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def login_url(
    app: App, addresses: Addresses, *, state: str, verifier: str, redirect: str | None
) -> str:
    """Return where a person grants us what we ask for."""
    asked = {
        "client_id": app.as_client()["client_id"],
        "state": state,
        "code_challenge": challenge_of(verifier),
        "code_challenge_method": "S256",
    }
    if redirect is not None:
        asked["redirect_uri"] = redirect
    return str(addresses.authorize.with_query(asked))


def exchange_of(
    app: App, addresses: Addresses, *, code: str, verifier: str, redirect: str | None
) -> Request:
    """Return the request by which a code becomes a token; a code is good once."""
    told = app.as_client() | {"code": code, "code_verifier": verifier}
    if redirect is not None:
        told["redirect_uri"] = redirect
    return _asking(addresses, told, where="the login's token")


def renewal(app: App, addresses: Addresses, grant: Grant) -> Request:
    """Return the request by which a token is renewed; a refresh token is good once."""
    told = {"grant_type": "refresh_token", "refresh_token": grant.refresh_token}
    return _asking(addresses, app.as_client() | told, where="the renewal of a token")


def _asking(addresses: Addresses, told: Mapping[str, str], *, where: str) -> Request:
    return Request(
        method="POST",
        url=addresses.access_token,
        where=where,
        body=urlencode(told).encode("ascii"),
        body_type=FORM,
        accept="application/json",
        repeatable=False,
    )


def token_in(data: Any, *, where: str) -> Grant:
    """Return the token of an answer.

    Raises:
        UsageError: `github.unauthorized`, with what GitHub says; it says so with status 200.
        StoreFault: `github.bad_answer`.
    """
    if isinstance(data, Mapping) and "error" in data:
        said = str(data.get("error_description") or data["error"])[:SHOWN]
        message = f"GitHub does not grant {where}: {said}"
        raise UsageError(message, code="github.unauthorized", retry_safe=False)
    token = data.get("token") or data.get("access_token") if isinstance(data, Mapping) else None
    if not isinstance(token, str) or not token.isascii() or not token.isprintable():
        raise bad_answer("there is no token in it", where=where)
    return Grant(
        token=token,
        refresh_token=str(data.get("refresh_token") or ""),
        expires_at=_end_of(data, where=where),
    )


def _end_of(data: Mapping[str, Any], *, where: str) -> datetime | None:
    try:
        if data.get("expires_at"):
            return instant(data["expires_at"])
        if data.get("expires_in"):
            return datetime.now(UTC) + timedelta(seconds=float(data["expires_in"]))
    except (TypeError, ValueError, OverflowError) as error:
        raise bad_answer("it does not say when its token ends", where=where) from error
    return None

"""What a request to GitHub is authorized by: tokens kept sealed, drawn, renewed; shown nowhere.

A token that cannot be renewed stays as it was kept.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

import anyio
from anyio import to_thread

from headwater.errors import HeadwaterError, StoreFault, UsageError
from headwater.model.principal import Principal
from headwater.model.repository_link import CodePlace, Credential, Grant, SealedCredential
from headwater.ports.credentials import Credentials
from headwater.ports.sealer import Sealer
from headwater.sources.github.addresses import Addresses
from headwater.sources.github.line import Line
from headwater.sources.github.login import App, renewal, token_in
from headwater.sources.github.messages import Request

EARLY = timedelta(seconds=90)
"""How long before its end a token is renewed."""
SAVE_S = 5.0
MOST_DRAWN = 1_000
NOBODY = ""


@dataclass(frozen=True, slots=True)
class Pass:
    """What a request goes by: whose limit it counts against, and the header's value."""

    gate: str
    authorization: str = field(default="", repr=False)


class Grants:
    """The tokens of all tenants' credentials.

    Args:
        line: The way to GitHub.
        addresses: Where its parts are.
        credentials: Where they are kept.
        sealer: What opens them.
        app: Who we are at GitHub, where we are anyone.
    """

    def __init__(
        self,
        line: Line,
        addresses: Addresses,
        *,
        credentials: Credentials,
        sealer: Sealer,
        app: App,
    ) -> None:
        self._line = line
        self._addresses = addresses
        self._credentials = credentials
        self._sealer = sealer
        self._app = app
        self._drawn: dict[tuple[str, str, str], Grant] = {}
        self._locks: dict[tuple[str, str], anyio.Lock] = {}

    async def of(self, at: CodePlace, *, principal: Principal) -> Pass:
        """Return what requests about a repository go by.

        Raises:
            UsageError: `github.no_credential`, `github.not_allowed`, `github.renewal_refused`.
        """
        if at.credential is None:
            return Pass(gate=NOBODY)
        key = (principal.tenant, at.credential)
        kept = await self._find(at.credential, principal=principal)
        check_allowed(kept.credential, at.repository)
        grant = self._open(kept, principal=principal)
        if grant.installation is not None:
            grant = await self._of_installation(key, kept, grant)
        elif _ends(grant):
            grant = await self._renewed(key, principal=principal)
        return Pass(gate="/".join(key), authorization=f"Bearer {grant.token}")

    async def _find(self, name: str, *, principal: Principal) -> SealedCredential:
        kept = await self._credentials.get(name, principal=principal)
        if kept is None:
            message = f"there is no credential called {name!r}; an admin gives one"
            raise UsageError(message, code="github.no_credential")
        return kept

    def _open(self, kept: SealedCredential, *, principal: Principal) -> Grant:
        return opened(self._sealer, kept, principal=principal)

    async def _of_installation(
        self, key: tuple[str, str], kept: SealedCredential, grant: Grant
    ) -> Grant:
        """Return the token of an app's installation, drawn where there is none that lasts."""
        place = (*key, kept.sealed)
        async with self._lock(key):
            drawn = self._drawn.get(place)
            if drawn is None or _ends(drawn):
                drawn = await self._draw(key, int(grant.installation or 0))
                while len(self._drawn) >= MOST_DRAWN:
                    del self._drawn[next(iter(self._drawn))]
                self._drawn[place] = drawn
            return drawn

    async def _draw(self, key: tuple[str, str], installation: int) -> Grant:
        app_id, private_key = self._app.as_app()
        signed = await to_thread.run_sync(_signed, app_id, private_key)
        request = Request(
            method="POST",
            url=self._addresses.api(f"app/installations/{installation}/access_tokens"),
            where="a token for the app's installation",
            authorization=f"Bearer {signed}",
        )
        answer = await self._line.ask(request, gate="/".join((*key, "app")))
        return token_in(answer.data, where=request.where)

    async def _renewed(self, key: tuple[str, str], *, principal: Principal) -> Grant:
        """Return a token renewed by whoever comes first, here or in another process."""
        async with self._lock(key):
            kept = await self._find(key[1], principal=principal)
            grant = self._open(kept, principal=principal)
            if not _ends(grant):
                return grant
            if not grant.refresh_token:
                raise _over(key[1], "it has ended and cannot be renewed")
            try:
                fresh = await self._ask_anew(grant)
            except UsageError as error:
                again = await self._find(key[1], principal=principal)
                if again.sealed != kept.sealed:  # another process was first
                    return self._open(again, principal=principal)
                raise _over(key[1], error.message) from None
            with anyio.move_on_after(SAVE_S, shield=True):  # GitHub has taken the old one back
                await self._save(kept, fresh, principal=principal)
            return fresh

    async def _ask_anew(self, grant: Grant) -> Grant:
        request = renewal(self._app, self._addresses, grant)
        answer = await self._line.ask(request, gate="login")
        fresh = token_in(answer.data, where=request.where)
        return fresh if fresh.refresh_token else replace(fresh, refresh_token=grant.refresh_token)

    async def _save(self, kept: SealedCredential, fresh: Grant, *, principal: Principal) -> None:
        name = kept.credential.name
        try:
            await self._credentials.renew(
                name,
                sealed=sealed_of(self._sealer, name, fresh, principal=principal),
                expires_at=fresh.expires_at,
                instead_of=kept.sealed,
                principal=principal,
            )
        except HeadwaterError as error:
            message = f"the renewed token of {name!r} could not be kept: {error.code}"
            raise StoreFault(message, code="github.not_kept", retry_safe=False) from error

    def _lock(self, key: tuple[str, str]) -> anyio.Lock:
        while len(self._locks) >= MOST_DRAWN:
            del self._locks[next(iter(self._locks))]
        return self._locks.setdefault(key, anyio.Lock())


def check_allowed(credential: Credential, repository: str) -> None:
    """Refuse a repository that a credential is not for.

    Raises:
        UsageError: `github.not_allowed`.
    """
    folded = repository.casefold()
    if not any(fnmatchcase(folded, one.casefold()) for one in credential.repositories):
        allowed = ", ".join(credential.repositories)
        message = f"the credential {credential.name!r} is for {allowed}, not for {repository}"
        raise UsageError(message, code="github.not_allowed")


def about(name: str, *, principal: Principal) -> str:
    """Return what a credential's secret is sealed as."""
    return f"github credential {principal.tenant}/{name}"


def sealed_of(sealer: Sealer, name: str, grant: Grant, *, principal: Principal) -> str:
    """Return a secret as it is kept."""
    ends = None if grant.expires_at is None else grant.expires_at.isoformat()
    told = {
        "token": grant.token,
        "refresh_token": grant.refresh_token,
        "expires_at": ends,
        "installation": grant.installation,
    }
    return sealer.seal(json.dumps(told), about=about(name, principal=principal))


def opened(sealer: Sealer, kept: SealedCredential, *, principal: Principal) -> Grant:
    """Return the secret of a credential.

    Raises:
        UsageError: `sealing.off`.
        StoreFault: `sealing.unreadable`.
    """
    text = sealer.open(kept.sealed, about=about(kept.credential.name, principal=principal))
    told: dict[str, Any] = json.loads(text)
    ends = told["expires_at"]
    return Grant(
        token=told["token"],
        refresh_token=told["refresh_token"],
        expires_at=None if ends is None else datetime.fromisoformat(ends),
        installation=told["installation"],
    )


def _ends(grant: Grant) -> bool:
    return grant.expires_at is not None and grant.expires_at - EARLY <= datetime.now(UTC)


def _over(name: str, why: str) -> UsageError:
    message = (
        f"the credential {name!r} could not be renewed and stays as it was: {why}; log in anew"
    )
    return UsageError(message, code="github.renewal_refused", retry_safe=False)


def _signed(app_id: str, private_key: str) -> str:
    """Return what says for some minutes that we are the app; for a thread, as imports take long.

    Raises:
        UsageError: `settings.bad`.
    """
    from gidgethub.apps import get_jwt
    from jwt.exceptions import PyJWTError

    try:
        return get_jwt(app_id=app_id, private_key=private_key, expiration=540)
    except (ValueError, PyJWTError):  # the key itself stays out of the error
        message = "HEADWATER_GITHUB_APP_KEY is no private key in PEM that can sign by RS256"
        raise UsageError(message, code="settings.bad") from None

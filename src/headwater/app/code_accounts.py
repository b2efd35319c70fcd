"""Credentials to the host of code, logins there, and its webhooks: what is no tool's, for secrets.

What a tool is given is kept with its run, so that no secret may be an argument of one.

Next: `headwater.app.code_keeper`
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic_core import from_json

from headwater.app import checking
from headwater.app.parts import Parts
from headwater.errors import HeadwaterError, UsageError
from headwater.model.principal import Principal
from headwater.model.repository_link import Credential, Delivery, Grant, Hook, Login, SealedHook

LOGIN_LASTS = timedelta(minutes=10)
MOST_NAME = 100
MOST_TOKEN = 4_000
MOST_PATTERNS = 100
MOST_PAYLOAD = 4_194_304
WEBHOOK = "/v1/github/webhook"


class CodeAccounts:
    """Credentials to GitHub and its webhooks; reached as `hw.github`.

    Args:
        parts: What lives as long as the app.
        principal: Who asks where a method is not told.
    """

    def __init__(self, parts: Parts, principal: Principal) -> None:
        self._code = parts.stores.code
        self._projects = parts.stores.work.projects
        self._sealer = parts.stores.sealer
        self._keeper = parts.keeper
        self._own = principal

    async def keep_token(
        self,
        name: str,
        token: str,
        *,
        repositories: Sequence[str] = ("*",),
        principal: Principal | None = None,
    ) -> Credential:
        """Keep a personal token, sealed; GitHub is asked whose it is.

        Args:
            name: What projects are linked by; one of that name is replaced.
            token: The token; it is never shown again.
            repositories: Patterns such as `acme/*` of what it may be used for.
            principal: Who keeps it.

        Raises:
            UsageError: `github.bad_credential`, `github.unauthorized`, `sealing.off`.
            StoreFault: GitHub failed.
        """
        who = self._allowed(principal)
        if not (token.isascii() and token.isprintable() and 0 < len(token) <= MOST_TOKEN):
            message = "the token is empty or has characters that no token has; copy it again"
            raise UsageError(message, code="github.bad_credential")
        return await self._keep(
            _checked(name, repositories), Grant(token=token.strip()), kind="token", principal=who
        )

    async def keep_installation(
        self,
        name: str,
        installation: int,
        *,
        repositories: Sequence[str] = ("*",),
        principal: Principal | None = None,
    ) -> Credential:
        """Keep the installation of our GitHub App, which draws a token an hour.

        Raises:
            UsageError: `github.bad_credential`, `github.no_app`, `sealing.off`.
        """
        who = self._allowed(principal)
        if installation < 1:
            message = "an installation is a number from 1 on; it is in its page's address"
            raise UsageError(message, code="github.bad_credential")
        grant = Grant(installation=installation)
        return await self._keep(_checked(name, repositories), grant, kind="app", principal=who)

    async def begin_login(
        self,
        name: str,
        *,
        redirect: str | None = None,
        repositories: Sequence[str] = ("*",),
        principal: Principal | None = None,
    ) -> Login:
        """Begin a login at GitHub: send whoever is to grant it to `url`, within ten minutes.

        Raises:
            UsageError: `github.bad_credential`, `github.no_app`, `sealing.off`.
        """
        who = self._allowed(principal)
        name, patterns = _checked(name, repositories)
        verifier, ends_at = self._code.access.make_verifier(), datetime.now(UTC) + LOGIN_LASTS
        told = [name, list(patterns), redirect, verifier, ends_at.isoformat()]
        state = self._sealer.seal(json.dumps(told), about=_login_of(who))
        url = self._code.access.login_url(state=state, verifier=verifier, redirect=redirect)
        return Login(url=url, state=state, expires_at=ends_at)

    async def end_login(
        self, state: str, code: str, *, principal: Principal | None = None
    ) -> Credential:
        """End a login by what GitHub sent back, and keep what was granted.

        Raises:
            UsageError: `github.login_unknown`, `github.unauthorized`.
            StoreFault: GitHub failed.
        """
        who = self._allowed(principal)
        try:
            told: list[Any] = json.loads(self._sealer.open(state, about=_login_of(who)))
        except HeadwaterError as error:
            if error.code != "sealing.unreadable":
                raise
            raise _no_login() from None
        name, patterns, redirect, verifier, ends_at = told
        if datetime.fromisoformat(ends_at) <= datetime.now(UTC):
            raise _no_login()
        grant = await self._code.access.grant_for(code, verifier=verifier, redirect=redirect)
        return await self._keep((name, tuple(patterns)), grant, kind="oauth", principal=who)

    async def credentials(self, *, principal: Principal | None = None) -> list[Credential]:
        """List the tenant's credentials by name; no secret is among it."""
        who = self._allowed(principal)
        return await self._code.kept.credentials.every(principal=who)

    async def forget(self, name: str, *, principal: Principal | None = None) -> Credential:
        """Forget a credential; what is linked by it is reached no more.

        Raises:
            UsageError: `github.no_credential`.
        """
        who = self._allowed(principal)
        found = await self._code.kept.credentials.remove(name, principal=who)
        if found is None:
            message = f"there is no credential called {ascii(name)[:80]}; list those there are"
            raise UsageError(message, code="github.no_credential")
        return found

    async def webhook(self, project: int, *, principal: Principal | None = None) -> Hook:
        """Make a webhook for a linked project, in the place of one before; shown this once.

        Set it up at GitHub with content type `application/json`.

        Raises:
            UsageError: `work.unknown`, `work.not_linked`, `sealing.off`.
        """
        who = self._allowed(principal)
        await self._projects.find(project, principal=who)
        name, secret = secrets.token_urlsafe(18), secrets.token_urlsafe(32)
        sealed = self._sealer.seal(secret, about=_hook_of(name))
        kept = await self._code.kept.repositories.keep_hook(
            project, hook=name, sealed=sealed, principal=who
        )
        if not kept:
            message = f"project {project} is not linked to a repository; link one to it first"
            raise UsageError(message, code="work.not_linked")
        path = f"{WEBHOOK}?hook={name}"
        return Hook(path=path, secret=secret, events=self._code.access.hook_events)

    async def receive(
        self, body: bytes, *, hook: str, event: str, delivery: str, signature: str
    ) -> None:
        """Take what a webhook brings, durably and once; it is handled later.

        Raises:
            UsageError: `github.bad_delivery`, the same words whatever is wrong with who sent it;
                `github.replayed` where it was taken before; `http.bad_json`.
        """
        found = await self._code.kept.repositories.by_hook(hook)
        if found is None or not self._is_from(found, hook, body=body, signature=signature):
            message = "this delivery is not signed by the secret of a webhook that is known here"
            raise UsageError(message, code="github.bad_delivery")
        if event == "ping":
            return
        payload = _payload(body)
        at, linked = datetime.now(UTC), found.linked
        who = Principal(tenant=linked.tenant, name="github", roles=())
        told = Delivery(
            id=delivery[:64],
            project=linked.project,
            event=event[:64],
            payload=payload,
            received_at=at,
        )
        if not await self._code.kept.deliveries.put(told, principal=who):
            message = f"delivery {ascii(delivery)[:80]} was taken before"
            raise UsageError(message, code="github.replayed")
        await self._code.kept.repositories.hurry(linked.project, now=at, principal=who)
        self._keeper.wake()

    def _is_from(self, found: SealedHook, hook: str, *, body: bytes, signature: str) -> bool:
        secret = self._sealer.open(found.sealed, about=_hook_of(hook))
        return self._code.access.is_signed(body, signature, secret=secret)

    def _allowed(self, principal: Principal | None) -> Principal:
        return checking.allow(checking.who_asks(principal, self._own), "credentials")

    async def _keep(
        self, named: tuple[str, tuple[str, ...]], grant: Grant, *, kind: Any, principal: Principal
    ) -> Credential:
        name, patterns = named
        sealed = self._code.access.sealed(name, grant, principal=principal)  # before GitHub is told
        credential = Credential(
            name=name,
            kind=kind,
            repositories=patterns,
            login=await self._code.access.login_of(grant),
            created_at=datetime.now(UTC),
            expires_at=grant.expires_at,
            made_by=principal.name,
        )
        await self._code.kept.credentials.put(credential, sealed=sealed, principal=principal)
        return credential


def _checked(name: str, repositories: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    plain = name.replace("-", "").replace("_", "").replace(".", "")
    if not plain.isascii() or not plain.isalnum() or len(name) > MOST_NAME:
        message = f"a credential's name has letters, digits and . _ -, not {ascii(name)[:80]}"
        raise UsageError(message, code="github.bad_credential")
    patterns = tuple(repositories)
    good = all(one and one.isascii() and one.isprintable() for one in patterns)
    if not patterns or len(patterns) > MOST_PATTERNS or not good:
        message = "name what the credential is for: patterns such as acme/*, or * for all"
        raise UsageError(message, code="github.bad_credential")
    return name, patterns


def _payload(body: bytes) -> dict[str, Any]:
    try:
        payload = from_json(body) if len(body) <= MOST_PAYLOAD else None
    except ValueError:
        payload = None
    if not isinstance(payload, dict):
        message = "a delivery is a JSON object; set the webhook to application/json"
        raise UsageError(message, code="http.bad_json")
    return payload


def _login_of(who: Principal) -> str:
    return json.dumps(["github login", who.tenant, who.name])


def _hook_of(name: str) -> str:
    return f"github webhook {name}"


def _no_login() -> UsageError:
    message = "this login was not begun by you, or more than ten minutes ago; begin another"
    return UsageError(message, code="github.login_unknown")

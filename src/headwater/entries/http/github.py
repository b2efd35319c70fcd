"""The routes on GitHub: what it sends us, and the credentials to it; the rest are tools."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from headwater.app.service import AsyncHeadwater
from headwater.entries.http.decode import decoded
from headwater.entries.http.encode import given
from headwater.entries.http.github_bodies import CodeBody, CredentialBody, CredentialList, LoginBody
from headwater.entries.wire.visit import visit_of
from headwater.errors import UsageError


class GitHub:
    """What takes deliveries in, and keeps credentials.

    Args:
        hw: The app.
    """

    def __init__(self, hw: AsyncHeadwater) -> None:
        self._hw = hw

    async def webhook(self, request: Request) -> Response:
        """Take what GitHub tells of a linked repository: signed, once, to be handled later."""
        headers = request.headers
        await self._hw.github.receive(
            await request.body(),
            hook=request.query_params.get("hook", ""),
            event=headers.get("x-github-event", ""),
            delivery=headers.get("x-github-delivery", ""),
            signature=headers.get("x-hub-signature-256", ""),
        )
        return Response(status_code=204)

    async def credentials(self, request: Request) -> Response:
        """List the credentials to GitHub; no secret is among it."""
        found = await self._hw.github.credentials(principal=visit_of(request.scope).who)
        return given(CredentialList(credentials=found))

    async def keep(self, request: Request) -> Response:
        """Keep a token, or the installation of our app, to link projects by."""
        body, who = await decoded(CredentialBody, request), visit_of(request.scope).who
        if body.token is not None and body.installation is None:
            made = await self._hw.github.keep_token(
                body.name,
                body.token.get_secret_value(),
                repositories=body.repositories,
                principal=who,
            )
        elif body.installation is not None and body.token is None:
            made = await self._hw.github.keep_installation(
                body.name, body.installation, repositories=body.repositories, principal=who
            )
        else:
            message = "give either a token or an installation"
            raise UsageError(message, code="http.bad_body")
        return given(made, 201)

    async def forget(self, request: Request) -> Response:
        """Forget a credential."""
        name, who = request.path_params["credential"], visit_of(request.scope).who
        return given(await self._hw.github.forget(name, principal=who))

    async def begin_login(self, request: Request) -> Response:
        """Begin a login at GitHub, by which somebody grants us a credential."""
        body, who = await decoded(LoginBody, request), visit_of(request.scope).who
        begun = await self._hw.github.begin_login(
            body.name, redirect=body.redirect, repositories=body.repositories, principal=who
        )
        return given(begun, 201)

    async def end_login(self, request: Request) -> Response:
        """End a login by what GitHub sent back, and keep what was granted."""
        body, who = await decoded(CodeBody, request), visit_of(request.scope).who
        made = await self._hw.github.end_login(
            body.state, body.code.get_secret_value(), principal=who
        )
        return given(made, 201)

    async def hook(self, request: Request) -> Response:
        """Make a webhook for a linked project; its secret is shown this once."""
        written, who = request.path_params["project"], visit_of(request.scope).who
        if not written.isdecimal() or len(written) > 18:  # noqa: PLR2004 - digits of an id
            message = f"there is no project {ascii(written)[:40]}; give its id"
            raise UsageError(message, code="work.unknown")
        return given(await self._hw.github.webhook(int(written), principal=who), 201)

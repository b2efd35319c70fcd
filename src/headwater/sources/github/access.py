"""How a tenant comes to a credential at GitHub, and how a webhook shows that GitHub sent it.

It keeps nothing.
"""

from __future__ import annotations

from headwater.model.principal import Principal
from headwater.model.repository_link import Grant
from headwater.ports.sealer import Sealer
from headwater.sources.github import events, login
from headwater.sources.github.addresses import Addresses
from headwater.sources.github.faults import bad_answer
from headwater.sources.github.grants import sealed_of
from headwater.sources.github.line import Line
from headwater.sources.github.login import App
from headwater.sources.github.messages import Request

GATE = "login"


class GitHubAccess:
    """The ways in at one GitHub.

    Args:
        line: The way to it.
        addresses: Where its parts are.
        sealer: What makes secrets unreadable.
        app: Who we are there.
    """

    def __init__(self, line: Line, addresses: Addresses, *, sealer: Sealer, app: App) -> None:
        self._line = line
        self._addresses = addresses
        self._sealer = sealer
        self._app = app

    async def login_of(self, grant: Grant) -> str | None:
        """Return whose a token is, asked of GitHub; None for an app's installation."""
        if grant.installation is not None:
            self._app.as_app()
            return None
        request = Request(
            method="GET",
            url=self._addresses.api("user"),
            where="whose the token is",
            authorization=f"Bearer {grant.token}",
        )
        data = (await self._line.ask(request, gate=GATE)).data
        name = data.get("login") if isinstance(data, dict) else None
        if not isinstance(name, str):
            raise bad_answer("it does not say whose the token is", where=request.where)
        return name

    def sealed(self, name: str, grant: Grant, *, principal: Principal) -> str:
        """Return a secret as it is kept."""
        return sealed_of(self._sealer, name, grant, principal=principal)

    def make_verifier(self) -> str:
        """Return a new secret by which a login is ended."""
        return login.make_verifier()

    def login_url(self, *, state: str, verifier: str, redirect: str | None) -> str:
        """Return where a person grants what a login is for."""
        return login.login_url(
            self._app, self._addresses, state=state, verifier=verifier, redirect=redirect
        )

    async def grant_for(self, code: str, *, verifier: str, redirect: str | None) -> Grant:
        """Return the grant that a login's code stands for, once."""
        request = login.exchange_of(
            self._app, self._addresses, code=code, verifier=verifier, redirect=redirect
        )
        answer = await self._line.ask(request, gate=GATE)
        return login.token_in(answer.data, where=request.where)

    def is_signed(self, body: bytes, signature: str, *, secret: str) -> bool:
        """Tell whether GitHub signed a body, as it came, by a secret."""
        return events.is_signed(body, signature, secret=secret)

    @property
    def hook_events(self) -> tuple[str, ...]:
        """Return what a webhook is to be told of."""
        return events.EVENTS

"""Who may reach MCP over HTTP: the right host, the right origin, a key; it serves nothing.

The checks stand before a request's body is read. A wrong Host is a name that an attacker made
lead here (DNS rebinding); a wrong Origin is a page that a browser was made to open.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from headwater.entries.wire.addressing import Names, values_of
from headwater.entries.wire.refusing import problem, refused
from headwater.entries.wire.visit import address_of
from headwater.errors import UsageError
from headwater.model.principal import Principal

KEY = "headwater.mcp.principal"
"""Where in an ASGI scope it stands who asks."""
MOST_NAME = 300
Identify = Callable[[str | None, str], Awaitable[Principal]]
"""Returns who has a credential, shown at an address."""


class Guard:
    """Let requests in that name this server, come from no foreign page and bring a key.

    Args:
        app: What answers them.
        names: How this server may be called.
        identify: Returns who has a key and may ask now, or raises.
    """

    def __init__(self, app: ASGIApp, names: Names, identify: Identify) -> None:
        self._app = app
        self._names = names
        self._identify = identify

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Carry one request in, with who asks."""
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        refusal = self._refusal(scope)
        if refusal is None:
            try:
                credential = credential_of(values_of(scope, b"authorization"))
                scope[KEY] = await self._identify(credential, address_of(scope))
            except Exception as error:  # noqa: BLE001  every error becomes a status
                refusal = refused(error)
        await (refusal or self._app)(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        hosts = values_of(scope, b"host")
        if len(hosts) != 1 or not self._names.host_allowed(hosts[0]):
            told = ", ".join(hosts)[:MOST_NAME]
            message = f"the host {told!a} is none of mine; set HEADWATER_MCP_HOSTS to allow it"
            error = UsageError(message, code="mcp.bad_host")
            return problem(HTTPStatus.MISDIRECTED_REQUEST, error)
        for origin in values_of(scope, b"origin"):
            if not self._names.origin_allowed(origin):
                told = origin[:MOST_NAME]
                message = f"the origin {told!a} may not ask; set HEADWATER_MCP_ORIGINS to allow it"
                return problem(HTTPStatus.FORBIDDEN, UsageError(message, code="mcp.bad_origin"))
        return None


def credential_of(headers: list[str]) -> str | None:
    """Return the key or token after `Authorization: Bearer`; None for none, or for several."""
    if len(headers) != 1:
        return None
    kind, _, credential = headers[0].partition(" ")
    return (credential.strip() or None) if kind.lower() == "bearer" else None

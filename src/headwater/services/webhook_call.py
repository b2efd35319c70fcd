"""How a webhook is called, and nothing that a stranger's URL must not lead to; it tries once.

Its name is looked up once. Each address is judged where its socket is made, so that what is judged
is what is connected to, and the peer is looked at again before anything is said to it. TLS and the
Host header name what the URL names. Redirects are not followed, and no proxy is asked.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

import aiohttp
import anyio
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from headwater.errors import HeadwaterError, StoreFault, behind
from headwater.model.notice import Delivery
from headwater.policy.egress import Address, Egress, address_of, is_public
from headwater.policy.webhook_signature import sign
from headwater.services.sockets import LookUp, MakeSocket

DELIVER_S = 15.0
"""For one call, from the look-up to the answer's head."""
CLOSE_S = 1.0
HEAD_BYTES = 8_190
OK = range(200, 300)
MOVED = range(300, 400)
LATER = frozenset({408, 425, 429, *range(500, 600)})
AGENT = "Headwater-Webhooks/1"


class BlockedError(OSError):
    """Says that an address is not called; aiohttp takes what derives from `OSError`."""


class WebhookCall:
    """Calls webhooks.

    Args:
        egress: What may be called.
        authorities: A file of certificates that vouch for webhooks, beside the system's.
        names: What finds the addresses of a name.
        sockets: What makes a socket, once its address has been judged.
    """

    def __init__(
        self,
        egress: Egress,
        *,
        authorities: str | None,
        names: LookUp,
        sockets: MakeSocket,
    ) -> None:
        self._egress = egress
        self._authorities = authorities
        self._names = names
        self._sockets = sockets
        self._tls: ssl.SSLContext | None = None

    async def deliver(self, delivery: Delivery) -> None:
        """Tell a webhook.

        Raises:
            StoreFault: `webhook.refused`, `webhook.blocked`, `webhook.busy`,
                `webhook.unreachable`.
        """
        if self._egress.problem(delivery.url) is not None:
            raise _blocked(delivery.url, "its URL is not one that is called")
        tls = await self._context()
        fault: HeadwaterError | None = None
        with anyio.move_on_after(DELIVER_S) as scope:
            try:
                await self._post(delivery, tls)
            except aiohttp.ClientError as error:
                fault = _fault_of(delivery.url, error)
            except (TimeoutError, OSError, ValueError) as error:
                fault = _unreachable(delivery.url, type(error).__name__)
        if scope.cancelled_caught:
            fault = _unreachable(delivery.url, f"no answer within {DELIVER_S:g} s")
        if fault is not None:
            raise fault

    async def _post(self, delivery: Delivery, tls: ssl.SSLContext) -> None:
        now_s = int(datetime.now(UTC).timestamp())
        headers = sign(delivery.id, delivery.body, at_s=now_s, secrets=delivery.secrets)
        url = URL(delivery.url, encoded=True)
        session = self._session(url, tls)
        try:
            async with session.post(
                url,
                data=delivery.body,
                headers={**headers, "Content-Type": "application/json", "User-Agent": AGENT},
                allow_redirects=False,
            ) as answer:
                status, wait = answer.status, answer.headers.get("Retry-After", "")
                answer.close()  # what it says besides is nobody's matter, however long
        finally:
            with anyio.move_on_after(CLOSE_S, shield=True):
                await session.close()
        _judge(delivery.url, status, retry_after_s=float(wait) if wait.isdigit() else None)

    def _session(self, url: URL, tls: ssl.SSLContext) -> aiohttp.ClientSession:
        """Make what carries one call, whatever the environment says of proxies and cookies."""
        trusted = self._egress.allows(url.host or "", url.port or 0)
        connector = _Connector(
            judge=_trust if trusted else _judge_address,
            resolver=_Resolver(self._names),
            sockets=self._sockets,
            ssl=tls,
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
            max_line_size=HEAD_BYTES,
            max_field_size=HEAD_BYTES,
            trust_env=False,
        )

    async def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = await anyio.to_thread.run_sync(_make_context, self._authorities)
        return self._tls


class _Resolver(AbstractResolver):
    """Looks a name up, and gives aiohttp what was found."""

    def __init__(self, names: LookUp) -> None:
        self._names = names

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of a name, of either family."""
        del family
        return [
            ResolveResult(
                hostname=host, host=str(where[0]), port=port, family=kind, proto=0,
                flags=int(socket.AI_NUMERICHOST),
            )
            for kind, _, _, _, where in await self._names(host, port)
        ]  # fmt: skip

    async def close(self) -> None:
        """Close nothing."""


class _Connector(aiohttp.TCPConnector):
    """Connects to addresses that have been judged, once each, and looks at who is there."""

    def __init__(
        self,
        *,
        judge: Callable[[Address], None],
        resolver: AbstractResolver,
        sockets: MakeSocket,
        ssl: ssl.SSLContext,
    ) -> None:
        def judged(address: Any) -> socket.socket:
            judge(ip_address(address[4][0]))
            return sockets(address)

        super().__init__(
            resolver=resolver,
            use_dns_cache=False,
            force_close=True,
            limit=1,
            ssl=ssl,
            socket_factory=judged,
        )
        self._judge = judge

    async def connect(self, *args: Any, **kwargs: Any) -> Any:
        """Connect, and close at once what turns out to be another than was meant."""
        connection = await super().connect(*args, **kwargs)
        transport = connection.transport
        peer = ("",) if transport is None else transport.get_extra_info("peername", ("",))
        address = address_of(str(peer[0]))
        try:
            if address is None:
                raise BlockedError("nobody knows who is at the other end")
            self._judge(address)
        except OSError as error:
            connection.close()
            raise aiohttp.ClientConnectionError(str(error)) from error
        return connection


def _judge_address(address: Address) -> None:
    if not is_public(address):
        # Which address it is stays ours: a name of the inside would be told to whoever asks for it.
        raise BlockedError("its name stands for an address that not everyone reaches")


def _trust(address: Address) -> None:
    """Let an address be called that the operator named."""


def _make_context(authorities: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if authorities is not None:
        context.load_verify_locations(authorities)
    return context


def _judge(url: str, status: int, *, retry_after_s: float | None) -> None:
    """Raise what an answer is worth that is not 2xx."""
    if status in OK:
        return
    host = URL(url).host
    if status in LATER:
        message = f"the webhook at {host} does not take it in now ({status})"
        raise StoreFault(message, code="webhook.busy", retry_safe=True, retry_after_s=retry_after_s)
    why = "sends us elsewhere, where we do not follow" if status in MOVED else "refuses it"
    message = f"the webhook at {host} {why} ({status})"
    raise StoreFault(message, code="webhook.refused", retry_safe=False)


def _fault_of(url: str, error: BaseException) -> StoreFault:
    """Return the error of a call that came to nothing; a blocked address hides among its causes."""
    for cause in behind(error):
        if isinstance(cause, BlockedError):
            return _blocked(url, str(cause))
    if isinstance(error, aiohttp.InvalidURL):
        return _blocked(url, "its URL is not one that is called")
    return _unreachable(url, type(error).__name__)


def _blocked(url: str, why: str) -> StoreFault:
    host = _host_of(url)
    message = f"the webhook at {host} is not called: {why}; remove it, or let the operator allow it"
    return StoreFault(message, code="webhook.blocked", retry_safe=False)


def _unreachable(url: str, why: str) -> StoreFault:
    message = f"the webhook at {_host_of(url)} cannot be reached, or was lost: {why}"
    return StoreFault(message, code="webhook.unreachable", retry_safe=True)


def _host_of(url: str) -> str:
    """Return the host of a URL to be shown; its path may be a secret of the receiver's."""
    try:
        return ascii(URL(url).host)[1:-1][:100]
    except ValueError:
        return "an address that is none"

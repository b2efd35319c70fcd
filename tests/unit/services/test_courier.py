"""A webhook is called and signed, and nothing is that a stranger's URL must not lead to."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import socket
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import anyio
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from certificates import make_certificate, server_context
from hostile_urls import REDIRECTS, Hostile, good_urls, hostile_urls
from patience import GUARD_S

from headwater.errors import StoreFault, UsageError
from headwater.model.notice import Delivery
from headwater.policy.egress import Egress, is_public
from headwater.policy.webhook_signature import write_secret
from headwater.services.courier import WebhookCourier
from headwater.services.sockets import AddressInfo, make_socket

SECRETS = (write_secret(b"n" * 32), write_secret(b"o" * 32))
PUBLIC = "93.184.215.14"
HOOK = "https://hook.example.com/in"
connects: list[Any] = []
"""Where this process's sockets were told to connect, by the interpreter's own account."""


def note_connects(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect":
        connects.append(arguments[1])


sys.addaudithook(note_connects)


@pytest.fixture
def anyio_backend() -> str:
    """Run on the loop that aiohttp runs on."""
    return "asyncio"


class Receiver:
    """A webhook's server on loopback, that stands for the whole of the network outside."""

    def __init__(self) -> None:
        self.answer = lambda: web.Response(status=204)
        self.got: list[tuple[web.BaseRequest, bytes]] = []
        self.port = 0

    async def take(self, request: web.Request) -> web.StreamResponse:
        """Keep what was sent, and answer."""
        self.got.append((request, await request.read()))
        return self.answer()


class Outside:
    """Names as they are found, and sockets that lead to the receiver instead of outside.

    A socket remembers where it was told to connect, and says that it did.
    """

    def __init__(self, receiver: Receiver, found: dict[str, Sequence[Sequence[str]]]) -> None:
        self.connected: list[tuple[str, int]] = []
        self.looked_up: Counter[str] = Counter()
        self._receiver = receiver
        self._found = found
        self.peer: tuple[str, int] | None = None

    async def names(self, host: str, port: int) -> Sequence[AddressInfo]:
        """Find what a name stands for."""
        rounds = self._found.get(host.rstrip(".").lower())
        if rounds is None:
            raise socket.gaierror(socket.EAI_NONAME, "not found")
        addresses = rounds[min(self.looked_up[host], len(rounds) - 1)]
        self.looked_up[host] += 1
        return [
            (family_of(one), socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (one, port))
            for one in addresses
        ]

    def socket(self, address: AddressInfo) -> socket.socket:
        """Make a socket that leads to the receiver."""
        outside = self
        declared = socket.AddressFamily(address[0])

        class Led(socket.socket):
            family = property(lambda _: declared)  # type: ignore[assignment]

            def connect(self, where: Any) -> None:
                outside.connected.append(where[:2])
                super().connect(("127.0.0.1", outside._receiver.port))

            def getpeername(self) -> Any:
                super().getpeername()
                return outside.peer or outside.connected[-1]

        return Led(socket.AF_INET, socket.SOCK_STREAM)


def family_of(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a certificate for all that is good, and for names that turn out not to be."""
    hosts = {urlsplit(one.url).hostname or "" for one in good_urls()}
    hosts |= {urlsplit(one.url).hostname for one in hostile_urls() if one.found}
    names = {one.rstrip(".") for one in hosts} | {"hook.example.com"}
    return make_certificate(tmp_path_factory.mktemp("certificates"), *names)


@asynccontextmanager
async def outside(
    certificate: Path, found: dict[str, Sequence[Sequence[str]]] | None = None, **egress: Any
) -> AsyncIterator[tuple[WebhookCourier, Outside, Receiver]]:
    """Give a courier, what is outside, and who stands for it."""
    receiver = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", receiver.take)
    server = TestServer(app, host="127.0.0.1", scheme="https")
    await server.start_server(ssl=server_context(certificate))
    receiver.port = server.port or 0
    world = Outside(receiver, {"hook.example.com": [[PUBLIC]], **(found or {})})
    courier = WebhookCourier(
        Egress(**egress),
        authorities=str(certificate),
        names=world.names,
        sockets=world.socket,
    )
    connects.clear()
    try:
        yield courier, world, receiver
        assert set(connects) <= {("127.0.0.1", receiver.port)}
    finally:
        await server.close()


def delivery(url: str = HOOK, body: bytes = b'{"a": 1}') -> Delivery:
    return Delivery(id="n-1", url=url, body=body, secrets=SECRETS)


async def failing(courier: WebhookCourier, one: Delivery) -> StoreFault:
    """Deliver, and return why that was not done."""
    with anyio.fail_after(GUARD_S), pytest.raises(StoreFault) as raised:
        await courier.deliver(one)
    return raised.value


async def test_a_webhook_is_told_and_can_tell_that_it_was_us(certificate: Path) -> None:
    async with outside(certificate) as (courier, world, receiver):
        await courier.deliver(delivery())
        ((request, body),) = receiver.got
        told_at_s = int(request.headers["webhook-timestamp"])
        signed = b"n-1." + str(told_at_s).encode() + b"." + body
        wanted = [
            base64.b64encode(hmac.new(one, signed, hashlib.sha256).digest()).decode()
            for one in (b"n" * 32, b"o" * 32)
        ]
        assert request.headers["webhook-signature"] == f"v1,{wanted[0]} v1,{wanted[1]}"
        assert request.headers["webhook-id"] == "n-1"
        assert abs(told_at_s - datetime.now(UTC).timestamp()) < 60
        assert (request.host, request.path, body) == ("hook.example.com", "/in", b'{"a": 1}')
        assert request.content_type == "application/json"
        assert world.connected == [(PUBLIC, 443)]


HOSTILE = hostile_urls()


async def test_no_hostile_url_leads_outside_the_policy(certificate: Path) -> None:
    assert len(HOSTILE) >= 200
    found = {urlsplit(one.url).hostname or "": one.found for one in HOSTILE if one.found}
    async with outside(certificate, found) as (courier, world, _):
        for one in HOSTILE:
            for _ in range(max(1, len(one.found))):  # what is rebound is so by the next look-up
                before = len(world.connected)
                fault = await deliver_or_fault(courier, one)
                assert fault != "webhook.unreachable", one.url
                if fault == "webhook.blocked" and not any(map(public, sum(one.found, ()))):
                    assert len(world.connected) == before, one.url
        outside_policy = [where for where, _ in world.connected if not public(where)]
        assert outside_policy == []
        assert world.connected  # those that are mixed or rebound have a part that is called
        assert set(world.looked_up.values()) <= {1, 3}


async def deliver_or_fault(courier: WebhookCourier, one: Hostile) -> str | None:
    try:
        with anyio.fail_after(GUARD_S):
            await courier.deliver(delivery(one.url))
    except StoreFault as error:
        return error.code
    return None


def public(address: str) -> bool:
    return is_public(ip_address(address))


def test_a_hostile_url_is_refused_when_it_is_given() -> None:
    courier = WebhookCourier(Egress())
    for one in HOSTILE:
        if not one.found:
            with pytest.raises(UsageError) as raised:
                courier.check_url(one.url)
            assert raised.value.code == "webhook.bad_url", one.url


async def test_a_hundred_good_urls_are_called_where_they_lead(certificate: Path) -> None:
    good = good_urls()
    assert len(good) == 100
    found = {(urlsplit(one.url).hostname or "").rstrip("."): one.found for one in good if one.found}
    async with outside(certificate, found) as (courier, world, receiver):
        for one in good:
            assert courier.check_url(one.url) == one.url
            with anyio.fail_after(GUARD_S):
                await courier.deliver(delivery(one.url))
            wanted = one.found[0] if one.found else (urlsplit(one.url).hostname,)
            where, port = world.connected[-1]
            assert (where in wanted, port) == (True, urlsplit(one.url).port or 443)
        assert len(receiver.got) == len(good)


async def test_a_name_is_looked_up_once_for_each_call(certificate: Path) -> None:
    found = {"hook.example.com": [[PUBLIC], ["127.0.0.1"]]}
    async with outside(certificate, found) as (courier, world, receiver):
        await courier.deliver(delivery())
        assert (world.looked_up, world.connected) == ({"hook.example.com": 1}, [(PUBLIC, 443)])
        fault = await failing(courier, delivery())
        assert (fault.code, "127" in fault.message) == ("webhook.blocked", False)
        assert (len(world.connected), len(receiver.got)) == (1, 1)


async def test_nothing_is_said_to_a_peer_who_is_another_than_was_meant(certificate: Path) -> None:
    async with outside(certificate) as (courier, world, receiver):
        world.peer = ("127.0.0.1", 443)
        fault = await failing(courier, delivery())
        assert (fault.code, fault.retry_safe) == ("webhook.blocked", False)
        assert receiver.got == []


async def test_a_redirect_is_not_followed(certificate: Path) -> None:
    async with outside(certificate) as (courier, world, receiver):
        for number, (status, where) in enumerate(REDIRECTS, 1):
            answer = web.Response(status=status, headers={"Location": where})
            receiver.answer = lambda answer=answer: answer
            fault = await failing(courier, delivery())
            assert (fault.code, fault.retry_safe) == ("webhook.refused", False)
            assert (len(world.connected), len(receiver.got)) == (number, number)


@pytest.fixture
def proxies() -> Iterator[None]:
    """Have proxies in the environment."""
    names = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "http_proxy")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "http://127.0.0.1:9"))
    yield
    for name, value in before.items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value


@pytest.mark.usefixtures("proxies")
async def test_no_proxy_of_the_environment_is_asked(certificate: Path) -> None:
    async with outside(certificate) as (courier, world, _):
        await courier.deliver(delivery())
        assert world.connected == [(PUBLIC, 443)]


ANSWERS = {
    200: None, 202: None, 299: None, 400: "refused", 401: "refused", 404: "refused",
    410: "refused", 408: "busy", 429: "busy", 500: "busy", 503: "busy",
}  # fmt: skip


async def test_what_a_webhook_answers_says_whether_to_try_again(certificate: Path) -> None:
    async with outside(certificate) as (courier, _, receiver):
        for status, code in ANSWERS.items():
            answer = web.Response(status=status, headers={"Retry-After": "9"})
            receiver.answer = lambda answer=answer: answer
            if code is None:
                await courier.deliver(delivery())
                continue
            fault = await failing(courier, delivery())
            assert (fault.code, fault.retry_safe) == (f"webhook.{code}", code == "busy")
            assert fault.retry_after_s == (9 if code == "busy" else None)
            assert "/in" not in fault.message


async def test_who_is_not_known_or_not_there_may_be_asked_again(certificate: Path) -> None:
    async with outside(certificate) as (courier, _, receiver):
        for url in ("https://nobody.example.com/", "https://other.example.org/"):
            fault = await failing(courier, delivery(url))
            assert (fault.code, fault.retry_safe) == ("webhook.unreachable", True)
        assert receiver.got == []


async def test_a_server_with_anothers_certificate_is_told_nothing(certificate: Path) -> None:
    found = {"stranger.example.com": [[PUBLIC]]}
    async with outside(certificate, found) as (courier, world, receiver):
        fault = await failing(courier, delivery("https://stranger.example.com/"))
        assert fault.code == "webhook.unreachable"
        assert (len(world.connected), receiver.got) == (1, [])


async def test_an_answer_without_end_holds_nothing_up(certificate: Path) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 65_536

    async with outside(certificate) as (courier, _, receiver):
        receiver.answer = lambda: web.Response(body=endless())
        with anyio.fail_after(GUARD_S):
            await courier.deliver(delivery())


async def test_what_the_operator_names_may_be_called_wherever_it_is(certificate: Path) -> None:
    async with outside(certificate) as (_, _, receiver):
        here = f"127.0.0.1:{receiver.port}"
        courier = WebhookCourier(Egress([here]), authorities=str(certificate), sockets=make_socket)
        url = courier.check_url(f"https://{here}/in")
        await courier.deliver(delivery(url))
        assert len(receiver.got) == 1
        for other in (f"https://127.0.0.1:{receiver.port + 1}/", "https://127.0.0.2/"):
            with pytest.raises(UsageError):
                courier.check_url(other)

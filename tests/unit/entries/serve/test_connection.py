"""Requests that come together are read a few at a time, each whole, and none is forgotten."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import anyio
import pytest
from anyio.lowlevel import checkpoint

from headwater.app.settings import Settings
from headwater.entries.serve.connection import Bounds, Connection
from headwater.entries.serve.early import answer
from headwater.entries.serve.server import make_server
from headwater.entries.serve.starts import AT_ONCE
from headwater.entries.wire.asgi import Receive, Scope, Send

HEAD = b"POST /%d HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\n"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Wire(asyncio.Transport):
    """A client's end: what was written to it, and whether it was closed."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False

    def write(self, data: Any) -> None:
        self.written += bytes(data)

    def pause_reading(self) -> None:
        """Nothing is read that is not handed over."""

    def resume_reading(self) -> None:
        """Nothing is read that is not handed over."""

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True


class Service:
    """Connections to an app that notes what it was asked, by the turn of the loop."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, bytes]] = []
        self.turn = 0
        self.turns: Counter[int] = Counter()
        self._server = make_server(self, Bounds.of(Settings()))

    def connect(self) -> tuple[Connection, Wire]:
        made: Any = self._server.config.http_protocol_class
        one: Connection = made(
            config=self._server.config, server_state=self._server.server_state, app_state={}
        )
        wire = Wire()
        one.connection_made(wire)
        return one, wire

    async def until(self, count: int) -> None:
        with anyio.fail_after(30):
            while len(self.asked) < count:
                await checkpoint()
                self.turn += 1

    async def settle(self) -> None:
        for _ in range(20):
            await checkpoint()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.turns[self.turn] += 1
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), bool(message.get("more_body"))
        self.asked.append((scope["path"], body))
        await answer(send, 200, b"{}")


async def test_of_many_requests_that_come_in_one_turn_a_few_begin_in_each() -> None:
    service = Service()
    made = [service.connect() for _ in range(300)]
    for number, (one, _) in enumerate(made):
        one.data_received(HEAD % number + b"body")
    assert service.turns == {}
    await service.until(300)
    assert max(service.turns.values()) <= AT_ONCE
    assert [path for path, _ in service.asked] == [f"/{number}" for number in range(300)]
    assert all(b"200 OK" in wire.written for _, wire in made)


async def test_a_request_that_comes_in_pieces_is_read_in_their_order() -> None:
    service = Service()
    one, wire = service.connect()
    whole = HEAD % 7 + b"body"
    for at in range(len(whole)):
        one.data_received(whole[at : at + 1])
        if at % 5 == 0:
            await checkpoint()
    await service.until(1)
    one.data_received(HEAD % 8 + b"bo")
    one.data_received(b"dy" + HEAD % 9)
    one.data_received(b"last")
    await service.until(3)
    assert service.asked == [("/7", b"body"), ("/8", b"body"), ("/9", b"last")]
    assert wire.written.count(b"200 OK") == 3


async def test_what_came_before_the_end_is_answered_and_what_was_left_is_not() -> None:
    service = Service()
    ending, wire = service.connect()
    ending.data_received(HEAD % 1 + b"body")
    ending.shutdown()
    assert not wire.closed
    gone, _ = service.connect()
    gone.data_received(HEAD % 2 + b"body")
    gone.connection_lost(None)
    await service.until(1)
    await service.settle()
    assert service.asked == [("/1", b"body")]
    assert wire.closed

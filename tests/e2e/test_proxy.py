"""The tests' proxy breaks what passes it as it is told to, and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator

import anyio
import pytest
from anyio.abc import SocketStream
from patience import GUARD_S
from proxy import Proxy, open_proxy

RESET = (anyio.BrokenResourceError, anyio.EndOfStream)


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    """Stand before a server that sends back what it gets."""

    async def echo(stream: SocketStream) -> None:
        async with stream:
            try:
                async for data in stream:
                    await stream.send(data)
                await stream.send_eof()
            except RESET:
                pass

    async with anyio.create_task_group() as group:
        listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
        async with listener:
            group.start_soon(listener.serve, echo)
            port = listener.extra(anyio.abc.SocketAttribute.local_port)
            async with open_proxy(f"echo://127.0.0.1:{port}") as proxy:
                yield proxy
                group.cancel_scope.cancel()


@pytest.fixture
async def line(proxy: Proxy) -> AsyncIterator[SocketStream]:
    with anyio.fail_after(GUARD_S):
        async with await anyio.connect_tcp("127.0.0.1", proxy.port) as stream:
            yield stream


async def said_back(line: SocketStream, said: bytes) -> bytes:
    await line.send(said)
    got = b""
    while len(got) < len(said):
        got += await line.receive()
    return got


async def test_what_is_whole_passes_as_it_came_and_is_counted(
    proxy: Proxy, line: SocketStream
) -> None:
    assert await said_back(line, b"x" * 100_000) == b"x" * 100_000
    assert (proxy.up.passed_bytes, proxy.down.passed_bytes) == (100_000, 100_000)
    assert (proxy.accepted, proxy.open_connections, proxy.cuts) == (1, 1, 0)
    await line.send_eof()
    with pytest.raises(anyio.EndOfStream):
        await line.receive()


async def test_a_cut_resets_what_stands_and_the_next_connection_is_whole(
    proxy: Proxy, line: SocketStream
) -> None:
    await said_back(line, b"one")
    proxy.cut()
    with pytest.raises(anyio.BrokenResourceError):
        await line.receive()
    async with await anyio.connect_tcp("127.0.0.1", proxy.port) as after:
        assert await said_back(after, b"two") == b"two"
    assert (proxy.accepted, proxy.cuts) == (2, 1)


async def test_who_is_refused_is_refused_at_once_and_let_in_when_mended(
    proxy: Proxy, line: SocketStream
) -> None:
    await proxy.refuse()
    with pytest.raises(OSError, match="connection attempts failed") as refused:
        await anyio.connect_tcp("127.0.0.1", proxy.port)
    assert isinstance(refused.value.__cause__, ConnectionRefusedError)
    assert await said_back(line, b"stands") == b"stands"
    await proxy.mend()
    async with await anyio.connect_tcp("127.0.0.1", proxy.port) as after:
        assert await said_back(after, b"in") == b"in"


@pytest.mark.parametrize("way", ["up", "down"])
async def test_what_hangs_is_held_until_mended(proxy: Proxy, line: SocketStream, way: str) -> None:
    getattr(proxy, way).hangs = True
    await line.send(b"held")
    with anyio.move_on_after(0.05) as waited:
        await line.receive()
    assert waited.cancelled_caught
    await proxy.mend()
    assert await line.receive() == b"held"


@pytest.mark.parametrize("way", ["up", "down"])
async def test_a_reply_is_cut_in_its_middle_once(
    proxy: Proxy, line: SocketStream, way: str
) -> None:
    getattr(proxy, way).cut_after_bytes = 3
    await line.send(b"0123456789")
    got = b""
    with pytest.raises(RESET):  # noqa: PT012 - a reset may overtake what passed before it
        while True:
            got += await line.receive()
    assert b"012".startswith(got)
    assert getattr(proxy, way).passed_bytes == 3
    async with await anyio.connect_tcp("127.0.0.1", proxy.port) as after:
        assert await said_back(after, b"0123456789") == b"0123456789"


async def test_pieces_arrive_each_after_its_delay(proxy: Proxy, line: SocketStream) -> None:
    proxy.down.piece_bytes, proxy.down.delay_s = 2, 0.02
    began = anyio.current_time()
    assert await said_back(line, b"012345") == b"012345"
    assert anyio.current_time() - began >= 0.06


async def test_noise_takes_the_place_of_what_came(proxy: Proxy, line: SocketStream) -> None:
    proxy.down.scrambles = True
    assert await said_back(line, b"0123456789") != b"0123456789"
    await proxy.mend()
    assert await said_back(line, b"0123456789") == b"0123456789"


async def test_a_server_that_is_not_there_resets_who_came(proxy: Proxy) -> None:
    with anyio.fail_after(GUARD_S):
        async with open_proxy("echo://127.0.0.1:1") as before_nothing:
            stream = await anyio.connect_tcp("127.0.0.1", before_nothing.port)
            async with stream:
                with pytest.raises(RESET):
                    await stream.receive()


async def test_a_url_points_to_the_proxy_and_keeps_the_rest(proxy: Proxy) -> None:
    here = f"127.0.0.1:{proxy.port}"
    assert proxy.url("redis://:secret@127.0.0.1:6379/3") == f"redis://:secret@{here}/3"
    assert proxy.url("mysql://me@elsewhere:1/x?y=1") == f"mysql://me@{here}/x?y=1"

"""The service as clients meet it: a real process, real sockets, keys, signals and bad manners."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import anyio
import pytest
from anyio import to_thread
from anyio.abc import SocketStream
from patience import GUARD_S, PROMPT_S
from serving import Server, served, serving

LOOKING = Path(__file__).with_name("looking.py")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a server that gives requests little time."""
    env = {"HEADWATER_HEADER_S": 1, "HEADWATER_BODY_S": 1, "HEADWATER_HEADER_BYTES": 8192}
    with served(tmp_path_factory.mktemp("served"), env=env) as one:
        yield one


@pytest.fixture(scope="module")
def key(server: Server) -> str:
    return server.key()


@asynccontextmanager
async def session(server: Server, key: str | None) -> AsyncIterator[aiohttp.ClientSession]:
    """Give a client with a key, or without."""
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(
        server.address, headers=headers, connector=connector
    ) as client:
        yield client


@asynccontextmanager
async def raw(server: Server) -> AsyncIterator[SocketStream]:
    """Give a bare connection."""
    host, _, port = server.address.removeprefix("http://").rpartition(":")
    async with await anyio.connect_tcp(host, int(port)) as stream:
        yield stream


async def until_closed(stream: SocketStream) -> bytes:
    """Return what comes until the server closes."""
    got = b""
    try:
        while True:
            got += await stream.receive()
    except (anyio.EndOfStream, anyio.BrokenResourceError):
        return got


async def test_a_question_is_answered_with_a_key_and_refused_without(
    server: Server, key: str
) -> None:
    body = {"question": "how many items per type?", "budget_s": 30}
    with anyio.fail_after(GUARD_S):
        async with session(server, key) as client, client.post("/v1/ask", json=body) as reply:
            assert reply.status == 200
            assert (await reply.json())["status"] == "complete"
        async with session(server, None) as nobody, nobody.post("/v1/ask", json=body) as reply:
            assert reply.status == 401
            assert reply.content_type == "application/problem+json"


async def test_a_tool_is_called(server: Server, key: str) -> None:
    with anyio.fail_after(GUARD_S):
        async with (
            session(server, key) as client,
            client.post("/v1/tools/ci.search", json={"keywords": ["web"], "limit": 10}) as reply,
        ):
            assert (await reply.json())["value"]["total"] == 1


async def test_health_is_told_without_a_key(server: Server) -> None:
    with anyio.fail_after(GUARD_S):
        async with session(server, None) as nobody:
            for path in ("/livez", "/readyz", "/metrics", "/openapi.json"):
                async with nobody.get(path) as reply:
                    assert reply.status == 200, path


async def test_a_client_that_goes_away_ends_its_run(server: Server, key: str) -> None:
    plan = {"steps": [{"id": "a", "tool": "slow.sleep"}]}
    with anyio.fail_after(GUARD_S):
        async with session(server, key) as client:
            async with anyio.create_task_group() as group:

                async def ask() -> None:
                    async with client.post("/v1/runs", json={**plan, "budget_s": 50}):
                        pytest.fail("answered")

                group.start_soon(ask)
                while not (found := await newest(client)) or found[0]["status"] is not None:
                    pass
                group.cancel_scope.cancel()
            with anyio.fail_after(PROMPT_S):
                while (run := (await newest(client))[0])["status"] is None:
                    pass
    assert run["status"] == "failed"


async def newest(client: aiohttp.ClientSession) -> list[dict[str, Any]]:
    """Return the newest run of a server, where there is one."""
    async with client.get("/v1/runs?limit=1") as reply:
        found: list[dict[str, Any]] = (await reply.json())["runs"]
        return found


async def test_half_sent_requests_are_closed_and_health_does_not_wait(
    server: Server,
) -> None:
    """200 clients send half of a header, or of a body, and are silent."""
    halves = (b"", b"POST /v1/ask HTTP/1.1\r\nHost: a\r\n", b"GET /v1/ru",
              b"POST /v1/ask HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\n{")  # fmt: skip
    late_s = await slow_senders(server, halves, number=200)
    assert late_s
    assert max(late_s) < PROMPT_S


@pytest.mark.slow
async def test_a_thousand_half_sent_requests_are_closed(tmp_path: Path) -> None:
    halves = (b"", b"POST /v1/ask HTTP/1.1\r\nHost: a\r\n", b"GET /v1/ru",
              b"POST /v1/ask HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\n{")  # fmt: skip
    async with serving(tmp_path) as one:
        with anyio.fail_after(40):
            late_s = await slow_senders(one, halves, number=1_000)
    assert late_s[int(len(late_s) * 0.95)] < 0.25, late_s[-9:]


async def slow_senders(server: Server, halves: tuple[bytes, ...], *, number: int) -> list[float]:
    """Send halves of requests, and return how long health took meanwhile, once all are closed."""

    async def half(sent: bytes) -> None:
        async with raw(server) as stream:
            await stream.send(sent)
            await until_closed(stream)

    with anyio.fail_after(GUARD_S):
        host, _, port = server.address.removeprefix("http://").rpartition(":")
        command = [sys.executable, str(LOOKING), host, port]
        async with await anyio.open_process(command, stderr=None) as looking:
            assert looking.stdout is not None
            assert looking.stdin is not None
            assert await looking.stdout.receive() == b"ready\n"
            async with anyio.create_task_group() as group:
                for one in range(number):
                    group.start_soon(half, halves[one % len(halves)])
            await looking.stdin.aclose()
            told = b"".join([part async for part in looking.stdout])
    return sorted(json.loads(told))


async def test_a_trickle_does_not_buy_time(server: Server) -> None:
    with anyio.fail_after(GUARD_S):
        async with raw(server) as stream, anyio.create_task_group() as group:
            await stream.send(b"GET /v1/tools HTTP/1.1\r\n")

            async def trickle() -> None:
                try:
                    while True:
                        await anyio.sleep(0.1)
                        await stream.send(b"X-A: b\r\n")
                except (anyio.BrokenResourceError, anyio.ClosedResourceError):
                    return

            group.start_soon(trickle)
            got = await until_closed(stream)
            group.cancel_scope.cancel()
    assert got == b"" or got.startswith((b"HTTP/1.1 408", b"HTTP/1.1 431"))


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /livez HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 9_000 + b"\r\n\r\n", b"431"),
        (b"GET /livez HTTP/1.1\r\n" + b"X-A: b\r\n" * 150 + b"\r\n", b"431"),
        (b"GET /" + b"x" * 9_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", b"431"),
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET /v1/tools HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", b"400"),
    ],
)
async def test_what_is_no_request_is_refused(server: Server, sent: bytes, status: bytes) -> None:
    with anyio.fail_after(GUARD_S):
        async with raw(server) as stream:
            await stream.send(sent)
            assert (await until_closed(stream)).startswith(b"HTTP/1.1 " + status)


async def test_a_header_without_an_end_is_not_kept(server: Server) -> None:
    with anyio.fail_after(GUARD_S):
        async with raw(server) as stream:
            try:
                await stream.send(b"GET /livez HTTP/1.1\r\nX: ")
                for _ in range(1_000):
                    await stream.send(b"x" * 10_000)
                pytest.fail("took ten megabytes of a header")
            except anyio.BrokenResourceError:
                pass


async def test_a_websocket_tells_what_happens_and_answers(server: Server, key: str) -> None:
    with anyio.fail_after(GUARD_S):
        async with session(server, None) as nobody, nobody.ws_connect("/v1/live") as line:
            await line.send_json({"key": key})
            assert (await line.receive_json())["type"] == "welcome"
            await line.send_json({"id": 1, "do": "ask", "question": "how many items per type?"})
            kinds = []
            while "answer" not in kinds:
                kinds.append((await line.receive_json())["type"])
            while (await line.receive_json())["event"]["kind"] != "run.answered":
                pass


async def test_a_websocket_whose_client_does_not_read_is_cut_off(server: Server, key: str) -> None:
    """Its neighbour goes on all the while."""
    with anyio.fail_after(GUARD_S):
        async with session(server, key) as client, client.ws_connect("/v1/live") as neighbour:
            async with raw(server) as stream:
                await stream.send(handshake(key))
                await stream.receive()
                number = 0
                while not await closed_by_now(stream):
                    number += 1
                    args = {"size": 2_000_000}
                    call = {"id": number, "do": "call", "tool": "slow.large", "args": args}
                    try:
                        await stream.send(frame(json.dumps(call).encode()))
                    except anyio.BrokenResourceError:
                        break
                    await anyio.sleep(0.1)
            await neighbour.send_json({"id": 7, "do": "ping"})
            while True:
                message = await neighbour.receive_json()
                if message.get("id") == 7:
                    break


async def closed_by_now(stream: SocketStream) -> bool:
    """Tell whether the other end is gone, without reading."""
    import socket

    bare = stream.extra(anyio.abc.SocketAttribute.raw_socket)
    return bool(bare.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] != 1)


def handshake(key: str) -> bytes:
    return (
        "GET /v1/live HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        f"Authorization: Bearer {key}\r\n\r\n"
    ).encode()


def frame(payload: bytes) -> bytes:
    """Return a text frame as a client sends it, with a mask of zeros."""
    assert len(payload) < 126
    return bytes([0x81, 0x80 | len(payload), 0, 0, 0, 0]) + payload


async def test_it_stops_in_order_and_answers_what_was_asked(tmp_path: Path) -> None:
    async with serving(tmp_path) as one:
        key = await to_thread.run_sync(one.key)
        let_go = tmp_path / "let go"
        step = {"id": "a", "tool": "slow.held", "args": {"until": str(let_go)}}
        plan = {"steps": [step], "budget_s": 50}
        statuses: list[object] = []
        with anyio.fail_after(GUARD_S):
            async with session(one, key) as client, client.ws_connect("/v1/live") as line:
                await line.receive_json()

                async def ask() -> None:
                    async with client.post("/v1/runs", json=plan) as reply:
                        statuses.append((await reply.json())["status"])

                async with anyio.create_task_group() as group:
                    group.start_soon(ask)
                    while (await line.receive_json()).get("event", {}).get("kind") != (
                        "step.started"
                    ):
                        pass
                    begun = await client.post("/v1/runs?background=true", json=plan)
                    run_id = (await begun.json())["run_id"]
                    one.stop()
                    while (await client.get("/readyz")).status == 200:
                        pass
                    async with client.post("/v1/runs", json=plan) as reply:
                        assert reply.status == 503
                        assert (await reply.json())["code"] == "limit.stopping"
                    let_go.touch()
                while (message := await line.receive()).type is aiohttp.WSMsgType.TEXT:
                    pass
                assert message.data == 1001
            assert statuses == ["complete"]
            assert await to_thread.run_sync(one.ended, GUARD_S) == 0
        async with serving(tmp_path, one.url) as again, session(again, key) as client:
            found = await client.get(f"/v1/runs/{run_id}")
            assert (await found.json())["run"]["status"] == "complete"


@pytest.mark.slow
async def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    async with serving(tmp_path) as one:
        key = await to_thread.run_sync(one.key)
        plan = {"steps": [{"id": "a", "tool": "slow.sleep"}], "budget_s": 50}
        with anyio.fail_after(GUARD_S):
            async with session(one, key) as client:
                async with client.post("/v1/runs?background=true", json=plan) as reply:
                    assert reply.status == 202
                one.stop(signal.SIGINT)
                while (await client.get("/readyz")).status == 200:
                    pass
                one.stop(signal.SIGINT)
                assert await to_thread.run_sync(one.ended, PROMPT_S) == 130


def test_an_address_that_is_taken_is_refused_by_name(server: Server, tmp_path: Path) -> None:
    import subprocess
    import sys

    port = server.address.rpartition(":")[2]
    done = subprocess.run(
        [sys.executable, "-m", "headwater.entries.cli.main", "serve", "--port", port, "--json",
         "--database", f"sqlite:///{tmp_path}/other.db"],
        capture_output=True, text=True, timeout=GUARD_S, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["code"] == "serve.cannot_listen"

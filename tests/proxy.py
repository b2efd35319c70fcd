"""What a dependency looks like when the network between breaks, on command and in either direction.

A proxy on loopback stands before a real server. Tests talk to it, and tell it to refuse, cut,
hang, slow down, slice or scramble what passes. It speaks no protocol.
"""

from __future__ import annotations

import random
import socket
import struct
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import anyio
from anyio.abc import SocketAttribute, SocketStream, TaskGroup, TaskStatus

PORTS = range(12000, 20000)
"""Below what systems hand to outgoing connections: nobody takes ours while it refuses."""
RESET_ON_CLOSE = struct.pack("ii", 1, 0)
BROKEN = (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream, OSError)


@dataclass
class Way:
    """One direction, what it does to bytes, and how many have passed."""

    hangs: bool = False
    """Takes bytes and holds them until mended."""
    delay_s: float = 0.0
    """Between a piece's arrival and its leaving."""
    piece_bytes: int | None = None
    """Passes pieces of this size, each after its own delay."""
    scrambles: bool = False
    """Passes noise in the place of what came."""
    cut_after_bytes: int | None = None
    """Resets the connection once that many more bytes have passed; happens once."""
    passed_bytes: int = 0

    def mend(self) -> None:
        """Pass everything as it comes."""
        self.hangs, self.delay_s, self.piece_bytes = False, 0.0, None
        self.scrambles, self.cut_after_bytes = False, None

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """Return what arrived as what is to leave, in pieces."""
        if self.scrambles:
            data = random.Random(data).randbytes(len(data))
        size_bytes = self.piece_bytes or len(data)
        for start in range(0, len(data), size_bytes):
            yield data[start : start + size_bytes]


class Proxy:
    """Carries connections to one server, and breaks them as told."""

    def __init__(self, target: tuple[str, int], group: TaskGroup) -> None:
        self.up = Way()
        """From client to server."""
        self.down = Way()
        """From server to client."""
        self.port = 0
        self.accepted = 0
        """Connections since the start."""
        self.cuts = 0
        self._target = target
        self._group = group
        self._lines: set[tuple[SocketStream, ...]] = set()
        self._stranded: set[tuple[SocketStream, ...]] = set()
        self._mended = anyio.Event()
        self._accepting: anyio.CancelScope | None = None
        self._shut = anyio.Event()

    def url(self, url: str) -> str:
        """Return a server's URL with the proxy in the server's place."""
        parts = urlsplit(url)
        who, at, _ = parts.netloc.rpartition("@")
        return urlunsplit(parts._replace(netloc=f"{who}{at}127.0.0.1:{self.port}"))

    @property
    def open_connections(self) -> int:
        """Connections being carried now."""
        return len(self._lines)

    async def refuse(self) -> None:
        """Refuse new connections; those that stand go on."""
        if self._accepting is not None:
            self._accepting.cancel()
            await self._shut.wait()

    def cut(self) -> None:
        """Reset every connection that stands."""
        for line in list(self._lines):
            self._reset(line)

    def hang(self) -> None:
        """Accept connections and bytes and answer nothing, until mended."""
        self.up.hangs = self.down.hangs = True

    def strand(self) -> None:
        """Drop for ever what comes on the connections that stand; new ones go well."""
        self._stranded |= self._lines

    async def mend(self) -> None:
        """End all faults: pass on what was held, and accept connections."""
        self.up.mend()
        self.down.mend()
        self._mended.set()
        self._mended = anyio.Event()
        if self._accepting is None:
            await self.accept()

    async def accept(self) -> None:
        """Accept connections on the port of before, or on a free one the first time."""
        if self.port:
            await self._group.start(self._accept, self.port)
            return
        for port in random.sample(PORTS, len(PORTS)):
            with suppress(OSError):
                await self._group.start(self._accept, port)
                return

    async def _accept(self, port: int, *, task_status: TaskStatus[None]) -> None:
        listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=port)
        self._shut = anyio.Event()
        try:
            async with listener:
                with anyio.CancelScope() as self._accepting:
                    self.port = port
                    task_status.started()
                    await listener.serve(self._carry, self._group)
        finally:
            self._accepting = None
            self._shut.set()

    async def _carry(self, client: SocketStream) -> None:
        self.accepted += 1
        async with client:
            try:
                server = await anyio.connect_tcp(*self._target)
            except OSError:
                self._reset((client,))
                return
            async with server:
                line = client, server
                self._lines.add(line)
                try:
                    async with anyio.create_task_group() as group:
                        group.start_soon(self._pass, line, self.up)
                        group.start_soon(self._pass, line[::-1], self.down)
                finally:
                    self._lines.discard(line)
                    self._stranded.discard(line)

    async def _pass(self, line: tuple[SocketStream, ...], way: Way) -> None:
        source, sink = line
        with suppress(*BROKEN):
            async for data in source:
                if self._is_stranded(line):
                    continue
                for piece in way.pieces(data):
                    await self._send(piece, sink, way)
                    if way.cut_after_bytes == 0:
                        way.cut_after_bytes = None
                        self._reset(line)
                        return
            await self._while_hanging(way)
            await sink.send_eof()

    async def _send(self, piece: bytes, sink: SocketStream, way: Way) -> None:
        await self._while_hanging(way)
        if way.delay_s:
            await anyio.sleep(way.delay_s)
        if way.cut_after_bytes is not None:
            piece = piece[: way.cut_after_bytes]
            way.cut_after_bytes -= len(piece)
        if piece:
            way.passed_bytes += len(piece)  # first: who has the bytes finds them counted
            await sink.send(piece)

    def _is_stranded(self, line: tuple[SocketStream, ...]) -> bool:
        return line in self._stranded or line[::-1] in self._stranded

    async def _while_hanging(self, way: Way) -> None:
        while way.hangs:
            await self._mended.wait()

    def _reset(self, line: tuple[SocketStream, ...]) -> None:
        self.cuts += 1
        for stream in line:
            raw = stream.extra(SocketAttribute.raw_socket)
            with suppress(OSError):
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            self._group.start_soon(stream.aclose)


@asynccontextmanager
async def open_proxy(url: str) -> AsyncIterator[Proxy]:
    """Stand before the server of a URL until left, and cut what then stands."""
    parts = urlsplit(url)
    async with anyio.create_task_group() as group:
        proxy = Proxy((parts.hostname or "127.0.0.1", parts.port or 0), group)
        await proxy.accept()
        try:
            yield proxy
        finally:
            group.cancel_scope.cancel()

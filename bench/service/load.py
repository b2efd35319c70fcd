"""A client that costs little, so that the server is what is measured.

Run by `python -m bench.service.load`, it reads one line of JSON on stdin, says `ready`, begins when
stdin ends, so that several begin at the same time, and writes one JSON document on stdout.
What is sent is made beforehand. Each connection sends its next request when the last one is
answered; or, where a `rate` is given, so many requests a second are sent whatever is answered, each
over a connection that is idle, and what finds none counts as `unsent`.
"""

from __future__ import annotations

import asyncio
import functools
import json
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import Any, cast

TICK_S = 0.002
READY = "ready"
SLOWEST_S = 30.0
"""A request that takes longer counts as an error, and its connection is closed."""


@dataclass(slots=True)
class Tally:
    """What one load gave: latencies in seconds by the request's kind, statuses, errors."""

    seconds: float = 0.0
    latencies_s: dict[str, list[float]] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    errors: int = 0
    marks: dict[str, int] = field(default_factory=dict)
    """How many bodies held each of the texts looked for."""
    unsent: int = 0
    late: int = 0
    """Answers of 200 that came after the seconds given as `late_s`."""


class Visitor(asyncio.Protocol):
    """One connection that asks again and again."""

    def __init__(self, load: Load, number: int) -> None:
        self._load = load
        self._next = number
        self._buffer = bytearray()
        self._wanted = -1
        self._sent_at = 0.0
        self._kind = ""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask first, once everyone is there."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop has classes of its own
        self._load.came(self)

    def ask(self) -> None:
        """Send the next request, unless the time is over."""
        load = self._load
        if self._transport is None or self._transport.is_closing():
            return
        if load.over():
            load.left(self._transport)
            return
        self._kind, request = load.requests[self._next % len(load.requests)]
        self._next += load.stride
        self._sent_at = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Gather an answer, and ask again when it is whole."""
        buffer = self._buffer
        buffer += data
        if self._wanted < 0:
            end = buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            self._wanted = end + 4 + _length(bytes(buffer[:end]).lower())
        if len(buffer) < self._wanted:
            return
        self._load.answered(self._kind, time.perf_counter() - self._sent_at, bytes(buffer))
        buffer.clear()
        self._wanted = -1
        if self._load.rate:
            self._load.rests(self)
        elif self._load.pause_s:
            asyncio.get_running_loop().call_later(self._load.pause_s, self.ask)
        else:
            self.ask()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count a connection that the server ended."""
        self._load.lost()


def _length(head: bytes) -> int:
    at = head.find(b"content-length:")
    if at < 0:
        raise ValueError("an answer without a length: this client reads no chunks")
    return int(head[at + 15 : (head + b"\r\n").find(b"\r\n", at)])


class Load:
    """So many connections for so many seconds."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.requests = [(kind, _request(given, one)) for kind, one in _kinds(given["requests"])]
        self.connections = int(given["connections"])
        self.seconds = float(given["seconds"])
        self.pause_s = float(given.get("pause_s", 0.0))
        self.rate = float(given.get("rate", 0.0))
        self.slowest_s = float(given.get("slowest_s", SLOWEST_S))
        self.late_s = float(given.get("late_s", self.slowest_s))
        self.marks = [str(one) for one in given.get("marks", ())]
        self.stride = self.connections
        self.until = 0.0
        self.tally = Tally()
        self._host, self._port = given["host"], int(given["port"])
        self._all: list[Visitor] = []
        self._idle: list[Visitor] = []
        self._gone = 0
        self._over = asyncio.Event()
        self._began = False

    async def run(self) -> Tally:
        """Open all connections, then let all ask, until the time is over."""
        loop, host, port = asyncio.get_running_loop(), self._host, self._port
        for number in range(self.connections):
            await loop.create_connection(functools.partial(Visitor, self, number), host, port)
        started_at = time.perf_counter()
        self.until = started_at + self.seconds
        self._began = True
        if self.rate:
            self._idle = list(self._all)
            self._send_due(started_at, 0)
        else:
            for one in self._all:
                one.ask()
        try:
            async with asyncio.timeout(self.seconds + self.slowest_s):
                await self._over.wait()
        except TimeoutError:
            self.tally.errors += self.connections - self._gone
        self.tally.seconds = time.perf_counter() - started_at
        return self.tally

    def _send_due(self, started_at: float, sent: int) -> None:
        """Send what is due by the rate, and look again in a moment."""
        now = time.perf_counter()
        due = int((min(now, self.until) - started_at) * self.rate)
        for _ in range(due - sent):
            if self._idle:
                self._idle.pop().ask()
            else:
                self.tally.unsent += 1
        if now < self.until:
            asyncio.get_running_loop().call_later(TICK_S, self._send_due, started_at, due)
            return
        self.rate = 0.0
        for one in self._idle:
            one.ask()  # their time is over

    def over(self) -> bool:
        """Tell whether nothing more is to be asked."""
        return time.perf_counter() >= self.until

    def rests(self, visitor: Visitor) -> None:
        """Take note of a connection that has nothing to do."""
        self._idle.append(visitor)

    def came(self, visitor: Visitor) -> None:
        """Take note of an open connection."""
        self._all.append(visitor)

    def left(self, transport: asyncio.Transport) -> None:
        """Close a connection whose time is over."""
        self._leave()
        transport.close()

    def lost(self) -> None:
        """Count a connection lost before its time."""
        if self._began and time.perf_counter() < self.until:
            self.tally.errors += 1
            self._leave()

    def _leave(self) -> None:
        self._gone += 1
        if self._gone >= self.connections:
            self._over.set()

    def answered(self, kind: str, took_s: float, answer: bytes) -> None:
        """Take note of an answer."""
        status = answer[9:12].decode()
        tally = self.tally
        tally.statuses[status] = tally.statuses.get(status, 0) + 1
        if status == "200":
            tally.late += took_s > self.late_s
            tally.latencies_s.setdefault(kind, []).append(took_s)
        elif status[0] == "5" and status not in {"503", "504"}:
            tally.errors += 1
        for mark in self.marks:
            if mark.encode() in answer:
                tally.marks[mark] = tally.marks.get(mark, 0) + 1


def _kinds(requests: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    return [(str(one.get("kind", one["path"])), one) for one in requests]


def _request(given: dict[str, Any], one: dict[str, Any]) -> bytes:
    body = json.dumps(one["body"]).encode() if "body" in one else b""
    headers = {"Host": f"{given['host']}:{given['port']}", **given.get("headers", {})}
    headers |= one.get("headers", {})
    if body:
        headers |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
    lines = [f"{one.get('method', 'POST' if body else 'GET')} {one['path']} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def main() -> None:
    """Carry out the load that stdin describes."""
    import uvloop

    load = Load(json.loads(sys.stdin.readline()))
    print(READY, flush=True)
    sys.stdin.read()

    async def loaded() -> Tally:
        return await load.run()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        tally = runner.run(loaded())
    json.dump(asdict(tally), sys.stdout)


if __name__ == "__main__":
    main()

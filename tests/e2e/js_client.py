"""The official SignalR client, in a Node.js of its own, steered line by line."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.abc import Process
from anyio.streams.text import TextReceiveStream
from patience import GUARD_S

SCRIPT = Path(__file__).parent / "signalr/client.js"
NODE = Path(__file__).parents[2] / ".ci/node.py"


def node() -> dict[str, str]:
    """Return where Node.js and the client are, or skip, saying why they cannot be had."""
    done = subprocess.run(
        [sys.executable, str(NODE)], capture_output=True, text=True, timeout=1500, check=False
    )
    if done.returncode:
        pytest.skip(done.stderr.strip() or "Node.js cannot be had")
    found: dict[str, str] = json.loads(done.stdout)
    return found


class JsClient:
    """One client, and what it has told so far."""

    def __init__(self, process: Process) -> None:
        self.heard: list[dict[str, Any]] = []
        self._process = process
        self._numbers = itertools.count(1)
        self._news = anyio.Event()

    async def order(self, order: object) -> None:
        """Write one line."""
        assert self._process.stdin is not None
        await self._process.stdin.send(json.dumps(order).encode() + b"\n")

    async def call(self, method: str, *args: Any) -> dict[str, Any]:
        """Call a method of the server's, and return its result or error."""
        number = next(self._numbers)
        await self.order({"id": number, "call": method, "args": args})
        return await self.next("id", number)

    async def told(self, method: str) -> Any:
        """Wait until the server calls a method, and return what it says."""
        return (await self.next("told", method))["event"]

    async def next(self, name: str, value: Any = ...) -> dict[str, Any]:
        """Wait for a line that has this, and take it out."""
        with anyio.fail_after(GUARD_S):
            while True:
                for one in self.heard:
                    if name in one and value in {..., one[name]}:
                        self.heard.remove(one)
                        return one
                self._news = anyio.Event()
                await self._news.wait()

    async def hear(self) -> None:
        """Take what the client writes, until it ends."""
        assert self._process.stdout is not None
        rest = ""
        async for text in TextReceiveStream(self._process.stdout):
            *lines, rest = (rest + text).split("\n")
            self.heard += map(json.loads, lines)
            self._news.set()


@asynccontextmanager
async def js_client(
    found: dict[str, str], url: str, key: str, *, way: str = "headers", again: tuple[int, ...] = ()
) -> AsyncIterator[JsClient]:
    """Run a client that connects, and end it with the block.

    Args:
        found: Where Node.js is.
        url: Of the hub.
        key: Whose.
        way: `headers`; `page` as in a browser's; `factory` for accessTokenFactory.
        again: Milliseconds to wait before each attempt to connect anew.
    """
    env = {**os.environ, "NODE_PATH": found["modules"]}
    async with (
        await anyio.open_process([found["node"], str(SCRIPT)], env=env, stderr=None) as process,
        anyio.create_task_group() as group,
    ):
        client = JsClient(process)
        group.start_soon(client.hear)
        await client.order({"url": url, "key": key, "way": way, "again": again})
        try:
            yield client
        finally:
            process.kill()
            group.cancel_scope.cancel()

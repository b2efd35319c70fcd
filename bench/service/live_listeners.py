"""A thousand members in their rooms: `python -m bench.service.live_listeners PORT STALLED`.

Takes `{"rooms": ...}` of `live_members` on stdin; says `open` when all are in, and on a further
line of stdin what came: for each member the room and when each event came, and how many were out of
order or another room's. `STALLED` more join and never read.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import time
from contextlib import AsyncExitStack
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

SMALL_BYTES = 4096
"""What the system keeps for one who does not read, so that it soon shows."""


class Listener:
    """One member in a room, and what came."""

    def __init__(self, line: ClientConnection, project: int) -> None:
        self.project = project
        self.came_at: list[float] = []
        self.wrong = 0
        self._line = line
        self._seq = 0

    async def join(self) -> None:
        """Come in."""
        await self._line.send(json.dumps({"do": "unsubscribe"}))
        await self._line.send(json.dumps({"do": "join", "id": 1, "project": self.project}))
        while (message := json.loads(await self._line.recv()))["type"] != "joined":
            pass
        self._seq = message["seq"]

    async def listen(self) -> None:
        """Count what comes, until the line ends."""
        async for text in self._line:
            now = time.time()
            message = json.loads(text)
            event = message.get("event", {})
            if message["type"] != "room" or event["seq"] is None:
                continue
            self.wrong += event["project"] != self.project or event["seq"] != self._seq + 1
            self._seq = event["seq"]
            self.came_at.append(now)


async def hold(port: int, stalled: int, rooms: list[dict[str, Any]]) -> dict[str, Any]:
    """Hold all lines until stdin says so, and return what came."""
    url = f"ws://127.0.0.1:{port}/v1/live"
    loop, listeners = asyncio.get_running_loop(), list[Listener]()
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as group:
        gate = asyncio.Semaphore(20)

        async def enter(key: str, project: int) -> None:
            async with gate:
                headers = {"Authorization": f"Bearer {key}"}
                line = await connect(
                    url, additional_headers=headers, compression=None, open_timeout=60
                )
            stack.callback(line.transport.abort)
            one = Listener(line, project)
            await one.join()
            listeners.append(one)

        async with asyncio.TaskGroup() as entering:
            for room in rooms:
                for key in room["keys"]:
                    entering.create_task(enter(key, room["project"]))
        unread = [await stall(url, rooms[n % len(rooms)]) for n in range(stalled)]
        waits = [group.create_task(one.listen()) for one in listeners]
        print("open", flush=True)
        await loop.run_in_executor(None, sys.stdin.readline)
        for task in waits:
            task.cancel()
        dropped = sum(one.state.name != "OPEN" for one in unread)
        for one in unread:
            one.transport.abort()
    return {
        "came": [[one.project, one.came_at] for one in listeners],
        "wrong": sum(one.wrong for one in listeners),
        "dropped": dropped,
    }


async def stall(url: str, room: dict[str, Any]) -> ClientConnection:
    """Join a room, and read no more of it."""
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BYTES)
    one.setblocking(False)
    host, port = url.split("/")[2].split(":")
    await asyncio.get_running_loop().sock_connect(one, (host, int(port)))
    headers = {"Authorization": f"Bearer {room['keys'][0]}"}
    line = await connect(
        url, sock=one, additional_headers=headers, compression=None, ping_interval=None,
        max_queue=1, open_timeout=60,
    )  # fmt: skip
    await line.send(json.dumps({"do": "join", "id": 1, "project": room["project"]}))
    return line


if __name__ == "__main__":
    given = json.loads(sys.stdin.readline())["rooms"]
    told = asyncio.run(hold(int(sys.argv[1]), int(sys.argv[2]), given))
    sys.stdout.write(json.dumps(told) + "\n")

"""So many WebSockets that say nothing: `python -m bench.service.sockets PORT MANY KEY`.

Says `open` when they are, and closes them when its stdin ends.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack

from websockets.asyncio.client import connect


async def hold(port: int, many: int, key: str) -> None:
    """Hold the connections until stdin ends."""
    headers = {"Authorization": f"Bearer {key}"}
    url = f"ws://127.0.0.1:{port}/v1/live"
    async with AsyncExitStack() as stack:
        for _ in range(many):
            await stack.enter_async_context(connect(url, additional_headers=headers))
        print("open", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(hold(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))

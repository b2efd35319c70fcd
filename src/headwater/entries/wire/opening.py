"""Whether requests may still come in, here; it turns nobody away itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio


class Opening:
    """The doors of one server: open until it stops. Make it inside the event loop."""

    def __init__(self) -> None:
        self._closing = anyio.Event()

    @property
    def stopping(self) -> bool:
        """Tell whether the server stops."""
        return self._closing.is_set()

    def close(self) -> None:
        """Let nobody in any more; whoever only listens is to leave."""
        self._closing.set()

    async def closing(self) -> None:
        """Wait until the server stops."""
        await self._closing.wait()

    async def until_closing(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do something that may never end, until it has ended or the server stops."""
        async with anyio.create_task_group() as group:

            async def leave() -> None:
                await self._closing.wait()
                group.cancel_scope.cancel()

            group.start_soon(leave)
            await work()
            group.cancel_scope.cancel()

"""Tools that tests of entries call: quick, slow, failing, and one that waits until it is told."""

from __future__ import annotations

import anyio

from headwater import tool
from headwater.errors import StoreFault, ToolFault


@tool(name="test.echo", description="Gives back what it takes.", role="reader")
async def echo(text: str = "", number: int = 0) -> dict[str, object]:
    return {"text": text, "number": number}


@tool(name="test.fails", description="Fails.", role="reader")
async def fails() -> str:
    raise ToolFault("it is broken; mend it", code="tool.raised", retry_safe=False)


@tool(name="test.store", description="Fails as a store does.", role="reader", attempts=1)
async def store() -> str:
    raise StoreFault("the store is away", code="store.failed", retry_safe=False)


@tool(name="test.bug", description="Raises what nobody foresaw.", role="reader")
async def bug() -> str:
    raise ZeroDivisionError


@tool(name="test.operate", description="Is for operators.", role="operator")
async def operate() -> str:
    return "operated"


class Slow:
    """A tool that sleeps until it is cancelled, and says when that was."""

    def __init__(self) -> None:
        self.began = anyio.Event()
        self.cancelled_at: float | None = None
        self.calls = 0

        @tool(name="test.slow", description="Takes long.", role="reader")
        async def slow() -> str:
            self.calls += 1
            self.began.set()
            try:
                await anyio.sleep(30)
            except anyio.get_cancelled_exc_class():
                self.cancelled_at = anyio.current_time()
                raise
            return "slept"

        self.tool = slow


TOOLS = [echo, fails, store, bug, operate]

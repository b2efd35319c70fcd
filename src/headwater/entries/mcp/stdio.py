"""How an agent on this machine is answered, over standard input and output; it opens no estate.

Next: `headwater.entries.mcp.server`
"""

from __future__ import annotations

from mcp.server.stdio import stdio_server

from headwater.app.service import AsyncHeadwater
from headwater.entries.mcp.server import Context, make_server
from headwater.model.principal import Principal


async def answer_stdio(hw: AsyncHeadwater, key: str | None = None) -> None:
    """Answer an agent until it closes our standard input.

    Standard output carries the protocol and nothing else: what others print there goes to
    standard error instead.

    Args:
        hw: The app.
        key: Whose key each request is asked with; without one it is the client's own principal.
    """

    async def who(ctx: Context) -> Principal | None:
        del ctx
        return None if key is None else await hw.access.identify(key)

    server = make_server(hw, who)
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())

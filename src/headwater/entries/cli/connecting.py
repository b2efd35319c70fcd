"""The command that answers an agent: MCP over standard input and output, until it hangs up.

Next: `headwater.entries.mcp.stdio`
"""

from __future__ import annotations

import logging
import signal
import sys

import anyio

from headwater.entries.cli.exits import COMPLETE
from headwater.entries.cli.options import NO_OPTIONS, Options


def mcp(*, options: Options = NO_OPTIONS) -> int:
    """Answer an agent that started this command and speaks MCP on standard input and output.

    It asks as the local principal of --tenant, or with the key in HEADWATER_KEY.

    Args:
        options: Options of every command; nothing but the protocol is ever written to stdout.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    # A thread waits for the next line and cannot be called back, so that Ctrl-C ends the process
    # as SIGTERM does: at once. An agent that hangs up in order closes standard input.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

    from headwater.app.settings import find_settings
    from headwater.entries.cli.door import opened
    from headwater.entries.mcp.stdio import answer_stdio

    key = find_settings().key

    async def answered() -> None:
        async with opened(options, asks=True) as app:
            await answer_stdio(app, key.get_secret_value() if key else None)

    anyio.run(answered)
    return COMPLETE

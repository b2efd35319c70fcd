"""The command that serves: HTTP, WebSocket and MCP at one address, until it is stopped."""

from __future__ import annotations

import functools

import anyio

from headwater.entries.cli.decode import checked
from headwater.entries.cli.exits import COMPLETE, STOPPED
from headwater.entries.cli.failing import complain
from headwater.entries.cli.options import NO_OPTIONS, Options
from headwater.entries.cli.screen import Screen

HOST = "127.0.0.1"
PORT = 8420


def serve(*, host: str = HOST, port: int = PORT, options: Options = NO_OPTIONS) -> int:
    """Serve the estate over HTTP, WebSocket and MCP until SIGTERM or Ctrl-C.

    Args:
        host: The address to listen on; 0.0.0.0 for every one of this machine.
        port: The port to listen on; 0 for any that is free.
        options: Options of every command.
    """
    screen = Screen(options)
    name = checked(host, "the host")
    database = checked(options.database or "", "--database") or None

    import uvloop

    from headwater.app.logs import set_up_logs
    from headwater.app.settings import find_settings
    from headwater.entries.serve.server import bind, serve

    settings = find_settings().model_copy(update={"watch_loop": True, "jobs": True})
    if options.tenant:
        settings = settings.model_copy(update={"tenant": checked(options.tenant, "--tenant")})
    given = settings.model_copy(update={"database": database}) if database else settings
    set_up_logs(secrets=given.secrets)
    bound = bind(name, port)

    def told(address: str) -> None:
        if screen.json:
            screen.give({"address": address})
        else:
            complain(f"headwater: serving at {address} (Ctrl-C stops)")

    work = functools.partial(serve, bound, database, settings, told=told)
    in_order = anyio.run(work, backend_options={"loop_factory": uvloop.new_event_loop})
    return COMPLETE if in_order else STOPPED

"""How the service is served: one process, one loop, until it is told to stop."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable

import anyio
import uvicorn

from headwater.app.service import AsyncHeadwater
from headwater.app.settings import Settings
from headwater.entries.serve.compose import make_app
from headwater.entries.wire.opening import Opening
from headwater.errors import UsageError

SIGNALS = (signal.SIGTERM, signal.SIGINT)


def bind(host: str, port: int) -> socket.socket:
    """Return a socket bound to an address.

    Raises:
        UsageError: `serve.cannot_listen`.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except (OSError, OverflowError) as error:
        bound.close()
        reason = getattr(error, "strerror", None) or error
        message = f"cannot listen on {host}:{port} ({reason}); name another with --host or --port"
        raise UsageError(message, code="serve.cannot_listen") from error
    return bound


def address_of(bound: socket.socket) -> str:
    """Return the address of a socket as a URL."""
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def serve(
    bound: socket.socket, url: str | None, settings: Settings, *, told: Callable[[str], None]
) -> None:
    """Serve an estate at a socket until a signal says to stop.

    Args:
        bound: Where to listen.
        url: Which estate; that of the settings where it is None.
        settings: How.
        told: Told the address once requests are answered.
    """
    async with AsyncHeadwater.open(url, settings=settings) as hw:
        server = make_server(hw)
        async with anyio.create_task_group() as group:
            group.start_soon(stop_on_signal, server, name="signals")
            await server.startup(sockets=[bound])
            told(address_of(bound))
            await server.main_loop()
            await server.shutdown(sockets=[bound])
            group.cancel_scope.cancel()


def make_server(hw: AsyncHeadwater) -> uvicorn.Server:
    """Return a server over an app, set up but not started."""
    config = uvicorn.Config(
        make_app(hw, Opening()),
        http="httptools",
        ws="websockets-sansio",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    return server


async def stop_on_signal(server: uvicorn.Server) -> None:
    """End the server on the first signal in order, on the second at once."""
    with anyio.open_signal_receiver(*SIGNALS) as signals:
        async for _ in signals:
            if server.should_exit:
                server.force_exit = True
            server.should_exit = True

"""How the service is served: one process, one loop, until it is told to stop."""

from __future__ import annotations

import asyncio
import functools
import gc
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import anyio
import uvicorn
from anyio import to_thread

from headwater.app.settings import Settings
from headwater.entries.serve.connection import Bounds, Connection, bounded
from headwater.entries.serve.early import Early
from headwater.entries.serve.live_socket import LiveSocket
from headwater.entries.wire.asgi import App
from headwater.entries.wire.opening import Opening
from headwater.errors import UsageError

SIGNALS = (signal.SIGTERM, signal.SIGINT)
SWEEP_S = 1.0
"""Seconds between looks at connections that take too long."""
LEFT_S = 2.0
"""Seconds for the last responses to be sent, once no run is under way."""
CLOSE_S = 2
"""Seconds for connections to be closed after that."""
IDLE_S = 75
"""Seconds for which a connection may stay open without a request."""
MESSAGE_BYTES = 64 * 1024
"""Bytes of one message that comes over a WebSocket."""
PING_S = 20.0
COLLECT = (50_000, 5, 20)
"""Objects made before the youngest are looked through, and how often before older ones are.

With 10,000 it took a fourteenth of the CPU of fifty reviews at once, for nothing was found.
"""


Composition = Callable[..., AbstractAsyncContextManager[Any]]
"""See `compose.served`."""


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
) -> bool:
    """Serve an estate at a socket until a signal says to stop; tell whether it ended in order.

    Args:
        bound: Where to listen.
        url: Which estate; that of the settings where it is None.
        settings: How.
        told: Told the address once the process answers; requests wait until the app is open.
    """
    opening, early, host = Opening(), Early(), bound.getsockname()[0]
    server, in_order = make_server(early, Bounds.of(settings)), False
    with anyio.open_signal_receiver(*SIGNALS) as signals:
        await server.startup(sockets=[bound])
        told(address_of(bound))
        gc.disable()  # until all is open: each look through what is imported takes 0.1 s
        try:
            async with anyio.create_task_group() as group:
                wish = anyio.Event()
                group.start_soon(heed, signals, wish, group.cancel_scope)
                group.start_soon(sweep, server, name="sweep")
                group.start_soon(server.main_loop, name="clock")
                served = await to_thread.run_sync(composition)
                async with served(url, opening, host=host, settings=settings) as all_:
                    keep_what_stays()
                    early.open(all_.app)
                    try:
                        await wish.wait()
                        in_order = await stop(all_.hw, opening, within_s=settings.stop_s)
                    finally:
                        if opening.inside or not in_order:  # who is refused now is told so
                            end_requests(server)
                group.cancel_scope.cancel()
        finally:
            gc.enable()
            server.force_exit = not in_order
            await server.shutdown(sockets=[bound])  # noqa: ASYNC102 (bounded by uvicorn itself)
    return in_order


def keep_what_stays() -> None:
    """Have the collector leave out what was imported and opened: it stays until the end.

    To look through it once more, for the few megabytes that nobody refers to, would hold the loop
    up for 0.2 s; to do so again and again, each time.
    """
    gc.freeze()
    gc.set_threshold(*COLLECT)
    gc.enable()


def composition() -> Composition:
    """Return what opens the app and everything over it; what that imports takes its time."""
    from headwater.entries.serve.compose import served

    return served


async def heed(signals: AsyncIterator[Any], wish: anyio.Event, scope: anyio.CancelScope) -> None:
    """Stop in order on the first signal, and at once on the second."""
    await anext(signals)
    wish.set()
    await anext(signals)
    scope.cancel()


def make_server(app: App, bounds: Bounds) -> uvicorn.Server:
    """Return a server over an app, set up but not started."""
    config = uvicorn.Config(
        app,
        http=bounded(bounds),
        ws=LiveSocket,
        ws_max_size=MESSAGE_BYTES,
        ws_ping_interval=PING_S,
        ws_ping_timeout=PING_S,
        ws_per_message_deflate=False,
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=IDLE_S,
        timeout_graceful_shutdown=CLOSE_S,
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    return server


async def sweep(server: uvicorn.Server) -> None:
    """Close, now and for ever, the connections that take too long."""
    while True:
        await anyio.sleep(SWEEP_S)
        now = asyncio.get_running_loop().time()
        for one in tuple(server.server_state.connections):
            if isinstance(one, Connection):
                one.sweep(now)


async def stop(hw: Any, opening: Opening, *, within_s: float) -> bool:
    """Take no more requests, and wait until those under way are answered, or their time is up."""
    hw.health.drain()
    opening.close()
    with anyio.move_on_after(within_s + LEFT_S):
        async with anyio.create_task_group() as group:
            group.start_soon(functools.partial(hw.live.drain, within_s=within_s))
            group.start_soon(opening.empty)
    return True


def end_requests(server: uvicorn.Server) -> None:
    """Cancel the requests that have outlived their time."""
    for task in tuple(server.server_state.tasks):
        task.cancel()

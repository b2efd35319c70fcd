"""One request over HTTP and what became of it; it tries once and decides nothing.

A connection goes back to the pool only after a whole answer; whatever else happens closes it.
What speaks HTTP is imported at the first request, in a thread: most processes make none.
"""

from __future__ import annotations

from typing import Any

import anyio
from anyio import to_thread
from yarl import URL

from headwater.errors import StoreFault
from headwater.sources.github.faults import bad_answer
from headwater.sources.github.messages import Miss, Reply, Request

CLOSE_S = 2.0
MOST_BYTES = 32 * 1024 * 1024
REDIRECTS = frozenset((301, 302, 307, 308))
MOST_REDIRECTS = 3


class Wire:
    """One pool of connections, opened at the first request, in the loop that makes it.

    Args:
        connections: The most there are.
    """

    def __init__(self, *, connections: int) -> None:
        self._connections = connections
        self._session: Any = None
        self.closed = False

    async def _opened(self) -> Any:
        if self._session is None:
            await to_thread.run_sync(_load)
        import aiohttp

        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._connections),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
            )
        return self._session

    async def aclose(self) -> None:
        """Close all connections."""
        self.closed = True
        session, self._session = self._session, None
        if session is not None:
            with anyio.move_on_after(CLOSE_S, shield=True):
                await session.close()

    async def exchange(self, request: Request, *, within_s: float) -> Reply | Miss:
        """Send a request and wait for its answer, through redirects at the same host."""
        with anyio.move_on_after(within_s):
            return await self._follow(request)
        message = f"GitHub gave no answer to {request.where} within {within_s:g} s"
        return Miss(error=StoreFault(message, code="github.timeout"), maybe_done=True)

    async def _follow(self, request: Request) -> Reply | Miss:
        url = request.url
        for _ in range(MOST_REDIRECTS + 1):
            found = await self._once(request, url)
            if isinstance(found, Miss) or found.status not in REDIRECTS:
                return found
            target = url.join(URL(found.headers.get("location", "")))
            if target.origin() != url.origin():
                problem = "it leads to another host"
                return Miss(error=bad_answer(problem, where=request.where), maybe_done=False)
            url = target
        problem = "it leads on and on"
        return Miss(error=bad_answer(problem, where=request.where), maybe_done=False)

    async def _once(self, request: Request, url: URL) -> Reply | Miss:
        asked: dict[str, Any] = {"headers": request.headers, "allow_redirects": False}
        if request.body:
            asked["data"] = request.body
        session = await self._opened()
        import aiohttp

        try:
            async with session.request(request.method, url, **asked) as response:
                return Reply(
                    status=response.status,
                    headers={name.lower(): text for name, text in response.headers.items()},
                    body=await _read(response),
                )
        except _TooLargeError:
            error = bad_answer(f"it has over {MOST_BYTES:,} bytes", where=request.where)
            return Miss(error=error, maybe_done=True)
        except aiohttp.ClientConnectorError as error:
            return self._unreachable(error, request, maybe_done=False)
        except (aiohttp.ClientError, OSError, RuntimeError) as error:
            return self._unreachable(error, request, maybe_done=True)

    def _unreachable(self, error: Exception, request: Request, *, maybe_done: bool) -> Miss:
        """Return the miss; the library's own error is not chained, as it may show our headers."""
        if isinstance(error, RuntimeError) and not self.closed:
            raise error
        message = f"the connection to GitHub failed at {request.where}: {type(error).__name__}"
        return Miss(error=StoreFault(message, code="github.unreachable"), maybe_done=maybe_done)


class _TooLargeError(Exception):
    """An answer has more bytes than are taken."""


def _load() -> None:
    """Import what a request and its answer are read with."""
    import aiohttp  # noqa: F401

    import headwater.sources.github.judging  # noqa: F401


async def _read(response: Any) -> bytes:
    parts, size_bytes = [], 0
    async for part in response.content.iter_any():
        size_bytes += len(part)
        if size_bytes > MOST_BYTES:
            response.close()
            raise _TooLargeError
        parts.append(part)
    return b"".join(parts)

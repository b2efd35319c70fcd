"""One request over HTTP and what became of it; it tries once and decides nothing.

A connection goes back to the pool only after a whole answer; whatever else happens closes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import aiohttp
import anyio
from yarl import URL

from headwater.errors import HeadwaterError, StoreFault
from headwater.sources.github.faults import bad_answer

AGENT = f"headwater/{version('headwater')}"
ACCEPT = "application/vnd.github+json, application/json"
API_VERSION = "2022-11-28"
CLOSE_S = 2.0
MOST_BYTES = 32 * 1024 * 1024
REDIRECTS = frozenset((301, 302, 307, 308))
MOST_REDIRECTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request to be made.

    Args:
        where: What messages call it, without secrets.
        authorization: The value of that header; empty for none.
        tag: Of what we have; if it is still so, the answer has no body and does not count.
        repeatable: Whether making it twice is the same as once.
    """

    method: str
    url: URL
    where: str
    authorization: str = field(default="", repr=False)
    body: bytes = field(default=b"", repr=False)
    body_type: str = "application/json"
    accept: str = ACCEPT
    tag: str | None = None
    repeatable: bool = True

    @property
    def headers(self) -> dict[str, str]:
        """Return what is sent along."""
        told = {"Accept": self.accept, "X-GitHub-Api-Version": API_VERSION, "User-Agent": AGENT}
        if self.authorization:
            told["Authorization"] = self.authorization
        if self.body:
            told["Content-Type"] = self.body_type
        if self.tag:
            told["If-None-Match"] = self.tag
        return told


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer as it came; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """A try without a whole answer; `maybe_done` where the host may have carried it out."""

    error: HeadwaterError
    maybe_done: bool


class Wire:
    """One pool of connections, opened at the first request, in the loop that makes it.

    Args:
        connections: The most there are.
    """

    def __init__(self, *, connections: int) -> None:
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None
        self.closed = False

    def _opened(self) -> aiohttp.ClientSession:
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
        try:
            async with self._opened().request(request.method, url, **asked) as response:
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


async def _read(response: aiohttp.ClientResponse) -> bytes:
    parts, size_bytes = [], 0
    async for part in response.content.iter_any():
        size_bytes += len(part)
        if size_bytes > MOST_BYTES:
            response.close()
            raise _TooLargeError
        parts.append(part)
    return b"".join(parts)

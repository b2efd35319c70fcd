"""One request over HTTP and what became of it; it tries once and decides nothing.

A connection goes back to the pool only after a whole answer; whatever else happens closes it.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import aiohttp
import anyio
from pydantic_core import from_json
from yarl import URL

from headwater.errors import HeadwaterError, StoreFault
from headwater.stores.astra.faults import (
    SERVER,
    TOO_MANY,
    UNAVAILABLE,
    api_errors,
    bad_answer,
    of_status,
    retry_after_s,
)

OK = 200
AT_ONCE_BYTES = 1024 * 1024
"""A larger body is written in pieces, so that it does not hold the loop up."""
CLOSE_S = 2.0


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: its JSON, and its bytes.

    `lost` says that an earlier answer to the same request was lost, so that it may have been
    carried out before.
    """

    answer: dict[str, Any]
    body: bytes
    lost: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """A try without an answer that counts.

    Args:
        error: The error that it is if nobody tries again.
        again: Whether trying again may help.
        maybe_done: Whether the service may have carried the request out.
        failed: Whether it is a failure of the service's.
        crowded: Whether the service said that there are too many requests.
    """

    error: HeadwaterError
    again: bool
    maybe_done: bool = False
    failed: bool = False
    crowded: bool = False


class Wire:
    """One pool of connections, opened at the first request, in the loop that makes it.

    Args:
        token: Sent in the header `Token`, shown nowhere.
        connections: The most there are.
        agent: What we call ourselves.
    """

    def __init__(self, token: str, *, connections: int, agent: str) -> None:
        self._token = token
        self._connections = connections
        self._agent = agent
        self._session: aiohttp.ClientSession | None = None
        self.closed = False

    def __repr__(self) -> str:
        return f"Wire(closed={self.closed})"

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._connections),
                headers={
                    "Token": self._token,
                    "Content-Type": "application/json",
                    "Accept": "application/json",
                    "User-Agent": self._agent,
                },
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
            )
        return self._session

    async def close(self) -> None:
        """Close all connections."""
        self.closed = True
        session, self._session = self._session, None
        if session is not None:
            with anyio.move_on_after(CLOSE_S, shield=True):
                await session.close()

    async def exchange(self, url: URL, body: bytes, *, within_s: float, where: str) -> Reply | Miss:
        """Send a request and wait for its answer."""
        data = body if len(body) < AT_ONCE_BYTES else io.BytesIO(body)
        with anyio.move_on_after(within_s):
            try:
                async with self._opened().post(url, data=data, allow_redirects=False) as response:
                    return _read(
                        response.status,
                        await response.read(),
                        where=where,
                        wait=response.headers.get("Retry-After"),
                    )
            except aiohttp.ClientConnectorError as error:
                return self._unreachable(error, where=where, maybe_done=False)
            except (aiohttp.ClientError, OSError, RuntimeError) as error:
                return self._unreachable(error, where=where, maybe_done=True)
        message = f"Astra DB gave no answer to {where} within {within_s:g} s"
        late = StoreFault(message, code="astra.timeout")
        return Miss(error=late, again=True, maybe_done=True, failed=True)

    def _unreachable(self, error: Exception, *, where: str, maybe_done: bool) -> Miss:
        """Return the miss; the library's own error is not chained, as it may show our headers."""
        if isinstance(error, RuntimeError) and not self.closed:
            raise error
        said = str(error).replace(self._token, "***") or type(error).__name__
        message = f"the connection to Astra DB failed at {where}: {said}"
        fault = StoreFault(message, code="astra.unreachable")
        return Miss(error=fault, again=not self.closed, maybe_done=maybe_done, failed=True)

    def scrub(self, error: HeadwaterError) -> HeadwaterError:
        """Take the token out of an error, should the API have said it back to us."""
        if self._token in error.message:
            error.message = error.message.replace(self._token, "***")
            error.args = (error.message,)
        return error


def _read(status: int, body: bytes, *, where: str, wait: str | None) -> Reply | Miss:
    """Return what an answer is worth."""
    try:
        answer = from_json(body)
    except ValueError as error:
        answer, problem = None, str(error)
    else:
        problem = "it is no JSON object"
    if status == OK:
        if isinstance(answer, dict):
            return Reply(answer, body)
        return Miss(error=bad_answer(problem, where=where), again=False, maybe_done=True)
    refused = of_status(status, api_errors(answer), where=where, retry_after_s=retry_after_s(wait))
    return Miss(
        error=refused,
        again=status == TOO_MANY or status >= SERVER,
        maybe_done=status >= SERVER,
        failed=status >= SERVER,
        crowded=status in {TOO_MANY, UNAVAILABLE},
    )

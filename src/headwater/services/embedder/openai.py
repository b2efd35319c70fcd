"""What vector has a text by a service that speaks OpenAI's `/v1/embeddings`? It keeps none."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from typing import Any

import aiohttp
import anyio

from headwater.analysis.embeddings import pack
from headwater.errors import LimitError, StoreFault
from headwater.model.principal import Principal
from headwater.policy.backoff import Backoff
from headwater.policy.breaker import Breaker

BATCH = 64
"""Texts of one request."""
REQUEST_S = 20.0
TRIES = 4
CONNECTIONS = 8
MOST_BYTES = 64 * 1024 * 1024
"""Of one answer."""
_TOO_MANY, _BAD, _FAILED = 429, 400, 500
_BACKOFF = Backoff(first_s=0.2, most_s=5.0)


class OpenAiEmbedder:
    """A service's model.

    Args:
        url: Where it is, with its version, such as `https://api.openai.com/v1`.
        model: The service's name for it.
        key: Sent as a bearer token where there is one.
        dice: A number from 0 to 1 for each wait.
    """

    def __init__(
        self,
        url: str,
        *,
        model: str,
        key: str | None = None,
        dice: Callable[[], float] = random.random,  # noqa: S311  jitter, no secret
    ) -> None:
        self._url = f"{url.rstrip('/')}/embeddings"
        self._name = model
        self._headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        self._dice = dice
        self._breaker = Breaker()
        self._session: aiohttp.ClientSession | None = None

    @property
    def model(self) -> str:
        """Return the model's name, told apart from one of that name elsewhere."""
        return f"openai:{self._name}"[:100]

    async def embed(self, texts: Sequence[str], *, principal: Principal) -> list[bytes]:
        """Return a vector of length 1 for each text.

        Raises:
            StoreFault: `embedder.unavailable`, `embedder.refused`, `embedder.bad_answer`.
            LimitError: `embedder.busy`.
        """
        del principal  # nothing is kept
        found: list[bytes] = []
        for at in range(0, len(texts), BATCH):
            found += await self._tried(list(texts[at : at + BATCH]))
        return found

    async def aclose(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def _tried(self, texts: list[str]) -> list[bytes]:
        """Ask, and again after a while where that may help."""
        for number in range(1, TRIES):
            try:
                return await self._admitted(texts)
            except (StoreFault, LimitError) as error:
                if not error.retry_safe:
                    raise
                wait_s = _BACKOFF.wait_s(
                    number, dice=self._dice(), retry_after_s=error.retry_after_s
                )
                if anyio.current_time() + wait_s >= anyio.current_effective_deadline():
                    raise
            await anyio.sleep(wait_s)
        return await self._admitted(texts)

    async def _admitted(self, texts: list[str]) -> list[bytes]:
        """Ask unless the service has kept failing."""
        if (wait_s := self._breaker.admit(anyio.current_time())) > 0:
            message = f"{self._url} keeps failing; it is asked again in {wait_s:.1f} s"
            raise LimitError(message, code="embedder.busy", retry_safe=False, retry_after_s=wait_s)
        try:
            vectors = await self._asked(texts)
        except StoreFault as error:
            end = self._breaker.failed if error.retry_safe else self._breaker.succeeded
            end(anyio.current_time())
            raise
        except BaseException:
            self._breaker.left()
            raise
        self._breaker.succeeded(anyio.current_time())
        return vectors

    async def _asked(self, texts: list[str]) -> list[bytes]:
        body = {"model": self._name, "input": texts, "encoding_format": "float"}
        try:
            with anyio.fail_after(REQUEST_S):
                async with self._opened().post(
                    self._url, json=body, allow_redirects=False
                ) as answer:
                    self._check(answer)
                    raw = await answer.content.read(MOST_BYTES + 1)
                    while not answer.content.at_eof() and len(raw) <= MOST_BYTES:
                        raw += await answer.content.read(MOST_BYTES + 1 - len(raw))
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            message = f"{self._url} cannot be asked ({type(error).__name__}); see that it is there"
            raise StoreFault(message, code="embedder.unavailable", retry_safe=True) from error
        return self._read(raw, len(texts))

    def _check(self, answer: aiohttp.ClientResponse) -> None:
        status = answer.status
        if status == _TOO_MANY:
            raise LimitError(
                f"{self._url} takes no more requests now",
                code="embedder.busy",
                retry_safe=True,
                retry_after_s=_seconds(answer.headers.get("Retry-After")),
            )
        if status >= _FAILED:
            raise StoreFault(
                f"{self._url} failed with status {status}",
                code="embedder.unavailable",
                retry_safe=True,
                retry_after_s=_seconds(answer.headers.get("Retry-After")),
            )
        if status >= _BAD or status != 200:  # noqa: PLR2004  OK
            message = (
                f"{self._url} refused with status {status}; check HEADWATER_EMBEDDER_URL, "
                "HEADWATER_EMBEDDER_KEY and HEADWATER_EMBEDDER_MODEL"
            )
            raise StoreFault(message, code="embedder.refused", retry_safe=False)

    def _read(self, raw: bytes, count: int) -> list[bytes]:
        try:
            listed: list[Any] = sorted(json.loads(raw)["data"], key=lambda one: one["index"])
            vectors = [pack(one["embedding"]) for one in listed]
            usable = len(vectors) == count and [one["index"] for one in listed] == [*range(count)]
        except (ValueError, KeyError, TypeError, RecursionError):
            usable = False
        if not usable:
            message = f"{self._url} did not answer with a vector for each of {count} texts"
            raise StoreFault(message, code="embedder.bad_answer", retry_safe=False)
        return vectors

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=CONNECTIONS),
                headers=self._headers,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None),
            )
        return self._session


def _seconds(retry_after: str | None) -> float | None:
    try:
        return None if retry_after is None else max(0.0, float(retry_after))
    except ValueError:
        return None

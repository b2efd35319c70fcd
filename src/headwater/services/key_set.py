"""Which keys an identity provider signs by (JWKS), fetched and kept; it checks no token."""

from __future__ import annotations

import http.client
import json
import ssl
import time
from typing import Any
from urllib.parse import urlsplit

import anyio
import jwt
from anyio import to_thread

from headwater.errors import StoreFault, UsageError

FRESH_S = 300.0
"""Seconds after which the keys are fetched again."""
RETRY_S = 2.0
"""Seconds until they are fetched again where they could not be had."""
KEEP_S = 86_400.0
"""Seconds for which they hold where they cannot be fetched again."""
LEAST_S = 10.0
"""Seconds between two fetches at the least, whatever unknown names tokens bring."""
FETCH_S = 1.5
"""Seconds for a fetch: less than those who wait for it have."""
MOST_BYTES = 1_048_576
MOST_KEYS = 100
MOST_FETCHES = 2
"""Threads that may hang in a fetch that was given up."""
LEAST_BITS = {"RS256": 2048, "ES256": 256}
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
Keys = dict[str, tuple[Any, str]]


class KeySet:
    """The keys of an identity provider by name; kept while it is away.

    Args:
        url: Where they are: https, or http on this machine.
        least_s: Seconds between two fetches at the least.
        fresh_s: Seconds after which the keys are fetched again.
        keep_s: Seconds for which they hold where they cannot be fetched again.

    Raises:
        UsageError: `settings.bad`.
    """

    def __init__(
        self,
        url: str,
        *,
        least_s: float = LEAST_S,
        fresh_s: float = FRESH_S,
        keep_s: float = KEEP_S,
    ) -> None:
        check_url(url)
        self._url = url
        self._least_s = least_s
        self._fresh_s = fresh_s
        self._keep_s = keep_s
        self._keys: Keys = {}
        self._fetched_at: float | None = None
        self._next_at = float("-inf")
        self._one_at_a_time = anyio.Lock()
        self._places = anyio.CapacityLimiter(MOST_FETCHES)

    async def find(self, kid: str | None) -> tuple[Any, str] | None:
        """Return the key of this name and its one algorithm, or None.

        A token without a name is checked by the only key, where there is only one.

        Raises:
            StoreFault: `access.unavailable`: no key can be had, or none of this name is kept.
        """
        known = self._get(kid)
        if known is not None and (self._age_s() < self._fresh_s or self._one_at_a_time.locked()):
            return known
        fetched = await self._refresh()
        known = self._get(kid)
        if known is not None and self._age_s() < self._keep_s:
            return known
        if fetched and known is None:
            return None
        message = "the keys of the identity provider cannot be had now; try again"
        raise StoreFault(message, code="access.unavailable", retry_safe=True, retry_after_s=RETRY_S)

    def _get(self, kid: str | None) -> tuple[Any, str] | None:
        if kid is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(kid) if kid is not None else None

    def _age_s(self) -> float:
        return float("inf") if self._fetched_at is None else anyio.current_time() - self._fetched_at

    async def _refresh(self) -> bool:
        """Fetch the keys unless that was just tried; tell whether those kept are the last ones."""
        async with self._one_at_a_time:
            began_at = anyio.current_time()
            if began_at < self._next_at:
                return (
                    self._fetched_at is not None
                    and self._fetched_at + self._least_s >= self._next_at
                )
            keys: Keys | None = None
            with anyio.move_on_after(FETCH_S):
                keys = await self._fetched()
            if keys is None:
                self._next_at = began_at + min(RETRY_S, self._least_s)
                return False
            self._next_at = began_at + self._least_s
            self._keys, self._fetched_at = keys, began_at
            return True

    async def _fetched(self) -> Keys | None:
        try:
            raw = await to_thread.run_sync(
                fetch_document, self._url, abandon_on_cancel=True, limiter=self._places
            )
            return read_keys(raw)
        except (OSError, http.client.HTTPException, ValueError):
            return None


def check_url(url: str) -> None:
    """Refuse a URL that anybody on the way could answer for.

    Raises:
        UsageError: `settings.bad`.
    """
    parts = urlsplit(url)
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    if not safe or not parts.hostname:
        message = "HEADWATER_JWT_JWKS_URL is an https:// URL, or http:// on this machine"
        raise UsageError(message, code="settings.bad")


def fetch_document(url: str) -> bytes:
    """Return what is at a URL, in time: it blocks, and follows no redirect.

    Raises:
        OSError, http.client.HTTPException: it cannot be had.
        ValueError: it is another status than 200, too large, or too slow.
    """
    ends_at = time.monotonic() + FETCH_S
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    if parts.scheme == "https":
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            host, port, timeout=FETCH_S, context=ssl.create_default_context()
        )
    else:
        connection = http.client.HTTPConnection(host, port, timeout=FETCH_S)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("GET", path, headers={"Accept": "application/json"})
        with connection.getresponse() as response:
            if response.status != http.client.OK:
                message = f"status {response.status}"
                raise ValueError(message)
            return _body(response, ends_at)
    finally:
        connection.close()


def _body(response: http.client.HTTPResponse, ends_at: float) -> bytes:
    found = bytearray()
    while portion := response.read1(65_536):
        found += portion
        if len(found) > MOST_BYTES or time.monotonic() > ends_at:
            message = "too much, or too slow"
            raise ValueError(message)
    return bytes(found)


def read_keys(raw: bytes) -> Keys:
    """Return the keys of a JWKS that we check tokens by, RSA and P-256, by their names.

    Raises:
        ValueError: it is no JWKS, or has none of them.
    """
    try:
        listed = json.loads(raw)["keys"][:MOST_KEYS]
    except (TypeError, KeyError, RecursionError) as error:
        message = "it is no JWKS"
        raise ValueError(message) from error
    keys: Keys = {}
    for one in listed:
        algorithm = _algorithm_of(one) if isinstance(one, dict) else None
        if algorithm is not None:
            try:
                keys[str(one.get("kid", ""))] = jwt.PyJWK(one, algorithm).key, algorithm
            except (jwt.PyJWTError, ValueError, TypeError, KeyError):
                continue
    usable = {kid: one for kid, one in keys.items() if one[0].key_size >= LEAST_BITS[one[1]]}
    if not usable:
        message = "it has no key for RS256 or ES256"
        raise ValueError(message)
    return usable


def _algorithm_of(one: dict[str, Any]) -> str | None:
    """Return the one algorithm that a key is for, None where it is not ours."""
    if one.get("use", "sig") != "sig" or "d" in one:
        return None
    algorithm = {("RSA", None): "RS256", ("EC", "P-256"): "ES256"}.get(
        (one.get("kty", ""), one.get("crv"))
    )
    return algorithm if one.get("alg", algorithm) == algorithm else None

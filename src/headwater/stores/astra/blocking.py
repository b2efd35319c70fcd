"""The client for blocking callers: every verb is the async one's, made blocking by one wrapper."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from headwater.bridge import Bridge, refuse_in_loop
from headwater.errors import UsageError
from headwater.stores.astra.client import AT_ONCE, TRIES, WITHIN_S, AsyncAstraClient

TakenP = ParamSpec("TakenP")
GivenT = TypeVar("GivenT")


def _blocking(
    method: Callable[Concatenate[AsyncAstraClient, TakenP], Coroutine[Any, Any, GivenT]],
) -> Callable[Concatenate[AstraClient, TakenP], GivenT]:
    """Return the blocking twin of a method."""

    def twin(self: AstraClient, /, *args: TakenP.args, **keywords: TakenP.kwargs) -> GivenT:
        work = functools.partial(method, self._astra, *args, **keywords)
        given: GivenT = self._bridged(method.__name__).do(method.__name__, work)
        return given

    functools.update_wrapper(twin, method)
    return twin


class AstraClient:
    """The collections of one keyspace, for blocking callers; see `AsyncAstraClient`.

    Its methods are those of the async client. A loop in a thread of its own is started by the
    first call, and ended by `close` or the end of the `with`. Any number of threads may share it.

    Args:
        endpoint: As of `AsyncAstraClient`, like all that follow.
        token: The application token.
        keyspace: Which keyspace.
        within_s: Seconds for one request.
        at_once: The most requests under way.
        tries: The most tries of one request.
        path: Where below the endpoint the Data API is.
    """

    def __init__(
        self,
        endpoint: str,
        *,
        token: str,
        keyspace: str = "default_keyspace",
        within_s: float = WITHIN_S,
        at_once: int = AT_ONCE,
        tries: int = TRIES,
        path: str = "api/json/v1",
    ) -> None:
        self._astra = AsyncAstraClient(
            endpoint,
            token=token,
            keyspace=keyspace,
            within_s=within_s,
            at_once=at_once,
            tries=tries,
            path=path,
        )
        self._opening = threading.Lock()
        self._bridge: Bridge[AsyncAstraClient] | None = None
        self._closed = False

    def __repr__(self) -> str:
        return repr(self._astra).replace("AsyncAstraClient", "AstraClient", 1)

    def _bridged(self, method: str) -> Bridge[AsyncAstraClient]:
        """Return the bridge, opened by whoever comes first."""
        refuse_in_loop(f"AstraClient.{method}")
        with self._opening:
            if self._closed:
                message = "this client is closed; open another"
                raise UsageError(message, code="client.closed")
            if self._bridge is None:
                self._bridge = Bridge(lambda: self._astra, twin="AstraClient")
            return self._bridge

    def __enter__(self) -> Self:
        """Return the client; the first call opens its connections."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the client."""
        self.close()

    def close(self) -> None:
        """Close all connections and end the loop; calls under way fail."""
        with self._opening:
            self._closed = True
            bridge, self._bridge = self._bridge, None
        if bridge is not None:
            bridge.close()

    create_collection = _blocking(AsyncAstraClient.create_collection)
    list_collections = _blocking(AsyncAstraClient.list_collections)
    drop_collection = _blocking(AsyncAstraClient.drop_collection)
    insert_many = _blocking(AsyncAstraClient.insert_many)
    batch_fetch_by_ids = _blocking(AsyncAstraClient.batch_fetch_by_ids)
    vector_search = _blocking(AsyncAstraClient.vector_search)
    find = _blocking(AsyncAstraClient.find)
    find_page = _blocking(AsyncAstraClient.find_page)
    find_one = _blocking(AsyncAstraClient.find_one)
    count = _blocking(AsyncAstraClient.count)
    update_one = _blocking(AsyncAstraClient.update_one)
    update_many = _blocking(AsyncAstraClient.update_many)
    delete_one = _blocking(AsyncAstraClient.delete_one)
    delete_many = _blocking(AsyncAstraClient.delete_many)

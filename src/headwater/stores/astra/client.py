"""What a program does with Astra DB: the client's verbs, each one line to who carries it out.

Next: `headwater.stores.astra.commands`
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import version
from types import TracebackType
from typing import Any, Literal, Self

import anyio
from yarl import URL

from headwater.errors import UsageError
from headwater.stores.astra import changing, finding, inserting
from headwater.stores.astra.commands import Commands, check_name, clauses, number_in, status_of
from headwater.stores.astra.exchange import CLOSE_S, Wire
from headwater.stores.astra.faults import bad_answer
from headwater.stores.astra.line import Line
from headwater.stores.astra.results import Count, Document, Fetched, Inserted, Page, Updated
from headwater.stores.astra.values import Vector

Filter = Mapping[str, Any]
AGENT = f"headwater/{version('headwater')}"
WITHIN_S = 10.0
AT_ONCE = 64
TRIES = 5


class AsyncAstraClient:
    """The collections of one keyspace of an Astra DB database.

    One pool of connections for its lifetime, opened at the first request and closed by `close`
    or the end of the `async with`. Any number of tasks of one loop may share it. Each call ends
    within the caller's deadline (`anyio.fail_after`); each request within `within_s`.

    Args:
        endpoint: The database's API endpoint, `https://...apps.astra.datastax.com`.
        token: The application token; sent in a header, never shown or logged.
        keyspace: Which keyspace.
        within_s: Seconds for one request; what takes longer is tried again where that is safe.
        at_once: The most requests under way; fewer while latency rises or the API refuses some.
        tries: The most tries of one request.
        path: Where below the endpoint the Data API is; `v1` on HCD and DSE.

    Raises:
        UsageError: `astra.bad_endpoint`, `astra.bad_token`, `astra.bad_name`, `astra.bad_option`.
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
        check_name(keyspace)
        _check_positive(within_s=within_s, at_once=at_once, tries=tries)
        self._shown = f"{endpoint!r}, keyspace={keyspace!r}"
        url = _checked(endpoint) / path / keyspace
        self._wire = Wire(_checked_token(token), connections=at_once, agent=AGENT)
        line = Line(self._wire, within_s=within_s, at_once=at_once, tries=tries)
        self._commands = Commands(line, url)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._shown})"

    async def __aenter__(self) -> Self:
        """Return the client; the first request opens its connections."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the client."""
        with anyio.move_on_after(CLOSE_S, shield=True):
            await self.close()

    async def close(self) -> None:
        """Close all connections; calls under way fail."""
        await self._wire.close()

    async def create_collection(
        self,
        name: str,
        *,
        dimension: int | None = None,
        metric: Literal["cosine", "dot_product", "euclidean"] = "cosine",
        options: Mapping[str, Any] | None = None,
    ) -> None:
        """Create a collection; one that is there with the same options is left as it is.

        Args:
            name: Letters, digits and `_`, at most 48.
            dimension: Of the vectors, 1 to 4,096; None for a collection without.
            metric: How similar vectors are told.
            options: More of the API's options, such as `indexing` or `defaultId`.
        """
        check_name(name)
        vector = {} if dimension is None else {"dimension": dimension, "metric": metric}
        wanted = {**({"vector": vector} if vector else {}), **(options or {})}
        command = {"name": name, **({"options": wanted} if wanted else {})}
        await self._commands.send({"createCollection": command})

    async def list_collections(self) -> list[str]:
        """Return the names of the collections."""
        reply = await self._commands.send({"findCollections": {}})
        names = status_of(reply, where="findCollections").get("collections")
        if not isinstance(names, list):
            raise bad_answer("its status has no collections", where="findCollections")
        return names

    async def drop_collection(self, name: str) -> None:
        """Drop a collection with all its documents; one that is not there is no error."""
        check_name(name)
        await self._commands.send({"deleteCollection": {"name": name}})

    async def insert_many(
        self, collection: str, documents: Iterable[Mapping[str, Any]], *, ordered: bool = False
    ) -> Inserted:
        """Insert documents, 100 a request, and return their ids in the order given.

        A document without `_id` is given one (a UUID, as text). Tried again after an answer that
        was lost, what is already there counts as inserted only if it is what was sent.

        Args:
            collection: Where.
            documents: What; `$vector` may be numbers, or bytes of little-endian 32-bit floats.
            ordered: One request after the other, ending at the first failure; else all at once.

        Raises:
            UsageError: `astra.bad_document`, or what refused all of them.
            InsertIncomplete: Some were not inserted; it names each with the API's error.
        """
        return await inserting.insert_many(self._commands, collection, documents, ordered=ordered)

    async def batch_fetch_by_ids(
        self, collection: str, ids: Iterable[Any], *, include_vectors: bool = False
    ) -> Fetched:
        """Return the documents of any number of ids in the order asked, and the ids missing.

        Args:
            collection: Where.
            ids: Texts, numbers, UUIDs, ObjectIds, datetimes; an id asked for twice comes twice.
            include_vectors: Whether documents come with `$vector`.

        Raises:
            UsageError: `astra.bad_id`.
        """
        return await finding.by_ids(
            self._commands, collection, list(ids), include_vectors=include_vectors
        )

    async def vector_search(
        self,
        collection: str,
        vector: Vector,
        *,
        limit: int = 10,
        filter: Filter | None = None,  # noqa: A002 (the API's word)
        projection: Mapping[str, Any] | None = None,
        include_similarity: bool = True,
    ) -> list[Document]:
        """Return the documents nearest to a vector, nearest first, with `$similarity` (0 to 1).

        Args:
            collection: Where.
            vector: Numbers, or bytes of little-endian 32-bit floats.
            limit: 1 to 1,000, which is all that the API gives.
            filter: Applied before the cut.
            projection: Which fields; `{"*": 1}` for all with `$vector`.
            include_similarity: Whether documents come with `$similarity`.

        Raises:
            UsageError: `astra.bad_limit`, `astra.bad_vector`.
        """
        return await finding.vector_search(
            self._commands,
            collection,
            vector,
            limit=limit,
            filter=filter,
            projection=projection,
            include_similarity=include_similarity,
        )

    async def find(
        self,
        collection: str,
        filter: Filter | None = None,  # noqa: A002 (the API's word)
        *,
        sort: Mapping[str, Any] | None = None,
        projection: Mapping[str, Any] | None = None,
        limit: int | None = None,
    ) -> list[Document]:
        """Return the documents that a filter matches, `limit` of them or all.

        Args:
            collection: Where.
            filter: None for every document.
            sort: Fields with 1 or -1; the API sorts at most 10,000 documents.
            projection: Which fields; `{"*": 1}` for all with `$vector`.
            limit: The most documents, over as many pages as it takes.

        Raises:
            UsageError: `astra.bad_limit`, `astra.bad_sort`.
        """
        return await finding.find(
            self._commands,
            collection,
            filter=filter,
            sort=sort,
            projection=projection,
            limit=limit,
        )

    async def find_page(
        self,
        collection: str,
        filter: Filter | None = None,  # noqa: A002 (the API's word)
        *,
        projection: Mapping[str, Any] | None = None,
        page_state: str | None = None,
    ) -> Page:
        """Return one page of what a filter matches; its `next_page_state` leads to the next."""
        return await finding.find_page(
            self._commands,
            collection,
            clauses(filter=filter, projection=projection),
            options={},
            page_state=page_state,
        )

    async def find_one(
        self,
        collection: str,
        filter: Filter | None = None,  # noqa: A002 (the API's word)
        *,
        sort: Mapping[str, Any] | None = None,
        projection: Mapping[str, Any] | None = None,
    ) -> Document | None:
        """Return the first document that a filter matches, or None."""
        found = await self.find(collection, filter, sort=sort, projection=projection, limit=1)
        return found[0] if found else None

    async def count(
        self,
        collection: str,
        filter: Filter | None = None,  # noqa: A002 (the API's word)
    ) -> Count:
        """Return how many documents a filter matches; `at_least` where the API stopped counting."""
        command = {"countDocuments": clauses(filter=filter or {})}
        reply = await self._commands.send(command, collection=collection)
        where = f"countDocuments on {collection}"
        more = bool(status_of(reply, where=where).get("moreData"))
        return Count(number_in(reply, "count", where=where), at_least=more)

    async def update_one(
        self,
        collection: str,
        filter: Filter,  # noqa: A002 (the API's word)
        update: Mapping[str, Any],
        *,
        sort: Mapping[str, Any] | None = None,
        upsert: bool = False,
    ) -> Updated:
        """Change the first document that a filter matches.

        Tried again after a lost answer only where the filter names the `_id` and the operators
        come to the same twice (`$set`, but not `$inc`); else that is `astra.answer_lost`.
        """
        return await changing.update_one(
            self._commands, collection, filter=filter, update=update, sort=sort, upsert=upsert
        )

    async def update_many(
        self,
        collection: str,
        filter: Filter,  # noqa: A002 (the API's word)
        update: Mapping[str, Any],
        *,
        upsert: bool = False,
    ) -> Updated:
        """Change all documents that a filter matches; tried again as `update_one`."""
        return await changing.update_many(
            self._commands, collection, filter=filter, update=update, upsert=upsert
        )

    async def delete_one(
        self,
        collection: str,
        filter: Filter,  # noqa: A002 (the API's word)
        *,
        sort: Mapping[str, Any] | None = None,
    ) -> Count:
        """Remove the first document that a filter matches, and return how many that were."""
        return await changing.delete_one(self._commands, collection, filter=filter, sort=sort)

    async def delete_many(
        self,
        collection: str,
        filter: Filter,  # noqa: A002 (the API's word)
    ) -> Count:
        """Remove all documents that a filter matches; `{}` is all, which the API does not count."""
        return await changing.delete_many(self._commands, collection, filter=filter)


def _checked(endpoint: str) -> URL:
    try:
        url = URL(endpoint)
        if url.scheme in {"http", "https"} and url.host and not url.user and not url.query:
            return url
    except (TypeError, ValueError):
        pass
    message = f"{endpoint!r} is no endpoint; copy it from the database's page: https://...com"
    raise UsageError(message, code="astra.bad_endpoint")


def _checked_token(token: str) -> str:
    if isinstance(token, str) and token.isascii() and token.isprintable() and token.strip():
        return token
    message = "the token is empty or has characters that no token has; copy it again"
    raise UsageError(message, code="astra.bad_token")


def _check_positive(**given: float) -> None:
    for name, value in given.items():
        if not value > 0:
            message = f"{name} is {value!r}, and must be above 0"
            raise UsageError(message, code="astra.bad_option")

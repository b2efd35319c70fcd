"""A Data API of Astra DB that runs here, with the limits of the real one, and breaks on command.

Limits: pages of 20, 100 values of `$in`, 100 documents an insertMany, a vector search of one page
of at most 1,000, deletions and changes 20 at a time, counts up to 1,000, sorts up to 10,000.
Documents lie in the order of a digest of their ids, as in the real one. Alone: `python
tests/astra_standin.py --latency-s 0.02` prints its address and serves until its input ends.
"""

from __future__ import annotations

import argparse
import asyncio
import bisect
import contextlib
import itertools
import json
import sys
import threading
import zlib
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import numpy as np
from aiohttp import web
from astra_matching import Doc, Refused, key_of, matches, projected, updated, vector_of
from patience import GUARD_S
from pydantic_core import from_json, to_json

TOKEN = "AstraCS:stand-in:0123456789abcdef"
PAGE, IN_VALUES, INSERTS, VECTOR_PAGE = 20, 100, 100, 1000
COUNTED, SORTED, DOCUMENT_CHARS = 1000, 10_000, 4_000_000
OK = {"status": {"ok": 1}}


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one request."""

    status: int = 0
    retry_after: str | None = None
    location: str | None = None
    delay_s: float = 0.0
    cut: str = ""
    """`before` it is carried out, `after` it was, or `halfway` through the answer."""
    body: bytes | None = None
    """Said in the place of the answer, once carried out."""


class Collection:
    """Documents by the key of their id, and the order they lie in."""

    def __init__(self, options: Doc) -> None:
        self.options = options
        vector = options.get("vector") or {}
        self.dimension: int | None = vector.get("dimension")
        self.metric = vector.get("metric", "cosine")
        self.documents: dict[str, Doc] = {}
        self._order: list[tuple[int, str]] | None = None
        self._matrix: tuple[list[str], Any, Any] | None = None

    def put(self, document: Doc, key: str | None = None) -> None:
        self.documents[key or key_of(document["_id"])] = document
        self._order = self._matrix = None

    def remove(self, key: str) -> None:
        del self.documents[key]
        self._order = self._matrix = None

    def clear(self) -> None:
        self.documents.clear()
        self._order = self._matrix = None

    def after(self, place: tuple[int, str] | None) -> Iterator[tuple[tuple[int, str], Doc]]:
        """Give documents in their order, from after a place."""
        if self._order is None:
            self._order = sorted((zlib.crc32(key.encode()), key) for key in self.documents)
        start = 0 if place is None else bisect.bisect_right(self._order, place)
        for one in self._order[start:]:
            yield one, self.documents[one[1]]

    def found(
        self, wanted: Doc, place: tuple[int, str] | None = None
    ) -> Iterator[tuple[tuple[int, str], Doc]]:
        """Give documents that a filter matches, in their order; by ids without a search."""
        matches({}, wanted)  # a filter that is wrong is refused, whatever there is
        ids = wanted.get("_id")
        if isinstance(ids, dict) and set(ids) == {"$in"} and len(ids["$in"]) <= IN_VALUES:
            keys = {key_of(one) for one in ids["$in"]} & self.documents.keys()
            for one in sorted((zlib.crc32(key.encode()), key) for key in keys):
                if (place is None or one > place) and matches(self.documents[one[1]], wanted):
                    yield one, self.documents[one[1]]
            return
        for one, document in self.after(place):
            if matches(document, wanted):
                yield one, document

    def nearest(self, vector: Any, wanted: Doc, limit: int) -> list[tuple[Doc, float]]:
        """Return the documents nearest to a vector, with their similarities."""
        if self._matrix is None:
            keys = [key for key, one in self.documents.items() if "$vector" in one]
            rows = [self.documents[key]["$vector"] for key in keys]
            matrix = np.stack(rows) if rows else np.zeros((0, len(vector)), np.float32)
            self._matrix = keys, matrix, np.linalg.norm(matrix, axis=1)
        keys, matrix, lengths = self._matrix
        scores = similarities(matrix, lengths, vector, self.metric)
        if wanted or limit * 4 > len(scores):
            rows = np.argsort(-scores, kind="stable")
        else:
            rows = np.argpartition(-scores, limit)[:limit]
            rows = rows[np.argsort(-scores[rows], kind="stable")]
        best = []
        for row in rows:
            document = self.documents[keys[row]]
            if not wanted or matches(document, wanted):
                best.append((document, float(scores[row])))
                if len(best) >= limit:
                    break
        return best


def similarities(matrix: Any, lengths: Any, vector: Any, metric: str) -> Any:
    """Return similarities as Astra tells them: from 0 to 1 for vectors of length 1."""
    if metric == "euclidean":
        return 1 / (1 + ((matrix - vector) ** 2).sum(axis=1))
    dots = matrix @ vector
    if metric == "cosine":
        both = lengths * np.linalg.norm(vector)
        dots = np.divide(dots, both, out=np.zeros_like(dots), where=both > 0)
    return (1 + dots) / 2


class StandIn:
    """The service: its collections, and what it is told to break.

    Args:
        latency_s: From a request to its being carried out.
        vectors: How vectors are answered: `binary` or `list`.
    """

    def __init__(self, *, latency_s: float = 0.0, vectors: str = "binary") -> None:
        self.url = ""
        self.latency_s = latency_s
        self.vectors = vectors
        self.keyspaces: dict[str, dict[str, Collection]] = {"default_keyspace": {}}
        self.fault: Callable[[str, int], Fault | None] = lambda _command, _number: None
        """Told the command and the request's number, says what goes wrong with it."""
        self.seen: list[str] = []
        """The commands that came, in their order."""
        self.at_once = self.most_at_once = 0
        self.era = 0
        """Raised when all begins anew: what was delayed until after that is not carried out."""

    @property
    def collections(self) -> dict[str, Collection]:
        return self.keyspaces["default_keyspace"]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return await self._answer(request, body)
        finally:
            self.at_once -= 1

    async def _answer(self, request: web.Request, body: bytes) -> web.StreamResponse:
        ((command, asked),) = from_json(body).items()
        self.seen.append(command)
        fault = self.fault(command, len(self.seen)) or Fault()
        if self.latency_s or fault.delay_s:
            era = self.era
            await asyncio.sleep(self.latency_s + fault.delay_s)
            fault = fault if era == self.era else Fault(cut="before")
        if fault.status or fault.cut == "before":
            said = {"Retry-After": fault.retry_after, "Location": fault.location}
            headers = {name: value for name, value in said.items() if value}
            refused = web.Response(status=fault.status or 500, text="injected", headers=headers)
            return refused if fault.status else abort(request)
        if request.headers.get("Token") != TOKEN:
            return answer({"errors": [unauthenticated()]}, status=401)
        return await self._said(request, self.carry_out(request.match_info, command, asked), fault)

    async def _said(self, request: web.Request, result: Doc, fault: Fault) -> web.StreamResponse:
        if fault.cut == "after":
            return abort(request)
        if fault.body is not None:
            return web.Response(body=fault.body, content_type="application/json")
        whole = answer(result)
        return await halfway(request, whole) if fault.cut == "halfway" else whole

    def carry_out(self, where: Any, command: str, asked: Doc) -> Doc:
        """Return the answer to a command."""
        try:
            return self._done(where["keyspace"], where.get("collection"), command)(asked)
        except Refused as error:
            return {"errors": [error.entry]}

    def _done(self, keyspace: str, name: str | None, command: str) -> Callable[[Doc], Doc]:
        if keyspace not in self.keyspaces:
            raise Refused("KEYSPACE_DOES_NOT_EXIST", "no such keyspace", scope="DATABASE")
        collections = self.keyspaces[keyspace]
        if name is None:
            return lambda asked: keyspace_command(collections, command, asked)
        if name not in collections:
            message = f"there is no collection {name}"
            raise Refused("COLLECTION_NOT_EXIST", message, scope="SCHEMA")
        found: Callable[[Doc], Doc] = getattr(Doing(collections[name], self.vectors), command)
        return found


def unauthenticated() -> Doc:
    return Refused("UNAUTHENTICATED_REQUEST", "is the token right?", scope="AUTHENTICATION").entry


def keyspace_command(collections: dict[str, Collection], command: str, asked: Doc) -> Doc:
    if command == "createCollection":
        options = asked.get("options") or {}
        there = collections.get(asked["name"])
        if there is not None and there.options != options:
            message = f"{asked['name']} is there with other options"
            raise Refused("EXISTING_COLLECTION_DIFFERENT_SETTINGS", message, scope="SCHEMA")
        collections.setdefault(asked["name"], Collection(options))
        return OK
    if command == "deleteCollection":
        collections.pop(asked["name"], None)
        return OK
    if command == "findCollections":
        if (asked.get("options") or {}).get("explain"):
            found: list[Any] = [
                {"name": name, "options": one.options} for name, one in collections.items()
            ]
            return {"status": {"collections": found}}
        return {"status": {"collections": list(collections)}}
    raise Refused("COMMAND_UNKNOWN", f"there is no command {command}", scope="")


class Doing:
    """The commands on one collection, by their names."""

    def __init__(self, collection: Collection, vectors: str) -> None:
        self._on = collection
        self._vectors = vectors

    def insertOne(self, asked: Doc) -> Doc:  # noqa: N802 (the API's name)
        return {"status": {"insertedIds": [self._insert(asked["document"])]}}

    def insertMany(self, asked: Doc) -> Doc:  # noqa: N802 (the API's name)
        options, documents = asked.get("options") or {}, asked["documents"]
        if not 1 <= len(documents) <= INSERTS:
            message = f"1 to {INSERTS} documents to insert, not {len(documents)}"
            raise Refused("COMMAND_FIELD_VALUE_INVALID", message, scope="")
        states: list[Doc] = []
        errors: list[Doc] = []
        for document in documents:
            if errors and options.get("ordered"):
                states.append({"_id": document.get("_id"), "status": "SKIPPED"})
                continue
            try:
                states.append({"_id": self._insert(document), "status": "OK"})
            except Refused as error:
                states.append(
                    {"_id": document.get("_id"), "status": "ERROR", "errorsIdx": len(errors)}
                )
                errors.append(error.entry)
        if options.get("returnDocumentResponses"):
            status = {"documentResponses": states}
        else:
            status = {"insertedIds": [one["_id"] for one in states if one["status"] == "OK"]}
        return {"status": status, **({"errors": errors} if errors else {})}

    def _insert(self, document: Doc) -> Any:
        document = dict(document) if "_id" in document else {"_id": str(uuid4()), **document}
        size = sum(len(value) for value in document.values() if isinstance(value, str))
        if size > DOCUMENT_CHARS:
            raise Refused("SHRED_DOC_LIMIT_VIOLATION", f"a document of {size} characters")
        if any(name[0:1] == "$" and name != "$vector" for name in document):
            raise Refused("SHRED_DOC_KEY_NAME_VIOLATION", "a field's name begins with $")
        if document.get("$vector") is not None:
            document["$vector"] = vector_of(document["$vector"])
            if len(document["$vector"]) != self._on.dimension:
                message = f"{len(document['$vector'])} instead of {self._on.dimension} dimensions"
                raise Refused("SHRED_BAD_VECTOR_SIZE", message)
        key = key_of(document["_id"])
        if key in self._on.documents:
            message = f"Document already exists with the _id {document['_id']}"
            raise Refused("DOCUMENT_ALREADY_EXISTS", message)
        self._on.put(document, key)
        return document["_id"]

    def find(self, asked: Doc) -> Doc:
        options, wanted = asked.get("options") or {}, asked.get("filter") or {}
        sort, state = asked.get("sort") or {}, options.get("pageState")
        limit = options.get("limit") or sys.maxsize
        if sort and state:
            raise Refused("INVALID_SORT_CLAUSE", "pageState is not supported with a sort")
        following = None
        if "$vector" in sort:
            best = self._on.nearest(vector_of(sort["$vector"]), wanted, min(limit, VECTOR_PAGE))
            similar = {"$similarity"} if options.get("includeSimilarity") else set()
            shown = [
                self._show(document, asked) | dict.fromkeys(similar, score)
                for document, score in best
            ]
        elif sort:
            every = self._sorted(wanted, sort)
            skip = options.get("skip") or 0
            shown = [self._show(one, asked) for one in every[skip : skip + min(limit, PAGE)]]
        else:
            page, following = self._page(wanted, state, limit)
            shown = [self._show(one, asked) for one in page]
        return {"data": {"documents": shown, "nextPageState": following}}

    def findOne(self, asked: Doc) -> Doc:  # noqa: N802 (the API's name)
        options = {**(asked.get("options") or {}), "limit": 1}
        found = self.find({**asked, "options": options})["data"]["documents"]
        return {"data": {"document": found[0] if found else None}}

    def _show(self, document: Doc, asked: Doc) -> Doc:
        return projected(document, asked.get("projection"), vectors=self._vectors)

    def _sorted(self, wanted: Doc, sort: Doc) -> list[Doc]:
        found = [one for _, one in self._on.found(wanted)]
        if len(found) > SORTED:
            raise Refused("DATASET_TOO_BIG", f"more than {SORTED} to sort")
        for name, direction in reversed(sort.items()):
            found.sort(
                key=lambda one: (one.get(name) is not None, one.get(name)), reverse=direction < 0
            )
        return found

    def _page(self, wanted: Doc, state: str | None, limit: int) -> tuple[list[Doc], str | None]:
        place, left = (None, limit) if state is None else read_state(state)
        found = []
        for one, document in self._on.found(wanted, place):
            if len(found) == min(PAGE, left):
                following = write_state(place, left - len(found)) if left > len(found) else None
                return found, following
            found.append(document)
            place = one
        return found, None

    def countDocuments(self, asked: Doc) -> Doc:  # noqa: N802 (the API's name)
        count = sum(1 for _ in self._on.found(asked.get("filter") or {}))
        more = {"moreData": True} if count > COUNTED else {}
        return {"status": {"count": min(count, COUNTED), **more}}

    def _first(self, asked: Doc) -> list[Doc]:
        sort, wanted = asked.get("sort") or {}, asked.get("filter") or {}
        if "$vector" in sort:
            best = self._on.nearest(vector_of(sort["$vector"]), wanted, 1)
            return [document for document, _ in best]
        if sort:
            return self._sorted(wanted, sort)[:1]
        return [one for _, one in itertools.islice(self._on.found(wanted), 1)]

    def updateOne(self, asked: Doc) -> Doc:  # noqa: N802 (the API's name)
        return {"status": self._update(self._first(asked), asked)}

    def updateMany(self, asked: Doc) -> Doc:  # noqa: N802 (the API's name)
        state = (asked.get("options") or {}).get("pageState")
        page, following = self._page(asked.get("filter") or {}, state, sys.maxsize)
        status = self._update(page, asked)
        return {"status": {**status, **({"nextPageState": following} if following else {})}}

    def _update(self, found: list[Doc], asked: Doc) -> Doc:
        modified, upserted = 0, {}
        for document in found:
            changed = updated(document, asked["update"], new=False)
            if str(changed) != str(document):
                modified += 1
                self._on.put(changed)
        if not found and (asked.get("options") or {}).get("upsert"):
            fixed = {
                name: one
                for name, one in (asked.get("filter") or {}).items()
                if not isinstance(one, dict) or set(one) & {"$uuid", "$objectId", "$date"}
            }
            made = updated({"_id": str(uuid4())} | fixed, asked["update"], new=True)
            self._on.put(made)
            upserted = {"upsertedId": made["_id"]}
        return {"matchedCount": len(found), "modifiedCount": modified, **upserted}

    def deleteOne(self, asked: Doc) -> Doc:  # noqa: N802 (the API's name)
        found = self._first(asked)
        for document in found:
            self._on.remove(key_of(document["_id"]))
        return {"status": {"deletedCount": len(found)}}

    def deleteMany(self, asked: Doc) -> Doc:  # noqa: N802 (the API's name)
        if not asked.get("filter"):
            self._on.clear()
            return {"status": {"deletedCount": -1}}
        page, following = self._page(asked["filter"], None, sys.maxsize)
        for document in page:
            self._on.remove(key_of(document["_id"]))
        more = {"moreData": True} if following else {}
        return {"status": {"deletedCount": len(page), **more}}


def write_state(place: tuple[int, str] | None, left: int) -> str:
    return b64encode(json.dumps([place, left]).encode()).decode()


def read_state(state: str) -> tuple[tuple[int, str], int]:
    place, left = json.loads(b64decode(state))
    return (place[0], place[1]), left


def answer(result: Doc, *, status: int = 200) -> web.Response:
    return web.Response(body=to_json(result), status=status, content_type="application/json")


def abort(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def halfway(request: web.Request, whole: web.Response) -> web.StreamResponse:
    assert isinstance(whole.body, bytes)
    half = web.StreamResponse(headers={"Content-Type": "application/json"})
    half.content_length = len(whole.body)
    await half.prepare(request)
    await half.write(whole.body[: len(whole.body) // 2])
    abort(request)
    return half


@asynccontextmanager
async def serving(api: StandIn | None = None) -> AsyncIterator[StandIn]:
    """Serve in this loop, on a port of its own."""
    api = api or StandIn()
    app = web.Application(client_max_size=20 * 1024**2)
    for path in ("/api/json/v1/{keyspace}", "/api/json/v1/{keyspace}/{collection}"):
        app.router.add_post(path, api.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        api.url = f"http://{host}:{port}"
        yield api
    finally:
        await runner.cleanup()


@contextmanager
def serving_in_thread(api: StandIn | None = None) -> Iterator[StandIn]:
    """Serve in a thread of its own."""
    ready, opened = threading.Event(), list[tuple[StandIn, asyncio.AbstractEventLoop]]()
    end = asyncio.Event()

    async def serve() -> None:
        async with serving(api) as served:
            opened.append((served, asyncio.get_running_loop()))
            ready.set()
            await end.wait()

    def run() -> None:
        with asyncio.Runner() as runner:
            runner.run(serve())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    ready.wait(GUARD_S)
    served, loop = opened[0]
    try:
        yield served
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join(GUARD_S)


async def alone(latency_s: float) -> None:
    """Serve until the input ends."""
    async with serving(StandIn(latency_s=latency_s)) as api:
        print(api.url, flush=True)  # noqa: T201 (whoever started it reads it)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--latency-s", type=float, default=0.0)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(alone(parser.parse_args().latency_s))  # noqa: TID251 (a program of its own)

"""How documents are found: by filter, by id, by vector; pages are followed, nothing is changed.

The limits are the public ones of the Data API (docs.datastax.com, "Data API limits", read in
2026-11): a page has 20 documents, `$in` takes 100 values, a vector search gives at most 1,000.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from headwater.errors import UsageError
from headwater.stores.astra.commands import Commands, clauses, each
from headwater.stores.astra.faults import bad_answer
from headwater.stores.astra.results import Document, Fetched, Page
from headwater.stores.astra.values import VECTOR, Vector, id_key, read_documents

PAGE = 20
"""Documents in a page."""
IN_VALUES = 100
"""Values that `$in` takes."""
CHUNK = min(PAGE, IN_VALUES)
"""Ids asked for at once: as many as one page can hold, so that no chunk waits for a second page."""
VECTOR_PAGE = 1000
"""Documents that a vector search gives at the most."""
EVERYTHING = {"*": 1}
"""The projection that includes vectors, which are left out otherwise."""


async def find_page(
    commands: Commands,
    collection: str,
    asked: Mapping[str, Any],
    *,
    options: Mapping[str, Any],
    page_state: str | None = None,
) -> Page:
    """Return one page of what clauses find."""
    where = f"find on {collection}"
    state = {} if page_state is None else {"pageState": page_state}
    command = {"find": {**asked, "options": {**options, **state}}}
    reply = await commands.send(command, collection=collection)
    data = reply.answer.get("data")
    documents = data.get("documents") if isinstance(data, dict) else None
    if not isinstance(documents, list) or not all(isinstance(one, dict) for one in documents):
        raise bad_answer("its data has no documents", where=where)
    following = data.get("nextPageState") if isinstance(data, dict) else None
    if following is not None and (not isinstance(following, str) or following == page_state):
        raise bad_answer("it leads to the same page again", where=where)
    return Page(read_documents(documents, reply.body), following or None)


async def find(
    commands: Commands,
    collection: str,
    *,
    filter: Mapping[str, Any] | None,  # noqa: A002 (the API's word)
    sort: Mapping[str, Any] | None,
    projection: Mapping[str, Any] | None,
    limit: int | None,
) -> list[Document]:
    """Return all documents found, or `limit` of them, from as many pages as it takes."""
    check_limit(limit)
    if sort and VECTOR in sort:
        message = f"{VECTOR} is no sort for find; use vector_search"
        raise UsageError(message, code="astra.bad_sort")
    asked = clauses(filter=filter, sort=sort or None, projection=projection)
    found: list[Document] = []
    page_state: str | None = None
    while limit is None or len(found) < limit:
        options = {} if limit is None else {"limit": limit}
        if sort:  # has no page state, and no more than a page at once
            options = {"limit": min(PAGE, (limit or PAGE + len(found)) - len(found))}
            options["skip"] = len(found)
        page = await find_page(commands, collection, asked, options=options, page_state=page_state)
        found += page.documents
        page_state = page.next_page_state
        if page_state is None and (not sort or len(page.documents) < PAGE):
            break
    return found[:limit]


async def vector_search(
    commands: Commands,
    collection: str,
    vector: Vector,
    *,
    limit: int,
    filter: Mapping[str, Any] | None,  # noqa: A002 (the API's word)
    projection: Mapping[str, Any] | None,
    include_similarity: bool,
) -> list[Document]:
    """Return the documents nearest to a vector, nearest first."""
    check_limit(limit, most=VECTOR_PAGE)
    asked = clauses(filter=filter, sort={VECTOR: vector}, projection=projection)
    options = {"limit": limit, "includeSimilarity": include_similarity}
    page = await find_page(commands, collection, asked, options=options)
    return page.documents[:limit]


def check_limit(limit: int | None, *, most: int | None = None) -> None:
    """Refuse a limit that cannot be kept.

    Raises:
        UsageError: `astra.bad_limit`.
    """
    if limit is None:
        return
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        message = f"a limit is a whole number from 1, not {limit!r}"
    elif most is not None and limit > most:
        message = f"a vector search gives at most {most:,} documents, not {limit:,}; ask for fewer"
    else:
        return
    raise UsageError(message, code="astra.bad_limit")


async def by_ids(
    commands: Commands, collection: str, ids: Sequence[Any], *, include_vectors: bool
) -> Fetched:
    """Return the documents of ids in the order asked, and the ids that no document has."""
    keys = [id_key(one) for one in ids]
    found = await stored(
        commands, collection, dict(zip(keys, ids, strict=True)), include_vectors=include_vectors
    )
    documents: list[Document] = []
    missing: list[Any] = []
    given: set[Any] = set()
    for key, one in zip(keys, ids, strict=True):
        document = found.get(key)
        if document is None:
            missing.append(one)
        else:
            documents.append(copy.deepcopy(document) if key in given else document)
            given.add(key)
    return Fetched(documents, missing)


async def stored(
    commands: Commands, collection: str, wanted: Mapping[Any, Any], *, include_vectors: bool
) -> dict[Any, Document]:
    """Return the documents of ids, given and returned under the keys of the ids."""
    found: dict[Any, Document] = {}
    ids = list(wanted.values())
    chunks = [ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK)]

    async def fetch(chunk: list[Any]) -> None:
        asked: dict[str, Any] = {"filter": {"_id": {"$in": chunk}}}
        if include_vectors:
            asked["projection"] = EVERYTHING
        page_state, left = None, len(chunk)
        while left > 0:
            page = await find_page(commands, collection, asked, options={}, page_state=page_state)
            found.update({id_key(one.get("_id")): one for one in page.documents})
            left -= len(page.documents)
            page_state = page.next_page_state
            if page_state is None:
                break

    if len(chunks) == 1:
        await fetch(chunks[0])
    else:
        await each(fetch, chunks, at_once=commands.at_once)
    return found

"""Async, blocking, astrapy and brute force say the same of random collections."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import astrapy
import numpy as np
import pytest
from anyio import to_thread
from astra_standin import TOKEN, Collection, StandIn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.stores.astra import AstraClient, AsyncAstraClient
from headwater.stores.astra.values import EPOCH, MILLISECOND, ObjectId, id_key

IDS = st.one_of(
    st.integers(-3, 40),
    st.integers(0, 40).map(str),
    st.sampled_from([0.5, -2.25, True, False]),
    st.uuids(),
    st.integers(0, 2**40).map(lambda one: EPOCH + one * MILLISECOND),
    st.binary(min_size=12, max_size=12).map(lambda one: ObjectId(one.hex())),
)
DOCUMENT = st.fixed_dictionaries(
    {"_id": IDS, "k": st.integers(0, 5), "tags": st.lists(st.sampled_from("abc"), max_size=3)},
    optional={
        "name": st.sampled_from(["web", "db", "queue"]),
        "$vector": st.lists(
            st.integers(-8, 8).map(lambda one: one / 4), min_size=3, max_size=3
        ).filter(any),
    },
)
DOCUMENTS = st.lists(DOCUMENT, max_size=60, unique_by=lambda one: id_key(one["_id"]))


@dataclass(frozen=True)
class Wanted:
    """A filter, and the same as Python says it."""

    filter: dict[str, Any]
    python: Any


ONE = st.one_of(
    st.integers(0, 5).map(lambda n: Wanted({"k": n}, lambda d: d["k"] == n)),
    st.integers(0, 5).map(lambda n: Wanted({"k": {"$gt": n}}, lambda d: d["k"] > n)),
    st.integers(0, 5).map(lambda n: Wanted({"k": {"$lte": n}}, lambda d: d["k"] <= n)),
    st.lists(st.integers(0, 5), min_size=1, max_size=3).map(
        lambda some: Wanted({"k": {"$in": some}}, lambda d: d["k"] in some)
    ),
    st.sampled_from("abc").map(lambda t: Wanted({"tags": t}, lambda d: t in d["tags"])),
    st.booleans().map(
        lambda there: Wanted({"name": {"$exists": there}}, lambda d: ("name" in d) == there)
    ),
)
FILTERS = st.recursive(
    ONE,
    lambda one: st.lists(one, min_size=1, max_size=3).flatmap(
        lambda some: st.sampled_from(
            [
                Wanted(
                    {"$and": [w.filter for w in some]}, lambda d: all(w.python(d) for w in some)
                ),
                Wanted({"$or": [w.filter for w in some]}, lambda d: any(w.python(d) for w in some)),
            ]
        )
    ),
    max_leaves=4,
)
few = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@dataclass
class Clients:
    """The three clients of one collection."""

    ours: AsyncAstraClient
    blocking: AstraClient
    theirs: Any


@pytest.fixture
def blocking(api: StandIn) -> Iterator[AstraClient]:
    with AstraClient(api.url, token=TOKEN) as client:
        yield client


@pytest.fixture
async def clients(api: StandIn, fresh: str, blocking: AstraClient) -> AsyncIterator[Clients]:
    database = astrapy.DataAPIClient(token=TOKEN).get_async_database(
        api.url, keyspace="default_keyspace"
    )
    async with (
        AsyncAstraClient(api.url, token=TOKEN) as ours,
        database,
        database.get_collection(fresh) as theirs,
    ):
        yield Clients(ours, blocking, theirs)


def keys(documents: list[Any]) -> set[Any]:
    return {key(one["_id"]) for one in documents}


def key(value: Any) -> Any:
    """Return an id's key, whichever client's classes it is told in."""
    if type(value).__name__ == "ObjectId":
        return "$objectId", str(value)
    if type(value).__name__ == "DataAPITimestamp":
        return "$date", value.timestamp_ms
    return id_key(value)


@few
@given(documents=DOCUMENTS, wanted=FILTERS, limit=st.integers(1, 70))
async def test_finds_and_counts_agree(
    api: StandIn, fresh: str, clients: Clients, documents: list[Any], wanted: Wanted, limit: int
) -> None:
    api.collections[fresh].clear()
    await clients.ours.insert_many(fresh, documents)
    brute = keys([one for one in documents if wanted.python(one)])
    found = await clients.ours.find(fresh, wanted.filter)
    assert keys(found) == brute
    assert await to_thread.run_sync(clients.blocking.find, fresh, wanted.filter) == found
    assert keys([one async for one in clients.theirs.find(wanted.filter)]) == brute
    assert await clients.ours.count(fresh, wanted.filter) == len(brute)
    assert await clients.theirs.count_documents(wanted.filter, upper_bound=1000) == len(brute)
    limited = await clients.ours.find(fresh, wanted.filter, limit=limit)
    assert len(limited) == min(limit, len(brute))
    assert keys(limited) == keys(
        [one async for one in clients.theirs.find(wanted.filter, limit=limit)]
    )
    sorted_ = await clients.ours.find(fresh, wanted.filter, sort={"k": 1})
    assert keys(sorted_) == brute
    assert [one["k"] for one in sorted_] == sorted(one["k"] for one in sorted_)


@few
@given(documents=DOCUMENTS, more=st.lists(IDS, max_size=30), seed=st.integers())
async def test_fetches_agree(
    api: StandIn, fresh: str, clients: Clients, documents: list[Any], more: list[Any], seed: int
) -> None:
    api.collections[fresh].clear()
    await clients.ours.insert_many(fresh, documents)
    known = {id_key(one["_id"]): one for one in documents}
    asked = [one["_id"] for one in documents] * 2 + more
    random.Random(seed).shuffle(asked)
    got = await clients.ours.batch_fetch_by_ids(fresh, asked, include_vectors=True)
    assert got.documents == [known[id_key(one)] for one in asked if id_key(one) in known]
    assert got.missing == [one for one in asked if id_key(one) not in known]
    again = await to_thread.run_sync(clients.blocking.batch_fetch_by_ids, fresh, asked)
    assert again.missing == got.missing
    assert [one["_id"] for one in again.documents] == [one["_id"] for one in got.documents]
    theirs = [one async for one in clients.theirs.find({}, projection={"_id": True})]
    assert keys(theirs) == set(known)


@few
@given(
    documents=DOCUMENTS,
    vector=st.lists(st.integers(-8, 8).map(lambda one: one / 4), min_size=3, max_size=3).filter(
        any
    ),
    wanted=st.none() | FILTERS,
    limit=st.integers(1, 30),
)
@pytest.mark.parametrize("metric", ["cosine", "dot_product", "euclidean"])
async def test_searches_agree(
    api: StandIn, fresh: str, clients: Clients, metric: str,
    documents: list[Any], vector: list[float], wanted: Wanted | None, limit: int,
) -> None:  # fmt: skip
    api.collections[fresh] = Collection({"vector": {"dimension": 3, "metric": metric}})
    await clients.ours.insert_many(fresh, documents)
    brute = sorted(
        (
            similarity(metric, one["$vector"], vector)
            for one in documents
            if "$vector" in one and (wanted is None or wanted.python(one))
        ),
        reverse=True,
    )[:limit]
    filter_ = None if wanted is None else wanted.filter
    hits = await clients.ours.vector_search(fresh, vector, limit=limit, filter=filter_)
    assert [one["$similarity"] for one in hits] == pytest.approx(brute, rel=1e-4, abs=1e-5)
    cursor = clients.theirs.find(
        filter_ or {}, sort={"$vector": vector}, limit=limit, include_similarity=True
    )
    assert [key(one["_id"]) async for one in cursor] == [key(one["_id"]) for one in hits]
    same = await to_thread.run_sync(
        lambda: clients.blocking.vector_search(fresh, vector, limit=limit, filter=filter_)
    )
    assert same == hits


def similarity(metric: str, left: list[float], right: list[float]) -> float:
    """Return how similar two vectors are, as Astra says."""
    if metric == "euclidean":
        return 1 / (1 + sum((a - b) ** 2 for a, b in zip(left, right, strict=True)))
    dot = sum(a * b for a, b in zip(left, right, strict=True))
    if metric == "cosine":
        dot /= float(np.linalg.norm(left) * np.linalg.norm(right))
    return (1 + dot) / 2


@few
@given(documents=DOCUMENTS, wanted=FILTERS)
async def test_changes_agree(
    api: StandIn, fresh: str, clients: Clients, documents: list[Any], wanted: Wanted
) -> None:
    matching = len([one for one in documents if wanted.python(one)])

    async def filled() -> None:
        api.collections[fresh].clear()
        await clients.theirs.insert_many(documents) if documents else None

    for document in documents:
        document["_id"] = str(id_key(document["_id"]))
    await filled()
    told = await clients.ours.update_many(fresh, wanted.filter, {"$set": {"seen": 1}})
    assert told.matched == told.modified == matching
    assert await clients.ours.count(fresh, {"seen": 1}) == matching
    assert await clients.ours.delete_many(fresh, {"seen": 1}) == matching
    await filled()
    theirs = await clients.theirs.update_many(wanted.filter, {"$set": {"seen": 1}})
    assert theirs.update_info["n"] == matching
    assert await to_thread.run_sync(clients.blocking.delete_many, fresh, {"seen": 1}) == matching
    assert await clients.theirs.count_documents({}, upper_bound=1000) == len(documents) - matching

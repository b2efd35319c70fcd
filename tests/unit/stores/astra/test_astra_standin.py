"""The stand-in is what the official client, astrapy, takes for the Data API."""

from __future__ import annotations

import gc
import warnings
from collections.abc import AsyncIterator
from typing import Any

import pytest
from astra_documents import numbered
from astra_standin import TOKEN, StandIn
from astrapy import AsyncCollection, AsyncDatabase, DataAPIClient
from astrapy.exceptions import (
    CollectionInsertManyException,
    DataAPIException,
    TooManyDocumentsToCountException,
)
from astrapy.info import CollectionDefinition


@pytest.fixture
async def database(api: StandIn) -> AsyncIterator[AsyncDatabase]:
    client = DataAPIClient(token=TOKEN)
    async with client.get_async_database(api.url, keyspace="default_keyspace") as database:
        yield database
    with warnings.catch_warnings():  # astrapy leaves some of its own connections open
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture
async def nodes(database: AsyncDatabase) -> AsyncIterator[AsyncCollection[Any]]:
    async with database.get_collection("nodes") as nodes:
        yield nodes


async def test_collections_are_made_listed_and_dropped(database: AsyncDatabase) -> None:
    definition = CollectionDefinition.builder().with_vector_dimension(3).build()
    async with await database.create_collection("made", definition=definition):
        assert sorted(await database.list_collection_names()) == ["made", "nodes"]
        described = {one.name: one.definition for one in await database.list_collections()}
        assert described["made"].vector is not None
        assert described["made"].vector.dimension == 3
        await database.drop_collection("made")
    assert await database.list_collection_names() == ["nodes"]


async def test_documents_are_inserted_found_and_counted(nodes: AsyncCollection[Any]) -> None:
    assert len((await nodes.insert_many(numbered(130), chunk_size=50)).inserted_ids) == 130
    assert await nodes.count_documents({"k": {"$lt": 30}}, upper_bound=1000) == 30
    assert {one["k"] async for one in nodes.find({"k": {"$gte": 100}})} == set(range(100, 130))
    assert len([one async for one in nodes.find({}, limit=55)]) == 55
    sorted_ = [one["k"] async for one in nodes.find({}, sort={"k": -1}, limit=5)]
    assert sorted_ == [129, 128, 127, 126, 125]
    found = await nodes.find_one({"_id": "n5"}, projection={"*": True})
    assert found is not None
    assert list(found["$vector"]) == [1.0, 5.0, 5 / 1024]
    assert "$vector" not in (await nodes.find_one({"_id": "n5"}) or {"$vector": 1})


async def test_vectors_are_searched(nodes: AsyncCollection[Any]) -> None:
    await nodes.insert_many(numbered(30))
    cursor = nodes.find({}, sort={"$vector": [1.0, 6.0, 0.0]}, limit=3, include_similarity=True)
    found = [one async for one in cursor]
    assert [one["k"] % 7 for one in found] == [6, 6, 6]
    assert found[0]["$similarity"] == pytest.approx(1.0, abs=1e-4)


async def test_documents_are_changed_and_removed(nodes: AsyncCollection[Any]) -> None:
    await nodes.insert_many(numbered(60))
    told = await nodes.update_many({"k": {"$lt": 50}}, {"$set": {"x": 1}, "$inc": {"k": 100}})
    assert told.update_info["nModified"] == 50
    await nodes.update_one({"_id": "new"}, {"$set": {"x": 2}}, upsert=True)
    assert (await nodes.find_one({"_id": "new"})) == {"_id": "new", "x": 2}
    assert (await nodes.delete_many({"x": 1})).deleted_count == 50
    assert (await nodes.delete_one({"x": 2})).deleted_count == 1
    await nodes.delete_many({})
    assert await nodes.count_documents({}, upper_bound=1000) == 0


async def test_limits_are_the_real_ones(nodes: AsyncCollection[Any]) -> None:
    with pytest.raises(DataAPIException):
        await nodes.insert_many(numbered(101), chunk_size=101)
    for start in range(0, 1100, 100):
        await nodes.insert_many(numbered(100, start=start))
    with pytest.raises(TooManyDocumentsToCountException):
        await nodes.count_documents({}, upper_bound=10_000)
    with pytest.raises(DataAPIException):
        await nodes.find_one({"_id": {"$in": [f"n{one}" for one in range(101)]}})
    every = [one async for one in nodes.find({}, sort={"$vector": [1.0, 0.0, 0.0]})]
    assert len(every) == 1000


async def test_a_document_that_is_there_is_an_error_by_name(nodes: AsyncCollection[Any]) -> None:
    await nodes.insert_many(numbered(3))
    with pytest.raises(CollectionInsertManyException) as caught:
        await nodes.insert_many(numbered(5))
    assert sorted(caught.value.inserted_ids) == ["n3", "n4"]
    assert "DOCUMENT_ALREADY_EXISTS" in str(caught.value.exceptions[0])


async def test_a_wrong_token_is_refused(api: StandIn) -> None:
    client = DataAPIClient(token="wrong")
    async with (
        client.get_async_database(api.url, keyspace="default_keyspace") as database,
        database.get_collection("nodes") as nodes,
    ):
        with pytest.raises(DataAPIException):
            await nodes.find_one({})

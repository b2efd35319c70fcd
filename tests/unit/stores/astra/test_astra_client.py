"""What the client promises of fetching, finding, searching, counting and changing."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from astra_documents import numbered
from astra_standin import TOKEN, Collection, Fault, StandIn
from pydantic_core import to_json

from headwater.errors import UsageError
from headwater.stores.astra import AsyncAstraClient, InsertIncomplete, ObjectId


async def test_collections_are_made_listed_and_dropped(astra: AsyncAstraClient) -> None:
    await astra.create_collection("made", dimension=3, metric="euclidean")
    await astra.create_collection("made", dimension=3, metric="euclidean")
    await astra.create_collection("plain", options={"defaultId": {"type": "uuid"}})
    assert sorted(await astra.list_collections()) == ["made", "nodes", "plain"]
    await astra.drop_collection("made")
    await astra.drop_collection("made")
    assert sorted(await astra.list_collections()) == ["nodes", "plain"]


@pytest.mark.parametrize("vectors", ["binary", "list"])
async def test_ten_thousand_ids_come_in_the_order_asked(
    api: StandIn, astra: AsyncAstraClient, vectors: str
) -> None:
    api.vectors = vectors
    documents = numbered(10_000)
    await astra.insert_many("nodes", documents)
    ids = [one["_id"] for one in reversed(documents)]
    ids[5:5] = ["no-1", ids[0], "no-2", "no-1"]
    got = await astra.batch_fetch_by_ids("nodes", ids, include_vectors=True)
    assert got.missing == ["no-1", "no-2", "no-1"]
    assert [one["_id"] for one in got.documents] == [one for one in ids if one[:2] != "no"]
    by_id = {one["_id"]: one for one in documents}
    assert all(one == by_id[one["_id"]] for one in got.documents)


async def test_documents_come_without_vectors_unless_asked(astra: AsyncAstraClient) -> None:
    await astra.insert_many("nodes", numbered(1))
    got = await astra.batch_fetch_by_ids("nodes", ["n0"])
    assert got.documents == [{"_id": "n0", "k": 0}]
    assert await astra.find_one("nodes", {"_id": "n0"}, projection={"*": 1}) == numbered(1)[0]


async def test_an_id_asked_for_twice_is_two_documents(astra: AsyncAstraClient) -> None:
    await astra.insert_many("nodes", [{"_id": "x", "list": [1]}])
    got = await astra.batch_fetch_by_ids("nodes", ["x", "x"])
    got.documents[0]["list"].append(2)
    assert got.documents[1] == {"_id": "x", "list": [1]}


async def test_nothing_is_asked_for_no_ids(api: StandIn, astra: AsyncAstraClient) -> None:
    assert (await astra.batch_fetch_by_ids("nodes", [])).documents == []
    assert (await astra.insert_many("nodes", [])).ids == []
    assert api.seen == []


async def test_small_pages_are_followed(
    api: StandIn, astra: AsyncAstraClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("astra_standin.PAGE", 3)
    await astra.insert_many("nodes", numbered(50))
    got = await astra.batch_fetch_by_ids("nodes", [f"n{one}" for one in range(55)])
    assert len(got.documents) == 50
    assert got.missing == [f"n{one}" for one in range(50, 55)]
    assert len(await astra.find("nodes")) == 50


async def test_the_fetch_asks_for_as_many_at_once_as_it_may(api: StandIn) -> None:
    api.latency_s = 0.02
    async with AsyncAstraClient(api.url, token=TOKEN, at_once=8) as astra:
        await astra.batch_fetch_by_ids("nodes", list(range(1000)))
    assert api.seen.count("find") == 50
    assert api.most_at_once == 8


@pytest.mark.parametrize("limit", [1, 19, 20, 21, 55, 100])
@pytest.mark.parametrize("sort", [None, {"k": -1}])
async def test_a_limit_is_a_limit(
    astra: AsyncAstraClient, limit: int, sort: dict[str, int] | None
) -> None:
    await astra.insert_many("nodes", numbered(70))
    found = await astra.find("nodes", sort=sort, limit=limit)
    assert len({one["_id"] for one in found}) == len(found) == min(limit, 70)
    if sort:
        assert [one["k"] for one in found] == list(range(69, 69 - len(found), -1))


async def test_a_sort_without_a_limit_gives_all(astra: AsyncAstraClient) -> None:
    await astra.insert_many("nodes", numbered(60))
    found = await astra.find("nodes", {"k": {"$gte": 20}}, sort={"k": 1})
    assert [one["k"] for one in found] == list(range(20, 60))


async def test_pages_lead_to_one_another(astra: AsyncAstraClient) -> None:
    await astra.insert_many("nodes", numbered(45))
    found, state = list[Any](), None
    for size in (20, 20, 5):
        page = await astra.find_page("nodes", page_state=state)
        assert len(page.documents) == size
        found += [one["_id"] for one in page.documents]
        state = page.next_page_state
    assert state is None
    assert len(set(found)) == 45


def similar(metric: str, left: Any, right: Any) -> float:
    dot = float(np.dot(left, right))
    if metric == "euclidean":
        return 1 / (1 + math.dist(left, right) ** 2)
    if metric == "cosine":
        dot /= float(np.linalg.norm(left) * np.linalg.norm(right))
    return (1 + dot) / 2


@pytest.mark.parametrize("metric", ["cosine", "dot_product", "euclidean"])
async def test_a_vector_search_gives_the_nearest(
    api: StandIn, astra: AsyncAstraClient, metric: str
) -> None:
    api.collections["nodes"] = Collection({"vector": {"dimension": 3, "metric": metric}})
    dice = np.random.default_rng(5)
    documents = [
        {"_id": one, "even": one % 2 == 0, "$vector": dice.standard_normal(3).astype("f4").tolist()}
        for one in range(300)
    ]
    await astra.insert_many("nodes", documents)
    asked = [0.25, -1.5, 0.75]
    wanted = sorted(
        (one for one in documents if one["even"]),
        key=lambda one: -similar(metric, one["$vector"], asked),
    )[:40]
    hits = await astra.vector_search("nodes", asked, limit=40, filter={"even": True})
    assert [one["_id"] for one in hits] == [one["_id"] for one in wanted]
    assert hits[0]["$similarity"] == pytest.approx(
        similar(metric, wanted[0]["$vector"], asked), rel=1e-4
    )
    as_bytes = np.asarray(asked, "<f4").tobytes()
    assert await astra.vector_search("nodes", as_bytes, limit=40, filter={"even": True}) == hits
    bare = await astra.vector_search("nodes", asked, limit=1, include_similarity=False)
    assert "$similarity" not in bare[0]


async def test_a_search_gives_up_to_a_thousand(astra: AsyncAstraClient) -> None:
    await astra.insert_many("nodes", numbered(1100))
    assert len(await astra.vector_search("nodes", [1, 0, 0], limit=1000)) == 1000
    with pytest.raises(UsageError) as caught:
        await astra.vector_search("nodes", [1, 0, 0], limit=1001)
    assert caught.value.code == "astra.bad_limit"


async def test_a_count_says_where_it_stopped(astra: AsyncAstraClient) -> None:
    await astra.insert_many("nodes", numbered(1100))
    exact = await astra.count("nodes", {"k": {"$lt": 7}})
    bound = await astra.count("nodes")
    assert (exact, exact.at_least, bound, bound.at_least) == (7, False, 1000, True)


async def test_documents_are_changed(astra: AsyncAstraClient) -> None:
    await astra.insert_many("nodes", numbered(60))
    told = await astra.update_many("nodes", {"k": {"$lt": 50}}, {"$set": {"x": [1]}})
    assert (told.matched, told.modified, told.upserted_id) == (50, 50, None)
    told = await astra.update_one("nodes", {"_id": "n1"}, {"$inc": {"k": 100}})
    assert (told.matched, told.modified) == (1, 1)
    await astra.update_one("nodes", {"_id": "n1"}, {"$set": {"$vector": [9, 9, 9]}})
    changed = await astra.find_one("nodes", {"_id": "n1"}, projection={"*": 1})
    assert changed == {"_id": "n1", "k": 101, "x": [1], "$vector": [9.0, 9.0, 9.0]}
    made = await astra.update_one("nodes", {"_id": UUID(int=3)}, {"$set": {"y": 1}}, upsert=True)
    assert made.upserted_id == UUID(int=3)


async def test_documents_are_removed(astra: AsyncAstraClient) -> None:
    await astra.insert_many("nodes", numbered(70))
    assert await astra.delete_many("nodes", {"k": {"$lt": 45}}) == 45
    assert await astra.delete_one("nodes", {"k": {"$gte": 45}}, sort={"k": -1}) == 1
    assert await astra.find_one("nodes", {"_id": "n69"}) is None
    assert await astra.delete_one("nodes", {"_id": "n69"}) == 0
    every = await astra.delete_many("nodes", {})
    assert every.at_least
    assert await astra.count("nodes") == 0


async def test_a_document_without_an_id_is_given_one(astra: AsyncAstraClient) -> None:
    given = await astra.insert_many("nodes", [{"a": 1}, {"_id": ObjectId("a" * 24)}, {"a": 2}])
    got = await astra.batch_fetch_by_ids("nodes", given.ids)
    assert [one.get("a") for one in got.documents] == [1, None, 2]
    assert given.ids[1] == ObjectId("a" * 24)


BAD = {"_id": "bad", "$vector": [1.0]}
UNWRITABLE = {"_id": "unwritable", "x": math.nan}


@pytest.mark.parametrize(
    ("bad", "code"), [(BAD, "SHRED_BAD_VECTOR_SIZE"), (UNWRITABLE, "astra.bad_value")]
)
@pytest.mark.parametrize("ordered", [False, True])
async def test_documents_not_inserted_are_named(
    astra: AsyncAstraClient, bad: dict[str, Any], code: str, *, ordered: bool
) -> None:
    documents = [*numbered(150), bad, *numbered(150, start=150)]
    await astra.insert_many("nodes", numbered(1, start=200))
    with pytest.raises(InsertIncomplete) as caught:
        await astra.insert_many("nodes", documents, ordered=ordered)
    named = {one.id: one.error_code for one in caught.value.failed}
    if ordered:
        assert named == {bad["_id"]: code}
        assert caught.value.inserted == [f"n{one}" for one in range(150)]
        assert caught.value.skipped == [f"n{one}" for one in range(150, 300)]
    else:
        assert named == {bad["_id"]: code, "n200": "DOCUMENT_ALREADY_EXISTS"}
        assert len(caught.value.inserted) == 299
        assert caught.value.skipped == []
    assert await astra.count("nodes") == len(caught.value.inserted) + 1


async def test_one_id_twice_is_inserted_once(astra: AsyncAstraClient) -> None:
    with pytest.raises(InsertIncomplete) as caught:
        await astra.insert_many("nodes", [{"_id": 1}, {"_id": 1}, {"_id": "1"}], ordered=False)
    assert caught.value.inserted == [1, "1"]
    assert [one.id for one in caught.value.failed] == [1]


async def test_large_documents_go_in_several_requests(
    api: StandIn, astra: AsyncAstraClient
) -> None:
    documents = [{"_id": one, "text": "x" * 300_000} for one in range(10)]
    documents.append({"_id": "huge", "text": "x" * 2_000_000})
    assert len((await astra.insert_many("nodes", documents)).ids) == 11
    assert api.seen.count("insertMany") == 5
    too_large = {"_id": "more", "text": "x" * 4_100_000}
    with pytest.raises(InsertIncomplete) as caught:
        await astra.insert_many("nodes", [{"_id": "small"}, too_large])
    assert caught.value.failed[0].error_code == "SHRED_DOC_LIMIT_VIOLATION"


Work = Callable[[AsyncAstraClient], Any]
REFUSED: list[tuple[str, Work]] = [
    ("astra.refused", lambda a: a.count("absent")),
    ("astra.refused", lambda a: a.insert_many("absent", numbered(250))),
    ("astra.refused", lambda a: a.find("nodes", {"a": {"$no": 1}})),
    ("astra.refused", lambda a: a.create_collection("nodes", dimension=4)),
    ("astra.bad_name", lambda a: a.count("../up")),
    ("astra.bad_name", lambda a: a.create_collection("x" * 49)),
    ("astra.bad_limit", lambda a: a.find("nodes", limit=0)),
    ("astra.bad_limit", lambda a: a.find("nodes", limit=True)),
    ("astra.bad_sort", lambda a: a.find("nodes", sort={"$vector": [1, 2, 3]})),
    ("astra.bad_vector", lambda a: a.vector_search("nodes", [])),
    ("astra.bad_id", lambda a: a.batch_fetch_by_ids("nodes", ["a", [1]])),
    ("astra.bad_value", lambda a: a.count("nodes", {"k": math.nan})),
    ("astra.bad_document", lambda a: a.insert_many("nodes", [{}, 7])),
]


@pytest.mark.parametrize(("code", "work"), REFUSED)
async def test_a_wrong_request_says_what_is_wrong(
    astra: AsyncAstraClient, code: str, work: Work
) -> None:
    with pytest.raises(UsageError) as caught:
        await work(astra)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("code", "given"),
    [
        ("astra.bad_endpoint", {"endpoint": "db.example.com"}),
        ("astra.bad_endpoint", {"endpoint": "ftp://db.example.com"}),
        ("astra.bad_endpoint", {"endpoint": "https://me:secret@db.example.com"}),
        ("astra.bad_token", {"token": ""}),
        ("astra.bad_token", {"token": "a\r\nHost: b"}),
        ("astra.bad_name", {"keyspace": "a/b"}),
        ("astra.bad_option", {"tries": 0}),
        ("astra.bad_option", {"within_s": math.nan}),
    ],
)
def test_a_client_is_not_made_of_nonsense(code: str, given: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as caught:
        AsyncAstraClient(**{"endpoint": "https://db.example.com", "token": TOKEN, **given})
    assert caught.value.code == code


async def test_the_token_is_shown_nowhere(api: StandIn, caplog: pytest.LogCaptureFixture) -> None:
    secret = "AstraCS:very-secret"
    caplog.set_level(logging.DEBUG)
    async with AsyncAstraClient(api.url, token=secret) as astra:
        with pytest.raises(UsageError) as caught:
            await astra.count("nodes")
        said = [repr(astra), str(caught.value), repr(caught.value), caplog.text]
        said += [repr(astra._wire), repr(vars(caught.value))]
    assert caught.value.code == "astra.unauthorized"
    assert not [one for one in said if "secret" in one]


async def test_a_token_said_back_by_the_api_is_taken_out(
    api: StandIn, astra: AsyncAstraClient
) -> None:
    entry = {"errorCode": "ODD", "message": f"token {TOKEN} is odd", "family": "REQUEST"}
    api.fault = lambda _command, _number: Fault(body=to_json({"errors": [entry]}))
    with pytest.raises(UsageError, match=r"ODD: token \*\*\* is odd"):
        await astra.count("nodes")


async def test_a_closed_client_says_so(api: StandIn) -> None:
    astra = AsyncAstraClient(api.url, token=TOKEN)
    await astra.count("nodes")
    await astra.close()
    with pytest.raises(UsageError) as caught:
        await astra.count("nodes")
    assert caught.value.code == "client.closed"

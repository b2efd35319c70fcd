"""The blocking client has the async one's verbs and answers, in any number of threads."""

from __future__ import annotations

import inspect
from concurrent.futures import ThreadPoolExecutor

import pytest
from astra_documents import numbered
from astra_standin import TOKEN, Fault, StandIn

from headwater.errors import CalledFromEventLoop, LimitError, UsageError
from headwater.stores.astra import AstraClient, AsyncAstraClient


def verbs(kind: type) -> dict[str, inspect.Signature]:
    return {
        name: inspect.signature(one)
        for name, one in vars(kind).items()
        if callable(one) and not name.startswith("_")
    }


def test_both_clients_have_the_same_verbs() -> None:
    assert verbs(AstraClient) == verbs(AsyncAstraClient)
    assert inspect.signature(AstraClient) == inspect.signature(AsyncAstraClient)
    for name in verbs(AsyncAstraClient):
        assert getattr(AstraClient, name).__name__ == name
        assert not inspect.iscoroutinefunction(getattr(AstraClient, name))


def test_it_does_what_the_async_one_does(api: StandIn) -> None:
    with AstraClient(api.url, token=TOKEN) as astra:
        assert astra.insert_many("nodes", numbered(130)).ids[129] == "n129"
        got = astra.batch_fetch_by_ids("nodes", ["n7", "no", "n7"], include_vectors=True)
        assert (got.documents, got.missing) == ([numbered(8)[7]] * 2, ["no"])
        assert astra.count("nodes", filter={"k": {"$lt": 4}}) == 4
        assert len(astra.vector_search("nodes", [1, 0, 0], limit=7)) == 7
        assert astra.delete_many("nodes", {"k": {"$lt": 100}}) == 100
        with pytest.raises(UsageError, match="COLLECTION_NOT_EXIST"):
            astra.count("absent")
        api.fault = lambda _command, _number: Fault(status=429, retry_after="3600")
        with pytest.raises(LimitError):
            astra.count("nodes")


def test_any_number_of_threads_share_it(api: StandIn) -> None:
    with AstraClient(api.url, token=TOKEN) as astra, ThreadPoolExecutor(16) as pool:
        astra.insert_many("nodes", numbered(160))
        ids = [[f"n{one}" for one in range(start, start + 10)] for start in range(0, 160, 10)]
        found = list(pool.map(lambda some: astra.batch_fetch_by_ids("nodes", some), ids))
        assert [[one["_id"] for one in got.documents] for got in found] == ids


def test_a_closed_client_says_so(api: StandIn) -> None:
    astra = AstraClient(api.url, token=TOKEN)
    astra.close()
    astra.close()
    with pytest.raises(UsageError) as caught:
        astra.count("nodes")
    assert caught.value.code == "client.closed"


async def test_a_running_loop_is_told_of_the_async_client(api: StandIn) -> None:
    astra = AstraClient(api.url, token=TOKEN)
    with pytest.raises(CalledFromEventLoop, match="AsyncAstraClient"):
        astra.count("nodes")


def test_the_token_is_not_in_what_it_is_shown_as(api: StandIn) -> None:
    assert "stand-in" not in repr(AstraClient(api.url, token=TOKEN))

"""The stand-in of the Data API, and clients of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import pytest
from astra_standin import TOKEN, Collection, StandIn, serving_in_thread

from headwater.stores.astra import AsyncAstraClient


@pytest.fixture
def anyio_backend() -> str:
    """Name the loop that aiohttp works in."""
    return "asyncio"


@pytest.fixture(scope="module")
def standin() -> Iterator[StandIn]:
    """Serve a Data API in a thread of its own."""
    with serving_in_thread() as api:
        yield api


@pytest.fixture
def api(standin: StandIn) -> StandIn:
    """Return the Data API, empty and well."""
    standin.fault = lambda _command, _number: None
    standin.latency_s = 0.0
    standin.era += 1
    standin.vectors = "binary"
    standin.seen.clear()
    standin.most_at_once = 0
    standin.collections.clear()
    standin.collections["nodes"] = Collection({"vector": {"dimension": 3, "metric": "cosine"}})
    return standin


@pytest.fixture
async def astra(api: StandIn) -> AsyncIterator[AsyncAstraClient]:
    """Open a client."""
    async with AsyncAstraClient(api.url, token=TOKEN) as client:
        yield client


@pytest.fixture
def fresh(api: StandIn) -> str:
    """Return the name of a collection of nobody else's."""
    name = f"c_{uuid4().hex}"
    api.collections[name] = Collection({"vector": {"dimension": 3, "metric": "cosine"}})
    return name

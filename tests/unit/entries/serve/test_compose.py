"""MCP behind the doors of the whole server: an id for each request, nobody in while it stops."""

from __future__ import annotations

import httpx2
import pytest

from headwater.app.settings import Settings
from headwater.entries.serve.compose import served
from headwater.entries.wire.opening import Opening

ADDRESS = "http://127.0.0.1:8420"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_what_agents_get_carries_the_id_of_their_request_also_where_it_is_refused() -> None:
    settings = Settings(prepare=False)
    async with served("memory:", Opening(), host="127.0.0.1", settings=settings) as all_of_it:
        transport = httpx2.ASGITransport(all_of_it.app)
        async with httpx2.AsyncClient(transport=transport, base_url=ADDRESS) as client:
            named = await client.post("/mcp", json={}, headers={"x-request-id": "mine-7"})
            unnamed = await client.post("/mcp", json={})
    assert (named.status_code, named.headers["x-request-id"]) == (401, "mine-7")
    assert unnamed.headers["x-request-id"] not in {"", "mine-7"}


async def test_a_server_that_stops_lets_no_agent_in() -> None:
    opening = Opening()
    settings = Settings(prepare=False)
    async with served("memory:", opening, host="127.0.0.1", settings=settings) as all_of_it:
        opening.close()
        transport = httpx2.ASGITransport(all_of_it.app)
        async with httpx2.AsyncClient(transport=transport, base_url=ADDRESS) as client:
            reply = await client.post("/mcp", json={}, headers={"x-request-id": "mine-8"})
    assert (reply.status_code, reply.json()["code"]) == (503, "limit.stopping")
    assert (reply.headers["retry-after"], reply.headers["x-request-id"]) == ("1", "mine-8")
    assert opening.inside == 0

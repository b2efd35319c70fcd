"""Documents over HTTP: sent, followed as jobs, listed, shown, forgotten."""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from asgi_client import Client, House, Reply, house_of
from hostile_documents import HOSTILE, honest
from patience import GUARD_S

from headwater import AsyncHeadwater
from headwater.app.settings import Settings

QUEUE = b"# Queue is full\n\nRestart the broker.\n"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    settings = Settings(prepare=False, jobs=True, embedder="hashing")
    async with AsyncHeadwater.open(f"sqlite:///{tmp_path}/e.db", settings=settings) as hw:
        yield await house_of(hw, body_bytes=1_000)


@pytest.fixture
async def operator(house: House) -> Client:
    return await house.someone("operator")


async def send(client: Client, body: bytes, kind: str, query: str = "") -> Reply:
    return await client.send(
        "POST", f"/v1/documents{query}", raw=body, headers={"content-type": kind}
    )


async def ended(client: Client, reply: Reply) -> dict[str, Any]:
    assert reply.status == 202, reply.body
    with anyio.fail_after(GUARD_S):
        while True:
            job: dict[str, Any] = (await client.send("GET", reply.headers["location"])).json
            if job["status"] not in {"queued", "running"}:
                return job
            await anyio.sleep(0.02)


async def test_a_document_is_sent_listed_shown_and_forgotten(operator: Client) -> None:
    query = "?source=queue.md&title=Queues&tag=team=core&tag=old&item=orders-db"
    job = await ended(operator, await send(operator, QUEUE, "text/markdown", query))
    assert job["result"]["added"] == 1
    (listed,) = (await operator.send("GET", "/v1/documents")).json["documents"]
    shown = (await operator.send("GET", f"/v1/documents/{listed['id']}")).json
    assert shown == listed
    assert (shown["title"], shown["source"], shown["passages"]) == ("Queues", "queue.md", 1)
    assert (shown["tags"], shown["items"]) == ({"team": "core", "old": ""}, ["orders-db"])
    gone = await operator.send("DELETE", f"/v1/documents/{listed['id']}")
    assert (gone.status, gone.json["id"]) == (200, listed["id"])
    missing = await operator.send("DELETE", f"/v1/documents/{listed['id']}")
    assert (missing.status, missing.code) == (404, "document.unknown")


async def test_a_folder_is_sent_as_a_zip_larger_than_other_bodies(operator: Client) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("runbooks/queue.md", QUEUE)
        packed.writestr("runbooks/manual.pdf", honest())
        packed.writestr("runbooks/bomb.pdf", HOSTILE["pages-many.pdf"]())
        packed.writestr("runbooks/code.py", "pass")
    job = await ended(operator, await send(operator, file.getvalue(), "application/zip"))
    result = job["result"]
    assert (result["added"], result["failed"]) == (2, 1)
    assert result["failures"][0]["code"] == "document.too_large"
    sources = {one["source"] for one in result["documents"]}
    assert sources == {"upload/runbooks/queue.md", "upload/runbooks/manual.pdf"}


async def test_a_kind_that_is_not_read_and_a_tag_that_is_none_are_refused(
    operator: Client,
) -> None:
    refused = await send(operator, b"x", "image/png")
    assert (refused.status, refused.code) == (415, "document.unknown_type")
    refused = await send(operator, QUEUE, "text/markdown", "?tag==x")
    assert (refused.status, refused.code) == (422, "tag.bad")


async def test_another_tenants_documents_are_not_there(house: House, operator: Client) -> None:
    await ended(operator, await send(operator, QUEUE, "", "?source=queue.md"))
    (listed,) = (await operator.send("GET", "/v1/documents")).json["documents"]
    other = await house.someone("admin", tenant="others")
    for method in ("GET", "DELETE"):
        reply = await other.send(method, f"/v1/documents/{listed['id']}")
        assert (reply.status, reply.code) == (404, "document.unknown")
    assert (await operator.send("GET", "/v1/documents")).json["total"] == 1

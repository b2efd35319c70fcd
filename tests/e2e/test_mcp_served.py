"""`/mcp` of `headwater serve`: a real process, keys made for it, the official client."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from patience import GUARD_S

from headwater import AsyncHeadwater

TENANTS = ("acme", "bolt")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def keys(home: Path) -> dict[str, str]:
    """Two tenants with an estate each, and a reader's key for each."""

    async def make() -> dict[str, str]:
        made: dict[str, str] = {}
        async with AsyncHeadwater.open(f"sqlite:///{home / 'estate.db'}") as hw:
            for tenant in TENANTS:
                new = await hw.access.create_key(role="operator", tenant=tenant)
                bundle = anyio.Path(home / tenant)
                await bundle.mkdir()
                row = {"code": f"{tenant}-1", "name": "thing", "type": "host"}
                await (bundle / "items.jsonl").write_text(json.dumps(row) + "\n")
                await hw.load(str(bundle), principal=await hw.access.identify(new.key))
                reader = await hw.access.create_key(role="reader", tenant=tenant)
                made[tenant] = reader.key
        return made

    return anyio.run(make)


@pytest.fixture(scope="module")
def url(home: Path, keys: dict[str, str]) -> Iterator[str]:
    """The address of `/mcp` of a server that was started for these tests."""
    del keys
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HEADWATER")}
    words = ["serve", "--port", "0", "--json", "--database", f"sqlite:///{home / 'estate.db'}"]
    with subprocess.Popen(
        [sys.executable, "-m", "headwater.entries.cli.main", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=kept,
        cwd=home,
    ) as process:
        assert process.stdout is not None
        lines = ""
        while not lines.rstrip().endswith("}"):
            line = process.stdout.readline().decode()
            assert line, "the server ended"
            lines += line
        yield f"{json.loads(lines)['address']}/mcp"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=GUARD_S) == 0


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_an_agent_asks_with_its_key_and_sees_its_own_tenant(
    url: str, keys: dict[str, str], mode: str
) -> None:
    with anyio.fail_after(GUARD_S):
        for tenant in TENANTS:
            headers = {"Authorization": f"Bearer {keys[tenant]}"}
            async with (
                httpx2.AsyncClient(headers=headers, timeout=GUARD_S) as http,
                Client(streamable_http_client(url, http_client=http), mode=mode) as client,
            ):
                found: Any = (await client.call_tool("ci_search", {})).structured_content
                assert [row["code"] for row in found["value"]["items"]] == [f"{tenant}-1"]
                asked: Any = await client.call_tool("ask", {"question": f"what is {tenant}-1?"})
                assert asked.structured_content["status"] == "complete"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"authorization": "Bearer hw_no_key"}, 401),
        ({"host": "evil.example.org"}, 421),
        ({"origin": "https://evil.example.org"}, 403),
    ],
)
async def test_nobody_else_is_let_in(url: str, headers: dict[str, str], status: int) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    async with httpx2.AsyncClient(timeout=GUARD_S) as http:
        for path in (url, f"{url}/", f"{url}/other"):
            answer = await http.post(path, json=body, headers=headers)
            assert answer.status_code == status

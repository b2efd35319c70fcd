"""`headwater mcp` as an agent starts it: a real process, the protocol on its standard output."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, StdioServerParameters, types
from patience import GUARD_S

from headwater import AsyncHeadwater

ITEMS = tuple({"code": f"svc-{n}", "name": f"service {n}", "type": "service"} for n in range(9))
DISCOVER = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/list",
    "params": {
        "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
        }
    },
}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small estate."""
    folder = tmp_path_factory.mktemp("home")
    bundle = folder / "bundle"
    bundle.mkdir()
    text = "".join(json.dumps(row) + "\n" for row in ITEMS)
    (bundle / "items.jsonl").write_text(text, encoding="utf-8")

    async def load() -> None:
        async with AsyncHeadwater.open(f"sqlite:///{folder / 'estate.db'}") as hw:
            await hw.load(bundle)

    anyio.run(load)
    return folder


def environment(folder: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HEADWATER")}
    return {**kept, "HEADWATER_DATABASE": f"sqlite:///{folder / 'estate.db'}", **more}


def command(folder: Path, *words: str, **more: str) -> StdioServerParameters:
    return StdioServerParameters(
        command=sys.executable,
        args=["-m", "headwater.entries.cli.main", "mcp", *words],
        env=environment(folder, **more),
        cwd=str(folder),
    )


def data_of(result: types.CallToolResult) -> dict[str, Any]:
    data: dict[str, Any] = result.structured_content
    return data


@pytest.mark.parametrize("mode", ["auto", pytest.param("legacy", marks=pytest.mark.slow)])
async def test_an_agent_asks_the_command_it_started(home: Path, mode: str) -> None:
    with anyio.fail_after(GUARD_S):
        async with Client(command(home), mode=mode) as client:
            assert "ask" in [one.name for one in (await client.list_tools()).tools]
            answer = data_of(await client.call_tool("ask", {"question": "count services"}))
            assert answer["status"] == "complete"
            assert "9" in answer["summary"]
            found = data_of(await client.call_tool("ci_search", {"keywords": ["service"]}))
            assert found["value"]["total"] == 9


async def test_a_tenant_that_is_named_is_asked(home: Path) -> None:
    with anyio.fail_after(GUARD_S):
        async with Client(command(home, "--tenant", "other")) as client:
            found = data_of(await client.call_tool("ci_search", {}))
            assert found["value"]["total"] == 0


async def test_a_key_says_who_asks(home: Path) -> None:
    async with AsyncHeadwater.open(f"sqlite:///{home / 'estate.db'}") as hw:
        made = await hw.access.create_key(role="reader", tenant="elsewhere")
    with anyio.fail_after(GUARD_S):
        async with Client(command(home, HEADWATER_KEY=made.key)) as client:
            found = data_of(await client.call_tool("ci_search", {}))
            assert found["value"]["total"] == 0
        async with Client(command(home, HEADWATER_KEY="hw_no_key")) as client:
            refused = await client.call_tool("ci_search", {})
            assert refused.is_error
            assert data_of(refused)["code"] == "access.unauthenticated"
            asked = await client.call_tool("ask", {"question": "count services"})
            assert data_of(asked)["code"] == "access.unauthenticated"


def started(home: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "headwater.entries.cli.main", "mcp"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(home),
        cwd=home,
    )


def test_standard_output_carries_the_protocol_alone_and_the_end_of_input_ends_it(
    home: Path,
) -> None:
    requests = b"no JSON at all\n" + json.dumps(DISCOVER).encode() + b"\n"
    with started(home) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(requests)
        process.stdin.flush()
        line = process.stdout.readline()
        process.stdin.close()
        rest = process.stdout.read()
        assert process.wait(timeout=GUARD_S) == 0
    for one in [line, *rest.splitlines()]:
        assert json.loads(one)["jsonrpc"] == "2.0"


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)]
)
def test_a_signal_ends_it_at_once(home: Path, number: int) -> None:
    with started(home) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(DISCOVER).encode() + b"\n")
        process.stdin.flush()
        process.stdout.readline()
        process.send_signal(number)
        assert process.wait(timeout=GUARD_S) == -number

"""Two servers on one PostgreSQL begin what is due once, and go on where one of them is killed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp
import anyio
import pytest
from anyio import to_thread
from patience import GUARD_S
from serving import Server, serving
from ulid import ULID

SCHEDULES = [sys.executable, "-m", "headwater.entries.cli.main", "schedules"]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def told(url: str, folder: Path, *words: str) -> Any:
    """Run a command on schedules and return its JSON."""
    done = subprocess.run(
        [*SCHEDULES, *words, "--database", url, "--json"],
        env={"PATH": "/usr/bin:/bin", "HEADWATER_JOBS_FOLDER": str(folder)},
        capture_output=True,
        text=True,
        timeout=GUARD_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


async def instants(server: Server, key: str, *, least: int, after: float = 0.0) -> list[float]:
    """Return the instants for which jobs were begun, once there are so many after one of them."""
    headers = {"Authorization": f"Bearer {key}"}
    with anyio.fail_after(GUARD_S):
        async with aiohttp.ClientSession(server.address, headers=headers) as client:
            while True:
                async with client.get("/v1/jobs?limit=100") as reply:
                    jobs = (await reply.json())["jobs"]
                found = [ULID.from_str(one["id"][2:]).timestamp for one in jobs]
                if sum(1 for one in found if one > after) >= least:
                    return sorted(found)
                await anyio.sleep(0.1)


@pytest.mark.slow
async def test_what_is_due_is_begun_once_whoever_lives(postgresql: str, tmp_path: Path) -> None:
    env = {"HEADWATER_JOBS_FOLDER": tmp_path / "jobs"}
    folders = [tmp_path / "a", tmp_path / "b"]
    for one in folders:
        one.mkdir()
    words = ("count", "--cron", "* * * * * *", "--ask", "how many items per type?")
    async with serving(folders[0], postgresql, env=env) as first:
        made = await to_thread.run_sync(told, postgresql, tmp_path / "jobs", "create", *words)
        assert (made["name"], made["kind"], made["tenant"]) == ("count", "run", "default")
        key = await to_thread.run_sync(first.key, "operator")
        async with serving(folders[1], postgresql, env=env) as second:
            both = await instants(second, key, least=4)
            assert len(set(both)) == len(both)
            first.stop(signal.SIGKILL)
            later = await instants(second, key, least=3, after=both[-1])
            assert len(set(later)) == len(later)
            headers = {"Authorization": f"Bearer {key}"}
            async with aiohttp.ClientSession(second.address, headers=headers) as client:
                async with client.get("/v1/schedules") as reply:
                    (listed,) = (await reply.json())["schedules"]
                assert (listed["name"], listed["made_by"]) == ("count", "local")
                async with client.delete("/v1/schedules/count") as reply:
                    assert reply.status == 200
                async with client.delete("/v1/schedules/count") as reply:
                    assert reply.status == 404
                body = {"name": "count", "cron": "0 3 * * *", "do": {"scan": True}}
                for status in (201, 409):
                    async with client.post("/v1/schedules", json=body) as reply:
                        assert reply.status == status
                body["do"] = {"load": "/etc"}
                async with client.post("/v1/schedules", json=body) as reply:
                    assert reply.status == 403

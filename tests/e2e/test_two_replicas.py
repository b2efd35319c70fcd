"""Two servers on one PostgreSQL and one Redis behave as one."""

from __future__ import annotations

from pathlib import Path

import aiohttp
import anyio
import pytest
from anyio import to_thread
from patience import GUARD_S
from serving import serving

PLAN = {"steps": [{"id": "a", "tool": "slow.sleep"}], "budget_s": 50}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_a_run_of_one_is_watched_and_cancelled_at_the_other(
    postgresql: str, redis: str, tmp_path: Path
) -> None:
    env = {"HEADWATER_REDIS": redis, "HEADWATER_JOBS_FOLDER": tmp_path / "jobs"}
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    async with (
        serving(tmp_path / "a", postgresql, env=env) as one,
        serving(tmp_path / "b", postgresql, env=env) as other,
    ):
        headers = {"Authorization": f"Bearer {await to_thread.run_sync(one.key, 'operator')}"}
        with anyio.fail_after(GUARD_S):
            async with (
                aiohttp.ClientSession(one.address, headers=headers) as here,
                aiohttp.ClientSession(other.address, headers=headers) as there,
                there.ws_connect("/v1/live") as line,
            ):
                assert (await line.receive_json())["type"] == "welcome"
                begun = await here.post("/v1/runs?background=true", json=PLAN)
                assert begun.status == 202, await begun.text()
                run_id = (await begun.json())["run_id"]
                async with there.get(f"/v1/runs/{run_id}/events") as events:
                    told = b""
                    while b"event: step.started" not in told:
                        told += await events.content.readany()
                    cancelled = await there.post(f"/v1/runs/{run_id}/cancel")
                    assert cancelled.status == 200
                    told += await events.content.read()
                assert b"run.cancelled" in told
                ended = await (await here.get(f"/v1/runs/{run_id}")).json()
                assert (ended["run"]["status"], ended["code"]) == ("failed", "run.cancelled")
                kinds: set[str] = set()
                while "run.answered" not in kinds:
                    message = await line.receive_json()
                    if message["type"] == "event" and message["event"]["run_id"] == run_id:
                        kinds.add(message["event"]["kind"])
                assert "step.started" in kinds

"""An alert that is loaded is told to those who work on its item, as it comes in."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio import to_thread
from patience import GUARD_S

from headwater import AsyncHeadwater, Principal
from headwater.app.namespace import value_of

ANN = Principal("default", "ann", ("operator",))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def write_bundle(folder: Path, *titles: str) -> Path:
    """Write an item, and incidents of it that have not ended."""
    at = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    folder.mkdir()
    told = [{"ci": "db", "kind": "incident", "title": one, "at": at} for one in titles]
    (folder / "items.jsonl").write_text('{"code": "db", "name": "db", "type": "database"}')
    (folder / "history.jsonl").write_text("\n".join(json.dumps(one) for one in told))
    return folder


async def call(hw: AsyncHeadwater, tool: str, **arguments: Any) -> Any:
    return value_of(await hw.call(f"work.{tool}", arguments, principal=ANN))


async def test_whoever_is_in_the_room_is_told_of_an_alert_as_it_is_loaded(tmp_path: Path) -> None:
    async with AsyncHeadwater.open("memory:") as hw:
        await hw.load(await to_thread.run_sync(write_bundle, tmp_path / "one"))
        team = (await call(hw, "create_team", name="Core"))["id"]
        project = (await call(hw, "create_project", team=team, name="P", items=["db"]))["id"]
        with anyio.fail_after(GUARD_S):
            async with hw.rooms.join(project, principal=ANN) as seat:
                await hw.load(
                    await to_thread.run_sync(write_bundle, tmp_path / "two", "db is down")
                )
                async for event in seat:
                    if event.kind == "alert":
                        break
        assert event.activity is not None
        assert (event.activity.title, event.activity.project) == ("db is down", project)
        stopped = await call(hw, "resume", project=project)
        assert [one["title"] for one in stopped["alerts"]] == ["db is down"]
        assert [one["kind"] for one in stopped["last"]] == ["project.created"]

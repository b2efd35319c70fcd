"""A process is killed between the estate and Astra DB; the next one brings them in step."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from subprocess import DEVNULL

import anyio
import pytest
from anyio import to_thread
from astra_standin import TOKEN, Fault, StandIn, serving_in_thread
from patience import GUARD_S

from headwater import AsyncHeadwater
from headwater.app.settings import Settings

pytestmark = pytest.mark.anyio
OLD = "# Queue is full\n\nRestart the broker.\n\n## Then\n\nLook at the disk.\n"
NEW = "# Queue is full\n\nDrain the queue.\n"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def passages_in(api: StandIn) -> list[int]:
    return sorted(
        int(one["passage"])
        for name, each in api.collections.items()
        if name.startswith("headwater_vectors_")
        for one in each.documents.values()
    )


@pytest.mark.parametrize("command", ["insertMany", "deleteMany"])
async def test_what_a_kill_between_the_two_left_is_mended(command: str, tmp_path: Path) -> None:
    file, url = tmp_path / "QueueFull.md", f"sqlite:///{tmp_path}/estate.db"
    file.write_text(OLD)
    with serving_in_thread() as api:
        settings = Settings(
            vectors="astra",
            astra_endpoint=api.url,
            astra_token=TOKEN,
            embedder="hashing",
            prepare=False,
        )
        async with AsyncHeadwater.open(url, settings=settings) as hw:
            await hw.ingest(file)
        before = passages_in(api)

        file.write_text(NEW)
        reached = threading.Event()

        def stuck(asked: str, _number: int) -> Fault | None:
            if asked != command:
                return None
            reached.set()
            return Fault(delay_s=3_600, cut="before")

        api.fault = stuck
        given = {
            "HEADWATER_VECTORS": "astra",
            "HEADWATER_ASTRA_ENDPOINT": api.url,
            "HEADWATER_ASTRA_TOKEN": TOKEN,
            "HEADWATER_EMBEDDER": "hashing",
        }
        ingest = [sys.executable, "-m", "headwater.entries.cli.main", "ingest", str(file)]
        async with await anyio.open_process(
            [*ingest, "--database", url],
            env={**os.environ, **given},
            stdout=DEVNULL,
            stderr=DEVNULL,
        ) as child:
            assert await to_thread.run_sync(reached.wait, GUARD_S)
            child.kill()
        assert set(passages_in(api)) >= set(before)

        api.fault = lambda _command, _number: None
        async with AsyncHeadwater.open(url, settings=settings) as hw:
            assert (await hw.ingest(file)).unchanged == 1
            [hit] = (await hw.call("knowledge.search", {"query": "drain"})).value["hits"]
            assert hit["why"].keys() >= {"keyword", "vector"}
            assert passages_in(api) == [hit["passage_id"]]

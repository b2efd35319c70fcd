"""Processes that do background jobs are killed at many points: nothing is lost or done twice."""

from __future__ import annotations

import io
import json
import os
import random
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import anyio
import pytest
from patience import GUARD_S

from headwater import AsyncHeadwater
from headwater.app.settings import Settings

CHILD = r"""
import os, signal, sys

import anyio

from headwater import AsyncHeadwater, tool
from headwater.app.settings import Settings

URL, FOLDER, WHAT = sys.argv[1:]


def mark(text):
    os.write(1, f"{text}\n".encode())


@tool(name="test.effect", description="Write.", idempotent=False, role="reader")
async def effect(*, hold: bool = False) -> str:
    async with await anyio.open_file(f"{FOLDER}/effects", "a") as file:
        await file.write("x")
    mark("effect")
    if hold:
        await anyio.sleep_forever()
    return "done"


@tool(name="test.hold", description="Wait.", idempotent=True, role="reader")
async def hold() -> str:
    mark("held")
    await anyio.sleep(0 if WHAT == "go on" else 60)
    return "held"


async def chunks(path):
    async with await anyio.open_file(path, "rb") as file:
        while block := await file.read(20_000):
            mark("chunk")
            yield block


async def submit(hw):
    if WHAT == "load":
        await hw.jobs.load(chunks(f"{FOLDER}/bundle.zip"), media_type="application/zip")
    elif WHAT != "go on":
        steps = [
            {"id": "one", "tool": "test.effect", "args": {"hold": WHAT == "in the effect"}},
            {"id": "two", "tool": "test.hold", "after": ["one"]},
        ]
        await hw.jobs.run(plan={"steps": steps}, budget_s=50)


async def main():
    settings = Settings(jobs=True, prepare=False)
    async with AsyncHeadwater.open(URL, settings=settings, packs=[[effect, hold]]) as hw:
        mark("open")
        await submit(hw)
        mark("accepted")
        while True:
            jobs = await hw.jobs.recent()
            await hw.runs(limit=1)  # which writes what runs have told so far
            mark("tick")
            if all(one.status not in {"queued", "running"} for one in jobs):
                break
            await anyio.sleep(0.004)
    mark("end")


anyio.run(main)
"""
ITEMS = 1500


class Child:
    """A process that does jobs, and tells by lines how far it is."""

    def __init__(self, folder: Path, what: str) -> None:
        script = folder / "child.py"
        script.write_text(CHILD)
        command = [sys.executable, str(script), f"sqlite:///{folder}/estate.db", str(folder), what]
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, start_new_session=True
        )

    def until(self, mark: str, times: int = 1) -> bool:
        """Read until a mark has come so often; tell whether it did before the end."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            times -= line.strip() == mark
            if not times:
                return True
        return False

    def kill(self) -> None:
        """End it as a power cut does."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._end()

    def _end(self) -> int:
        assert self._process.stdout is not None
        self._process.stdout.close()
        return self._process.wait(GUARD_S)

    def wait(self) -> None:
        """Wait until it has done everything, and is well."""
        assert self.until("end")
        assert self._end() == 0


def write_bundle(folder: Path) -> bytes:
    """Return a bundle as a zip, large enough to be killed in each of its parts."""
    items = [{"code": f"i{n}", "name": f"item {n}", "type": "host"} for n in range(ITEMS)]
    edges = [{"source": f"i{n}", "target": f"i{n + 1}", "type": "uses"} for n in range(ITEMS - 1)]
    samples = "".join(f"m,i{n},{at},{n}\n" for n in range(0, ITEMS, 10) for at in range(40))
    history = [
        {"ci": f"i{n}", "kind": "change", "at": n, "title": f"t{n}"} for n in range(0, ITEMS, 3)
    ]
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        for name, rows in {"items": items, "relations": edges, "history": history}.items():
            packed.writestr(f"{name}.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
        packed.writestr("samples.csv", samples)
    (folder / "bundle.zip").write_bytes(file.getvalue())
    return file.getvalue()


def estate_of(folder: Path) -> dict[str, str]:
    """Return an estate as the files of its export."""

    async def export() -> None:
        async with AsyncHeadwater.open(f"sqlite:///{folder}/estate.db") as hw:
            await hw.export(folder / "export")

    anyio.run(export)
    return {
        one.name: "\n".join(sorted(one.read_text("utf-8").splitlines()))
        for one in sorted((folder / "export").iterdir())
    }


@pytest.fixture(scope="module")
def loaded_once(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the estate of a load that nobody killed."""
    folder = tmp_path_factory.mktemp("once")
    write_bundle(folder)
    Child(folder, "load").wait()
    return estate_of(folder)


def check_killed(folder: Path, ticks: list[int], expected: dict[str, str]) -> None:
    """Kill a load after so many ticks, again and again, and let it end."""
    folder.mkdir()
    write_bundle(folder)
    what = "load"
    for number in ticks:
        child = Child(folder, what)
        if child.until("accepted"):
            what = "go on"
            child.until("tick", number)
        child.kill()
    Child(folder, what).wait()
    assert estate_of(folder) == expected
    assert job_of(folder)["status"] == "succeeded"


def test_a_load_that_is_killed_and_killed_again_is_one_load(
    tmp_path: Path, loaded_once: dict[str, str]
) -> None:
    check_killed(tmp_path / "a", [1, 15], loaded_once)


def test_an_upload_that_is_killed_is_no_job(tmp_path: Path) -> None:
    write_bundle(tmp_path)
    child = Child(tmp_path, "load")
    assert child.until("chunk", 3)
    child.kill()
    Child(tmp_path, "go on").wait()
    assert "items.jsonl" in estate_of(tmp_path)
    assert estate_of(tmp_path)["items.jsonl"] == ""


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(10))
def test_loads_killed_at_sixty_points_are_one_load_each(
    tmp_path: Path, loaded_once: dict[str, str], seed: int
) -> None:
    dice = random.Random(seed)
    check_killed(tmp_path / "a", [dice.randint(1, 80) for _ in range(6)], loaded_once)


def job_of(folder: Path) -> dict[str, object]:
    """Return the one job as it ended, once nothing is left of it."""

    async def find() -> dict[str, object]:
        settings = Settings(jobs=True, prepare=False)
        url = f"sqlite:///{folder}/estate.db"
        async with AsyncHeadwater.open(url, settings=settings) as hw:
            (job,) = await hw.jobs.recent()
            uploads = anyio.Path(folder / "estate.jobs" / "uploads")
            with anyio.fail_after(GUARD_S):  # a kill may have left one; whoever opens removes it
                left = True
                while left:
                    left = bool([one async for one in uploads.iterdir()])
                    await anyio.sleep(0.02)
            return {"status": job.status, "result": job.result, "error": job.error}

    return anyio.run(find)


def test_a_run_that_is_killed_goes_on_and_its_effect_comes_once(tmp_path: Path) -> None:
    child = Child(tmp_path, "after the effect")
    assert child.until("held")
    assert child.until("tick", 2)  # what the first step gave is written by now
    child.kill()
    Child(tmp_path, "go on").wait()
    assert (tmp_path / "effects").read_text() == "x"
    job = job_of(tmp_path)
    assert job["status"] == "succeeded"
    assert job["result"]["status"] == "complete"  # type: ignore[index]


def test_a_step_killed_in_its_effect_is_reported_and_not_done_again(tmp_path: Path) -> None:
    child = Child(tmp_path, "in the effect")
    assert child.until("effect")
    child.kill()
    Child(tmp_path, "go on").wait()
    assert (tmp_path / "effects").read_text() == "x"
    job = job_of(tmp_path)
    result = job["result"] or {}
    assert job["status"] == "failed" or result["status"] != "complete"  # type: ignore[index]

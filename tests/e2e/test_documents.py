"""Documents as a person takes them in: real processes, real runbooks, a manual of 200 pages."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.from_thread import start_blocking_portal
from commands import carry_out
from hostile_documents import HOSTILE
from llm_service import Turn, model_service
from patience import GUARD_S
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate

from headwater import AsyncHeadwater
from headwater.app.settings import Settings
from headwater.model.principal import Principal

RUNBOOKS = Path(__file__).parents[3] / "shared/data/runbooks"
QUEUE = "# Queue is full\n\nRestart the broker of orders-db.\n"
CHILD = r"""
import os, sys

import anyio

from headwater import AsyncHeadwater
from headwater.app.settings import Settings

URL, FILE = sys.argv[1:]


async def chunks():
    yield await anyio.Path(FILE).read_bytes()


async def main():
    settings = Settings(jobs=True, prepare=False, embedder="hashing")
    async with AsyncHeadwater.open(URL, settings=settings) as hw:
        if FILE:
            await hw.jobs.ingest(chunks(), media_type="application/zip", source="manuals")
        while True:
            (job,) = await hw.jobs.recent()
            os.write(1, f"{(await hw.documents.recent(limit=1)).total}\n".encode())
            if job.status not in {"queued", "running"}:
                break
            await anyio.sleep(0.01)
    os.write(1, b"end\n")


anyio.run(main)
"""


def environment(folder: Path, settings: dict[str, str]) -> dict[str, str]:
    more = {"HEADWATER_DATABASE": f"sqlite:///{folder}/estate.db", "HEADWATER_EMBEDDER": "hashing"}
    return {**more, "COLUMNS": "100", "TZ": "UTC", **settings}


def headwater(
    *words: str, folder: Path, stdin: bytes = b"", status: int = 0, **settings: str
) -> subprocess.CompletedProcess[bytes]:
    """Run a command in a process of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HEADWATER")}
    done = subprocess.run(
        [sys.executable, "-m", "headwater.entries.cli.main", *words],
        cwd=folder,
        input=stdin,
        env={**kept, **environment(folder, settings)},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == status, done.stderr.decode()
    return done


def here(*words: str, folder: Path, **settings: str) -> bytes:
    """Carry a command out in this process: another way in than the one that made what it reads."""
    done = carry_out(*words, folder=folder, env=environment(folder, settings))
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def told(*words: str, folder: Path, stdin: bytes = b"", status: int = 0) -> Any:
    done = headwater(*words, "--json", folder=folder, stdin=stdin, status=status)
    return json.loads(done.stdout)


def sources(found: Any) -> list[str]:
    return [hit["document"]["source"] for hit in found["value"]["hits"]]


@pytest.mark.skipif(not RUNBOOKS.exists(), reason=f"there are no runbooks at {RUNBOOKS}")
def test_a_folder_of_runbooks_is_taken_in_and_found(tmp_path: Path) -> None:
    first = told("ingest", str(RUNBOOKS), folder=tmp_path)
    assert (first["added"], first["failed"]) == (117, 0)
    assert 400 < first["passages"] < 600
    again = json.loads(here("ingest", str(RUNBOOKS), "--json", folder=tmp_path))
    assert (again["added"], again["changed"], again["unchanged"]) == (0, 0, 117)
    asked = '{"query": "NodeClockNotSynchronising", "limit": 5}'
    found = sources(json.loads(here("call", "knowledge.search", asked, "--json", folder=tmp_path)))
    assert found[0].endswith("/NodeClockNotSynchronising.md")
    listed = json.loads(here("documents", "--limit", "1", "--json", folder=tmp_path))
    assert listed["total"] == 117


SLOW = """# Checkout is slow

## Meaning

It mostly waits for orders-db.

## Mitigation

- Scale out checkout-api first.
"""
SAID = {"sentences": [{"text": "First scale out checkout-api.", "passages": [1, 2]}]}


@pytest.fixture(params=["sqlite", "postgresql", "model"])
def settings(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """Set nothing, or the one setting of a database on a server, or the three of a model."""
    if request.param == "sqlite":
        yield {}
    elif request.param == "postgresql":
        yield {"HEADWATER_DATABASE": request.getfixturevalue("postgresql")}
    else:
        with start_blocking_portal() as portal:
            opening = model_service(*[Turn(text=json.dumps(SAID))] * 5)
            with portal.wrap_async_context_manager(opening) as service:
                yield {
                    "HEADWATER_LLM_URL": service.url,
                    "HEADWATER_LLM_MODELS": "one",
                    "HEADWATER_LLM_KEY": "key-of-the-test",
                }


def test_the_way_of_the_readme_leads_to_the_cited_passage(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    folder = tmp_path / "runbooks"
    folder.mkdir()
    (folder / "SlowCheckout.md").write_text(SLOW)
    (folder / "Tea.md").write_text("# Tea\n\nTea is made with water.\n")
    shown = here("ingest", "runbooks", folder=tmp_path, **settings).decode()
    assert "2 documents" in shown
    asked = ("ask", "what do I do about SlowCheckout?", "--budget", "30s")
    wide = {"COLUMNS": "300", **settings}
    shown = headwater(*asked, folder=tmp_path, **wide).stdout.decode()
    written = "HEADWATER_LLM_URL" in settings
    said = "First scale out checkout-api." if written else "Scale out checkout-api first."
    assert f"{said} [" in shown
    assert "runbooks/SlowCheckout.md" in "".join(shown.split())  # a long path is folded
    if settings:
        return
    query = json.dumps({"query": "why does checkout wait?", "limit": 5})
    found = here("call", "knowledge.search", query, "--json", folder=tmp_path, **settings)
    first = json.loads(found)["value"]["hits"][0]
    assert first["document"]["source"].endswith("runbooks/SlowCheckout.md")
    assert "orders-db" in first["passage"]
    assert first["score"] > 0


def test_a_manual_of_200_pages_keeps_them_all(tmp_path: Path) -> None:
    styles, flow = getSampleStyleSheet(), []
    for number in range(1, 201):
        flow.append(Paragraph(f"Chapter {number}", styles["Heading1"]))
        flow.append(Paragraph(f"Pump {number} wants oil {number * 7}. " * 20, styles["BodyText"]))
        flow.append(PageBreak())
    SimpleDocTemplate(str(tmp_path / "manual.pdf"), title="The pumps").build(flow)
    report = told("ingest", "manual.pdf", "--tag", "kind=manual", folder=tmp_path)
    (document,) = report["documents"]
    assert (document["title"], document["pages"], document["unread_pages"]) == (
        "The pumps",
        200,
        [],
    )
    assert report["passages"] == 200
    asked = '{"query": "pump 137", "limit": 1}'
    found = here("call", "knowledge.search", asked, "--json", folder=tmp_path)
    (hit,) = json.loads(found)["value"]["hits"]
    assert (hit["page"], hit["section"]) == (137, "manual > Chapter 137")


@pytest.mark.slow
def test_standard_input_tags_items_and_forgetting(tmp_path: Path) -> None:
    words = ("ingest", "-", "--source", "queue.md", "--tag", "team=core", "--item", "orders-db")
    assert told(*words, folder=tmp_path, stdin=QUEUE.encode())["added"] == 1
    changed = QUEUE.replace("broker", "server")
    assert told(*words, folder=tmp_path, stdin=changed.encode())["changed"] == 1
    (document,) = told("documents", folder=tmp_path)["documents"]
    assert (document["tags"], document["items"]) == ({"team": "core"}, ["orders-db"])
    shown = headwater("documents", folder=tmp_path).stdout.decode()
    assert "Queue is full" in shown
    assert told("forget", "queue.md", folder=tmp_path)["source"] == "queue.md"
    assert told("forget", "queue.md", folder=tmp_path, status=2)["error"]["code"] == (
        "document.unknown"
    )


@pytest.mark.slow
def test_what_cannot_be_read_is_shown_and_makes_the_status(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "bomb.pdf").write_bytes(HOSTILE["flate-bomb-twice.pdf"]())
    shown = headwater("ingest", "docs", folder=tmp_path, status=1).stdout.decode()
    assert "bomb.pdf: reading it took over" in shown
    assert "[document.too_heavy]" in shown
    (docs / "queue.md").write_text(QUEUE)
    report = told("ingest", "docs", folder=tmp_path, status=3)
    assert (report["added"], report["failed"]) == (1, 1)
    alone = told("ingest", "docs/bomb.pdf", folder=tmp_path, status=1)
    assert alone["error"]["code"] == "document.too_heavy"
    assert told("ingest", "nowhere", folder=tmp_path, status=2)["error"]["code"] == (
        "document.no_such_path"
    )


def begin(folder: Path, file: str) -> subprocess.Popen[str]:
    script = folder / "child.py"
    script.write_text(CHILD)
    url = f"sqlite:///{folder}/estate.db"
    return subprocess.Popen(
        [sys.executable, str(script), url, file],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def half_searchable(database: Path) -> tuple[int, int]:
    """Count the passages that are not found by meaning, and those that are not by words."""
    lacking = "SELECT count(*) FROM passage WHERE id NOT IN (SELECT passage_id FROM {})"
    with closing(sqlite3.connect(database)) as held:
        bare, mute = (
            held.execute(lacking.format(table)).fetchone()[0]
            for table in ("passage_vector", "passage_words")
        )
    return bare, mute


def test_a_job_that_is_killed_again_and_again_takes_each_document_in_once(tmp_path: Path) -> None:
    count = 150
    with zipfile.ZipFile(tmp_path / "docs.zip", "w") as packed:
        for number in range(count):
            packed.writestr(f"{number}.md", f"# Document {number}\n\nIt says word{number}.\n" * 9)
    file = str(tmp_path / "docs.zip")
    for least in (1, 60):
        child = begin(tmp_path, file)
        assert child.stdout is not None
        while int(child.stdout.readline()) < least:
            pass
        os.killpg(child.pid, signal.SIGKILL)
        child.stdout.close()
        child.wait()
        file = ""
        assert half_searchable(tmp_path / "estate.db") == (0, 0)
    child = begin(tmp_path, "")
    out, _ = child.communicate(timeout=GUARD_S)
    assert out.splitlines()[-1] == "end"

    async def look() -> tuple[int, Any, list[int]]:
        settings = Settings(prepare=False, embedder="hashing", jobs=True)
        async with AsyncHeadwater.open(f"sqlite:///{tmp_path}/estate.db", settings=settings) as hw:
            (job,) = await hw.jobs.recent()
            stores, who = hw._parts.stores, Principal()
            bare = await stores.vectors.missing(model=stores.embedder.model, limit=9, principal=who)
            counted = await stores.documents.counts(principal=who)
            return counted.documents, job.result, bare

    documents, result, bare = anyio.run(look)
    assert documents == count
    assert result["added"] + result["unchanged"] == count
    assert result["unchanged"] >= 60  # what was taken in before the kills was left as it was
    assert bare == []

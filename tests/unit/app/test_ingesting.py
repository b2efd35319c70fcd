"""Documents from the app's door: taken in once, replaced when changed, tied to items, forgotten."""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio import fail_after
from hostile_documents import HOSTILE, honest
from patience import GUARD_S

from headwater import AsyncHeadwater
from headwater.app.settings import Settings
from headwater.errors import UsageError
from headwater.model.document import EVERYTHING
from headwater.model.job import Job
from headwater.model.load import Progress
from headwater.model.principal import Principal

SETTINGS = Settings(prepare=False, embedder="hashing")
OTHERS = Principal("others")
QUEUE = "# Queue is full\n\nIt depends on orders-db.\n\n## What to do\n\nRestart the broker.\n"


@pytest.fixture(params=["memory:", "sqlite"])
async def hw(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AsyncHeadwater]:
    url = request.param if request.param == "memory:" else f"sqlite:///{tmp_path}/estate.db"
    async with AsyncHeadwater.open(url, settings=SETTINGS) as hw:
        yield hw


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a folder with four documents, one of them hostile, and what is none."""
    place = tmp_path / "docs"
    (place / "deep").mkdir(parents=True)
    (place / ".hidden").mkdir()
    (place / "QueueFull.md").write_text(QUEUE)
    (place / "deep" / "disk.txt").write_text("The disk of host-1 is full.")
    (place / "deep" / "page.html").write_text("<h1>Page</h1><p>Words of a page.")
    (place / "deep" / "bomb.pdf").write_bytes(HOSTILE["pages-of-itself.pdf"]())
    (place / "picture.png").write_bytes(b"\x89PNG")
    (place / ".hidden" / "secret.md").write_text("# no")
    return place


async def words(hw: AsyncHeadwater, query: str, **options: Any) -> list[str]:
    """Return the texts of the passages that have these words."""
    who = options.get("principal", Principal())
    documents = hw._parts.stores.documents
    found = await documents.search(query, limit=10, within=EVERYTHING, principal=who)
    passages = await documents.passages([one.passage_id for one in found], principal=who)
    return [one.text for one in passages]


async def without_vectors(hw: AsyncHeadwater) -> list[int]:
    stores = hw._parts.stores
    return await stores.vectors.missing(
        model=stores.embedder.model, limit=100, principal=Principal()
    )


async def test_a_folder_is_taken_in_but_for_what_cannot_be_read(
    hw: AsyncHeadwater, folder: Path
) -> None:
    report = await hw.ingest(folder, tags={"team": "core"})
    assert (report.added, report.failed, report.skipped, report.passages) == (3, 1, 1, 4)
    (failed,) = report.failures
    assert failed.source.endswith("deep/bomb.pdf")
    assert (failed.code, failed.fault) == ("document.broken", "asker")
    page = await hw.documents.recent()
    assert {one.title for one in page.documents} == {"Queue is full", "Page", "disk"}
    assert all(one.tags == {"team": "core"} for one in page.documents)
    assert await words(hw, "broker") == ["Restart the broker."]
    assert await without_vectors(hw) == []


async def test_the_same_again_changes_nothing(hw: AsyncHeadwater, folder: Path) -> None:
    await hw.ingest(folder)
    before = await hw.documents.recent()
    again = await hw.ingest(folder)
    assert (again.added, again.changed, again.unchanged) == (0, 0, 3)
    assert await hw.documents.recent() == before


async def test_a_changed_file_is_a_new_version_and_the_old_passages_are_gone(
    hw: AsyncHeadwater, folder: Path
) -> None:
    await hw.ingest(folder)
    old = (await hw.documents.find((folder / "QueueFull.md").as_posix())).version
    (folder / "QueueFull.md").write_text(QUEUE.replace("broker", "server"))
    report = await hw.ingest(folder)
    assert (report.changed, report.unchanged) == (1, 2)
    assert await words(hw, "broker") == []
    assert await words(hw, "server") == ["Restart the server."]
    assert (await hw.documents.find((folder / "QueueFull.md").as_posix())).version != old
    assert await without_vectors(hw) == []


async def test_items_are_given_or_found_by_their_codes_and_names(
    hw: AsyncHeadwater, folder: Path, bundle: Path
) -> None:
    await hw.load(bundle)
    await hw.ingest(folder / "QueueFull.md", items=["shop"])
    found = await hw.documents.find((folder / "QueueFull.md").as_posix())
    assert found.items == ("shop",)
    item = await hw.ci.get_by_code(code="orders-db")
    documents = hw._parts.stores.documents
    passages = await documents.by_items([item.id], limit=9, principal=Principal())
    assert [one.text for one in passages] == ["It depends on orders-db."]


async def test_an_item_that_is_new_is_found_when_a_document_comes_again(
    hw: AsyncHeadwater, folder: Path, bundle: Path
) -> None:
    await hw.ingest(folder)
    await hw.load(bundle)
    report = await hw.ingest(folder)
    assert (report.changed, report.unchanged) == (2, 1)


async def test_one_document_that_cannot_be_read_raises(hw: AsyncHeadwater, folder: Path) -> None:
    with pytest.raises(UsageError, match=r"bomb\.pdf: none of its pages") as raised:
        await hw.ingest(folder / "deep" / "bomb.pdf")
    assert raised.value.code == "document.broken"


@pytest.mark.parametrize(
    ("name", "code"),
    [("nowhere", "document.no_such_path"), (".hidden", ""), ("empty", "document.none")],
)
async def test_what_is_no_folder_of_documents_is_told(
    hw: AsyncHeadwater, folder: Path, name: str, code: str
) -> None:
    (folder / "empty").mkdir()
    if not code:
        assert (await hw.ingest(folder / name)).added == 1
        return
    with pytest.raises(UsageError) as raised:
        await hw.ingest(folder / name)
    assert raised.value.code == code


async def test_bytes_are_known_by_their_source_or_their_content(hw: AsyncHeadwater) -> None:
    first = await hw.ingest(QUEUE.encode(), source="manuals/queue.md", title="Queues")
    same = await hw.ingest(QUEUE.encode(), source="manuals/queue.md", title="Queues")
    other = await hw.ingest(honest())
    assert (first.added, same.unchanged, other.added) == (1, 1, 1)
    assert first.documents[0].title == "Queues"
    assert other.documents[0].source.startswith("upload:")
    assert other.documents[0].pages == 1


async def test_a_forgotten_document_is_found_no_more(hw: AsyncHeadwater, folder: Path) -> None:
    await hw.ingest(folder)
    source = (folder / "QueueFull.md").as_posix()
    gone = await hw.documents.forget(source)
    assert gone.source == source
    assert await words(hw, "broker") == []
    for ref in (source, gone.id, -1, "nothing"):
        with pytest.raises(UsageError) as raised:
            await hw.documents.forget(ref)
        assert raised.value.code == "document.unknown"


async def test_documents_are_a_tenants_own(hw: AsyncHeadwater, folder: Path) -> None:
    await hw.ingest(folder, principal=OTHERS)
    assert (await hw.documents.recent()).documents == []
    assert await words(hw, "broker") == []
    assert await words(hw, "broker", principal=OTHERS) == ["Restart the broker."]


async def test_progress_ends_with_everything_counted(hw: AsyncHeadwater, folder: Path) -> None:
    progress = Progress()
    report = await hw.ingest(folder, progress=progress)
    assert progress.rows_read == report.passages
    assert progress.bytes_read == progress.total_bytes > 0


async def test_vectors_that_a_kill_left_out_are_made_by_the_next_ingestion(
    hw: AsyncHeadwater, folder: Path
) -> None:
    await hw.ingest(folder)
    stores = hw._parts.stores
    every = [one.id for one in (await hw.documents.recent()).documents]
    ids = [
        one.id
        for document in every
        for one in await stores.documents.of_document(document, principal=Principal())
    ]
    await stores.vectors.remove(ids, principal=Principal())
    assert len(await without_vectors(hw)) == 4
    report = await hw.ingest(folder / "QueueFull.md")
    assert report.unchanged == 1
    assert await without_vectors(hw) == []


def zip_of(folder: Path) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for one in sorted(folder.rglob("*")):
            packed.write(one, one.relative_to(folder).as_posix())
    return file.getvalue()


async def chunks(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), 500):
        yield data[start : start + 500]


async def ended(hw: AsyncHeadwater, job: Job) -> Job:
    with fail_after(GUARD_S):
        while job.status in {"queued", "running"}:
            await anyio.sleep(0.02)
            job = await hw.jobs.find(job.id)
    return job


@pytest.fixture
async def serving(tmp_path: Path) -> AsyncIterator[AsyncHeadwater]:
    settings = Settings(prepare=False, embedder="hashing", jobs=True)
    async with AsyncHeadwater.open(f"sqlite:///{tmp_path}/estate.db", settings=settings) as hw:
        yield hw


async def test_a_zip_of_a_folder_is_taken_in_as_a_job(
    serving: AsyncHeadwater, folder: Path
) -> None:
    packed = zip_of(folder)
    for change in ("added", "unchanged"):
        job = await serving.jobs.ingest(
            chunks(packed), media_type="application/zip", source="manuals", tags={"a": "b"}
        )
        job = await ended(serving, job)
        assert (job.status, job.error) == ("succeeded", None)
        assert job.result is not None
        assert (job.result[change], job.result["failed"]) == (3, 1)
        assert job.progress["rows"] == 4
    found = await serving.documents.find("manuals/deep/disk.txt")
    assert (found.title, found.tags) == ("disk", {"a": "b"})


@pytest.mark.parametrize(
    ("name", "media_type", "code"),
    [
        ("encrypted-128.pdf", "application/pdf", "document.encrypted"),
        ("word.pdf", "application/zip", "upload.too_large"),
        ("noise.md", "application/zip", "upload.not_a_zip"),
        ("nul.md", "", "document.not_text"),
    ],
)
async def test_what_is_wrong_with_a_document_ends_its_job(
    serving: AsyncHeadwater, name: str, media_type: str, code: str
) -> None:
    job = await serving.jobs.ingest(chunks(HOSTILE[name]()), media_type=media_type)
    job = await ended(serving, job)
    assert job.error is not None
    assert (job.status, job.error["code"]) == ("failed", code)


async def test_a_type_that_is_not_read_leaves_no_job(serving: AsyncHeadwater) -> None:
    with pytest.raises(UsageError) as raised:
        await serving.jobs.ingest(chunks(b"x"), media_type="image/png")
    assert raised.value.code == "document.unknown_type"
    assert await serving.jobs.recent() == []

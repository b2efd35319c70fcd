"""The indexes that a process keeps of passages stay true, whatever room they have."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import anyio
import pytest
from patience import GUARD_S

from headwater.analysis.embeddings import pack
from headwater.model.document import EVERYTHING, DocumentRecord, PassageFilter, PassageRecord
from headwater.model.principal import Principal
from headwater.stores.sql.documents import SqlDocuments
from headwater.stores.sql.held_index import PAGE_ROWS
from headwater.stores.sql.sqlite_database import SqliteDatabase
from headwater.stores.sql.vectors import SqlVectors

TENANTS = [Principal(name) for name in ("one", "two", "three")]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    database = await SqliteDatabase.open(tmp_path / "estate.db")
    yield database
    await database.close()


class Shelf:
    """Documents and vectors of one process, with so much room for their indexes."""

    def __init__(
        self, database: SqliteDatabase, index_bytes: int = 10**9, exact_vectors: int = 10**9
    ) -> None:
        self.documents = SqlDocuments(database, index_bytes=index_bytes)
        self.vectors = SqlVectors(database, index_bytes=index_bytes, exact_vectors=exact_vectors)

    async def put(self, source: str, texts: list[str], principal: Principal) -> tuple[int, ...]:
        record = DocumentRecord(
            source=source,
            title="t",
            media_type="x",
            version=f"{len(texts)} {texts[0]}",
            at=datetime.now(UTC),
        )
        passages = [PassageRecord(text=text, start=0, end=1) for text in texts]
        ids = (await self.documents.put(record, passages, principal=principal)).passage_ids
        vectors = {one: pack([1, place % 50]) for place, one in enumerate(ids)}
        await self.vectors.put(vectors, model="m", principal=principal)
        return ids

    async def found(self, principal: Principal, within: PassageFilter = EVERYTHING) -> object:
        """Return what both ways of finding find."""
        words = await self.documents.search("red 7", limit=9, within=within, principal=principal)
        near = await self.vectors.search(
            pack([3, 1]), model="m", limit=9, within=within, principal=principal
        )
        return [words, near]


async def fill(shelf: Shelf) -> None:
    for size, principal in enumerate(TENANTS, 1):
        for source in ("a", "b"):
            texts = [f"red {source} {number}" for number in range(10 * size)]
            await shelf.put(source, texts, principal)


@pytest.mark.parametrize("index_bytes", [0, 3_000, 20_000])
async def test_whatever_room_there_is_the_same_is_found(
    database: SqliteDatabase, index_bytes: int
) -> None:
    roomy, cramped = Shelf(database), Shelf(database, index_bytes)
    await fill(roomy)
    within = PassageFilter(not_documents=(1, 3))
    for _ in range(2):
        for principal in TENANTS:
            assert await cramped.found(principal) == await roomy.found(principal)
            assert await cramped.found(principal, within) == await roomy.found(principal, within)
        await roomy.put("a", ["red 7 now"], TENANTS[1])


async def test_what_another_process_writes_is_found_by_the_next_search(
    database: SqliteDatabase,
) -> None:
    here, there, who = Shelf(database), Shelf(database), TENANTS[0]
    await fill(here)
    before = await there.found(who)
    assert before == await here.found(who)
    await here.put("a", ["red 7 of another version"], who)
    after = await there.found(who)
    assert after != before
    assert after == await here.found(who) == await Shelf(database).found(who)
    await here.documents.remove("b", principal=who)
    assert await there.found(who) == await here.found(who) == await Shelf(database).found(who)


async def test_more_than_one_page_of_rows_is_read_whole(database: SqliteDatabase) -> None:
    shelf, who = Shelf(database), TENANTS[0]
    texts = [f"word {number}" for number in range(PAGE_ROWS)] + ["red", "7"]
    ids = await shelf.put("a", texts, who)
    for kept in (shelf, Shelf(database, 0)):
        got = await kept.documents.search("red", limit=9, within=EVERYTHING, principal=who)
        assert [one.passage_id for one in got] == [ids[-2]]
        near = await kept.vectors.search(
            pack([1, 0]), model="m", limit=PAGE_ROWS, within=EVERYTHING, principal=who
        )
        assert len(near) == PAGE_ROWS


async def test_above_a_number_of_vectors_as_good_ones_are_found_by_usearch(
    database: SqliteDatabase,
) -> None:
    pytest.importorskip("usearch", reason="the extra usearch is not installed")
    roomy, large, who = Shelf(database), Shelf(database, exact_vectors=500), TENANTS[0]
    await roomy.put("a", [f"red {number}" for number in range(2_000)], who)

    async def scores(shelf: Shelf, within: PassageFilter) -> list[float]:
        found = await shelf.vectors.search(
            pack([7, 3]), model="m", limit=20, within=within, principal=who
        )
        return [one.score for one in found]

    for within in (EVERYTHING, PassageFilter(not_documents=(99,))):
        for _ in range(2):
            assert await scores(large, within) == await scores(roomy, within)
            for thread in threading.enumerate():
                if thread.name == "headwater-graph":
                    await anyio.to_thread.run_sync(thread.join)
        await roomy.put("b", ["red 7", "blue 9"], who)


async def test_who_leaves_in_the_middle_of_reading_disturbs_nobody(
    database: SqliteDatabase,
) -> None:
    shelf, who = Shelf(database), TENANTS[0]
    await fill(shelf)
    expected = await Shelf(database).found(who)
    for turns in range(12):
        fresh = Shelf(database)
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as group:
                group.start_soon(fresh.found, who)
                for _ in range(turns):
                    await anyio.lowlevel.checkpoint()
                scope.cancel()
        with anyio.fail_after(GUARD_S):
            assert await fresh.found(who) == expected

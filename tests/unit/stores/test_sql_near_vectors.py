"""PostgreSQL's own index finds nearly all of the nearest, and no one else's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest
from sqlalchemy import Connection, text

from headwater.analysis.embeddings import pack
from headwater.model.document import EVERYTHING, DocumentRecord, PassageFilter, PassageRecord
from headwater.model.principal import Principal
from headwater.stores.sql.addresses import read_address
from headwater.stores.sql.documents import SqlDocuments
from headwater.stores.sql.near_vectors import EXACT_ROWS, has_near
from headwater.stores.sql.server_database import ServerDatabase
from headwater.stores.sql.server_opening import open_server
from headwater.stores.sql.vectors import SqlVectors

MINE, OTHERS = Principal("mine"), Principal("others")
SIZE, DOCUMENTS, EACH = 32, 8, 500
MODEL = "it's: a model"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def database(postgresql: str) -> AsyncIterator[ServerDatabase]:
    async with open_server(read_address(postgresql)) as database:
        if not await database.read(has_near, tenant="mine"):
            pytest.skip("this PostgreSQL has no pgvector")
        yield database


async def fill(database: ServerDatabase, principal: Principal, seed: int) -> dict[int, bytes]:
    """Put documents of random vectors, in clusters as those of texts are."""
    documents, vectors = SqlDocuments(database), SqlVectors(database)
    dice = np.random.default_rng(seed)
    centres = dice.standard_normal((40, SIZE))
    held: dict[int, bytes] = {}
    for number in range(DOCUMENTS):
        record = DocumentRecord(
            source=f"d{number}", title="t", media_type="x", version="1", at=datetime.now(UTC),
            tags={"half": str(number % 2)},
        )  # fmt: skip
        cut = [PassageRecord(text="x", start=0, end=1)] * EACH
        placed = await documents.put(record, cut, principal=principal)
        near = centres[dice.integers(0, 40, EACH)] + 0.5 * dice.standard_normal((EACH, SIZE))
        made = {one: pack(vector) for one, vector in zip(placed.passage_ids, near, strict=True)}
        await vectors.put(made, model=MODEL, principal=principal)
        held |= made
    return held


def recall(found: list[int], held: dict[int, bytes], asked: bytes) -> float:
    ids, matrix = [*held], np.stack([np.frombuffer(one, "<f4") for one in held.values()])
    scores = matrix @ np.frombuffer(asked, "<f4")
    best = {ids[row] for row in np.argsort(-scores)[:10]}
    return len(best & set(found)) / 10


async def test_ten_nearest_are_found_with_and_without_filters(database: ServerDatabase) -> None:
    held = await fill(database, MINE, 1)
    await fill(database, OTHERS, 2)
    vectors = SqlVectors(database)
    dice = np.random.default_rng(3)
    every, filtered = [], []
    assert len(held) > EXACT_ROWS
    half = PassageFilter(tags={"half": "1"}, not_documents=(1,))
    ids = [*held]
    odd = {
        one: held[one]
        for number in range(1, DOCUMENTS, 2)
        for one in ids[number * EACH : (number + 1) * EACH]
    }
    for _ in range(20):
        asked = pack(np.frombuffer(held[ids[dice.integers(len(ids))]], "<f4") + 0.1)
        for within, among, recalls in ((EVERYTHING, held, every), (half, odd, filtered)):
            got = await vectors.search(asked, model=MODEL, limit=10, within=within, principal=MINE)
            assert len(got) == 10
            assert all(one.score >= other.score for one, other in pairwise(got))
            recalls.append(recall([one.passage_id for one in got], among, asked))
    assert np.mean(every) >= 0.97
    assert np.mean(filtered) >= 0.97


async def test_the_index_is_there_and_used(database: ServerDatabase) -> None:
    held = await fill(database, MINE, 1)
    asked = next(iter(held.values()))
    vectors = SqlVectors(database)
    await vectors.search(asked, model=MODEL, limit=10, within=EVERYTHING, principal=MINE)

    def scans(connection: Connection) -> int:
        used = "SELECT sum(idx_scan) FROM pg_stat_user_indexes WHERE indexrelname LIKE 'ix_near_%'"
        used += " AND indexrelname <> 'ix_near_lacking'"
        connection.execute(text("SELECT pg_stat_force_next_flush()"))
        return int(connection.execute(text(used)).scalar_one())

    for _ in range(3):  # counts are told after the transaction that made them
        await vectors.search(asked, model=MODEL, limit=10, within=EVERYTHING, principal=MINE)
        found = await database.read(scans, tenant="mine")
    assert found > 0


async def test_vectors_kept_before_pgvector_came_are_found_beside_those_after(
    database: ServerDatabase,
) -> None:
    documents, vectors = SqlDocuments(database), SqlVectors(database)
    record = DocumentRecord(
        source="a", title="t", media_type="x", version="1", at=datetime.now(UTC)
    )
    cut = [PassageRecord(text="x", start=0, end=1)] * 2
    one, two = (await documents.put(record, cut, principal=MINE)).passage_ids
    both = {one: pack([1, 0]), two: pack([0, 1])}
    await vectors.put(both, model=MODEL, principal=MINE)

    def forget(connection: Connection) -> None:
        connection.execute(
            text("UPDATE passage_vector SET near = NULL WHERE passage_id = :one"), {"one": one}
        )

    await database.write(forget, tenant="mine")
    got = await vectors.search(
        pack([1, 0]), model=MODEL, limit=9, within=EVERYTHING, principal=MINE
    )
    assert [each.passage_id for each in got] == [one, two]


async def test_a_model_of_too_many_dimensions_for_the_index_is_found_without_it(
    database: ServerDatabase,
) -> None:
    documents, vectors = SqlDocuments(database), SqlVectors(database)
    record = DocumentRecord(
        source="a", title="t", media_type="x", version="1", at=datetime.now(UTC)
    )
    cut = [PassageRecord(text="x", start=0, end=1)]
    [one] = (await documents.put(record, cut, principal=MINE)).passage_ids
    large = pack(np.ones(3_072))
    await vectors.put({one: large}, model="large", principal=MINE)
    got = await vectors.search(large, model="large", limit=9, within=EVERYTHING, principal=MINE)
    assert [each.passage_id for each in got] == [one]

"""Astra DB finds the estate's vectors, and only what the estate has still."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import anyio
import numpy as np
import pytest
from astra_standin import TOKEN, Fault, StandIn
from patience import GUARD_S

from headwater import AsyncHeadwater
from headwater.analysis.embeddings import pack
from headwater.app.doctor import examine
from headwater.app.settings import Settings
from headwater.app.vector_keeper import VectorKeeper
from headwater.errors import StoreFault, UsageError
from headwater.model.document import (
    EVERYTHING,
    DocumentRecord,
    Mended,
    PassageFilter,
    PassageRecord,
)
from headwater.model.principal import Principal
from headwater.stores.astra import AsyncAstraClient
from headwater.stores.astra.vectors import AstraVectors
from headwater.stores.memory.documents import MemoryDocuments
from headwater.stores.memory.estate import MemoryEstate
from headwater.stores.memory.vectors import MemoryVectors

WHO = Principal("mine")
MODEL, SIZE, ITEM = "m", 24, "orders-db"
RUNBOOK = b"# Queue is full\n\n## Mitigation\n\nRestart the broker of the queue.\n"


class Shelf:
    """Documents in memory whose vectors Astra DB finds."""

    def __init__(self, client: AsyncAstraClient) -> None:
        self.estate = MemoryEstate()
        self.documents = MemoryDocuments(self.estate, keeps_vectors=False)
        self.kept = MemoryVectors(self.estate)
        self.vectors = AstraVectors(client, kept=self.kept, documents=self.documents)

    async def put(self, source: str, count: int, version: str = "1") -> tuple[int, ...]:
        record = DocumentRecord(
            source=source, title=source, media_type="x", version=version, at=datetime.now(UTC)
        )
        cut = [PassageRecord(text="x", start=0, end=1)] * count
        return (await self.documents.put(record, cut, principal=WHO)).passage_ids

    async def nearest(
        self, vector: bytes, *, limit: int = 10, within: PassageFilter = EVERYTHING
    ) -> list[int]:
        found = await self.vectors.search(
            vector, model=MODEL, limit=limit, within=within, principal=WHO
        )
        assert all(one.score >= other.score for one, other in pairwise(found))
        return [one.passage_id for one in found]


@pytest.fixture
async def shelf(api: StandIn) -> AsyncIterator[Shelf]:
    async with AsyncAstraClient(api.url, token=TOKEN, tries=2) as client:
        yield Shelf(client)


def random_vectors(ids: tuple[int, ...]) -> dict[int, bytes]:
    dice = np.random.default_rng(len(ids))
    return {one: pack(dice.standard_normal(SIZE)) for one in ids}


async def test_more_documents_than_one_filter_takes_are_all_looked_at(shelf: Shelf) -> None:
    held: dict[int, bytes] = {}
    documents: list[int] = []
    for number in range(230):
        ids = await shelf.put(f"d{number}", 2)
        held |= random_vectors(ids)
        documents.append((await shelf.documents.passages(ids, principal=WHO))[0].document.id)
    await shelf.vectors.put(held, model=MODEL, principal=WHO)
    asked = pack(np.ones(SIZE))
    best = sorted(held, key=lambda one: -float(np.frombuffer(held[one], "<f4").sum()))
    assert await shelf.nearest(asked) == best[:10]
    within = PassageFilter(documents=tuple(documents[:220]))
    allowed = {one for one in held if one <= 440}
    assert await shelf.nearest(asked, within=within) == [one for one in best if one in allowed][:10]
    within = PassageFilter(not_documents=tuple(documents[:220]))
    assert (
        await shelf.nearest(asked, within=within)
        == [one for one in best if one not in allowed][:10]
    )


async def test_what_the_estate_has_no_more_is_passed_over_before_the_cut(shelf: Shelf) -> None:
    old = await shelf.put("a", 70)
    await shelf.vectors.put(dict.fromkeys(old, pack([1, 0])), model=MODEL, principal=WHO)
    other = await shelf.put("b", 3)
    await shelf.vectors.put(dict.fromkeys(other, pack([1, 1])), model=MODEL, principal=WHO)
    assert await shelf.nearest(pack([1, 0]), limit=2) == [*old[:2]]
    await shelf.put("a", 1, "2")  # its process ended here: Astra DB was not told
    assert await shelf.nearest(pack([1, 0]), limit=2) == [*other[:2]]
    await shelf.vectors.remove(old, principal=WHO)
    assert await shelf.nearest(pack([1, 0])) == [*other]


async def test_what_was_cut_off_on_the_way_is_missing_and_can_be_put_again(
    shelf: Shelf, api: StandIn
) -> None:
    ids = await shelf.put("a", 3)
    vectors = random_vectors(ids)
    api.fault = lambda command, _: Fault(status=503) if command == "insertMany" else None
    with pytest.raises(StoreFault):
        await shelf.vectors.put(vectors, model=MODEL, principal=WHO)
    assert await shelf.vectors.missing(model=MODEL, limit=9, principal=WHO) == [*ids]
    api.fault = lambda _command, _number: None
    await shelf.vectors.put(vectors, model=MODEL, principal=WHO)
    await shelf.kept.remove(ids, principal=WHO)  # as if it had ended before the estate was told
    others = {one: pack(-np.frombuffer(vectors[one], "<f4")) for one in ids}
    await shelf.vectors.put(others, model=MODEL, principal=WHO)
    assert await shelf.nearest(others[ids[1]], limit=1) == [ids[1]]
    assert await shelf.vectors.missing(model=MODEL, limit=9, principal=WHO) == []


async def held_by(api: StandIn) -> list[int]:
    """Return the passages whose vectors Astra DB has, of all tenants."""
    return sorted(
        int(one["passage"])
        for name, each in api.collections.items()
        if name.startswith("headwater_vectors_")
        for one in each.documents.values()
    )


async def test_what_a_kill_left_of_passages_that_are_gone_is_removed_and_what_lacks_is_sent(
    shelf: Shelf, api: StandIn
) -> None:
    async def mended() -> Mended:
        return await shelf.vectors.mend(model=MODEL, principal=WHO)

    first, second = await shelf.put("a", 130), await shelf.put("b", 120)
    last = await shelf.put("c", 5)
    for ids in (first, second, last):
        await shelf.vectors.put(random_vectors(ids), model=MODEL, principal=WHO)
    assert await mended() == Mended()
    assert await held_by(api) == [*first, *second, *last]

    newer = await shelf.put("a", 3, "2")  # killed before Astra DB was told
    await shelf.documents.remove("c", principal=WHO)  # and here, too
    (collection,) = [name for name in api.collections if name.startswith("headwater_vectors_")]
    lost = second[7], second[110]
    for one in list(api.collections[collection].documents):
        if any(f",{number}]" in one for number in lost):
            api.collections[collection].remove(one)
    assert await mended() == Mended(), "it was in step a moment ago"

    again = AstraVectors(
        shelf.vectors._client, kept=shelf.kept, documents=shelf.documents
    )  # the next process
    await again.put(random_vectors(newer[:1]), model=MODEL, principal=WHO)
    found = await again.mend(model=MODEL, principal=WHO)
    assert found == Mended(removed=135, added=2)
    assert await held_by(api) == sorted([*second, *newer[:1]])
    assert await again.mend(model=MODEL, principal=WHO) == Mended()


async def test_a_change_that_fails_has_all_looked_through_again(shelf: Shelf, api: StandIn) -> None:
    ids = await shelf.put("a", 3)
    await shelf.vectors.put(random_vectors(ids), model=MODEL, principal=WHO)
    await shelf.vectors.mend(model=MODEL, principal=WHO)
    await shelf.put("a", 1, "2")
    api.fault = lambda command, _: Fault(status=503) if command == "deleteMany" else None
    with pytest.raises(StoreFault):
        await shelf.vectors.remove(ids, principal=WHO)
    with pytest.raises(StoreFault):
        await shelf.vectors.mend(model=MODEL, principal=WHO)
    api.fault = lambda _command, _number: None
    assert await shelf.vectors.mend(model=MODEL, principal=WHO) == Mended(removed=3)
    assert await held_by(api) == []


async def test_another_tenants_vectors_are_left_alone(shelf: Shelf, api: StandIn) -> None:
    ids = await shelf.put("a", 2)
    await shelf.vectors.put(random_vectors(ids), model=MODEL, principal=WHO)
    await shelf.vectors.mend(model=MODEL, principal=Principal("others"))
    assert await held_by(api) == [*ids]


async def test_the_app_mends_what_another_process_left(api: StandIn, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/estate.db"
    async with AsyncHeadwater.open(url, settings=settings_of(api)) as hw:
        await hw.ingest(RUNBOOK, source="QueueFull.md")
        stores = hw._parts.stores
        await stores.documents.remove("QueueFull.md", principal=Principal())
        assert len(await held_by(api)) == 1
    async with AsyncHeadwater.open(url, settings=settings_of(api)) as hw:
        stores = hw._parts.stores
        keeper = VectorKeeper(stores.vectors, stores.embedder, stores.keys, tenant="default")
        await keeper.look()
        assert await held_by(api) == []
        api.fault = lambda _command, _number: Fault(status=401)
        await keeper.look()  # it is told in the log, and ends nothing


def settings_of(api: StandIn) -> Settings:
    return Settings(
        vectors="astra",
        astra_endpoint=api.url,
        astra_token=TOKEN,
        embedder="hashing",
        prepare=False,
    )


@pytest.mark.parametrize("database", ["memory:", "sqlite"])
async def test_three_settings_have_astra_db_find_vectors(
    api: StandIn, tmp_path: Path, database: str
) -> None:
    url = f"sqlite:///{tmp_path}/estate.db" if database == "sqlite" else database
    async with AsyncHeadwater.open(url, settings=settings_of(api)) as hw:
        await hw.ingest(RUNBOOK, source="QueueFull.md")
        changed = RUNBOOK.replace(b"Restart", b"Drain")
        assert (await hw.ingest(changed, source="QueueFull.md")).changed == 1
        (collection,) = [name for name in api.collections if name.startswith("headwater_vectors_")]
        assert len(api.collections[collection].documents) == 1
        with anyio.fail_after(GUARD_S):
            hits = (await hw.call("knowledge.search", {"query": "drain the broker"})).value
            assert hits["hits"][0]["why"].keys() == {"keyword", "vector"}
            api.fault = lambda _command, _number: Fault(status=401)
            hits = (await hw.call("knowledge.search", {"query": "a broker to drain"})).value
        assert [one["status"] for one in hits["lanes"]] == ["succeeded", "failed"]
        assert len(hits["hits"]) == 1


async def test_the_doctor_looks_at_astra_db(
    api: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path}/estate.db"
    async with AsyncHeadwater.open(url, settings=Settings(prepare=False)):
        pass
    monkeypatch.setenv("HEADWATER_VECTORS", "astra")
    monkeypatch.setenv("HEADWATER_ASTRA_ENDPOINT", api.url)
    monkeypatch.setenv("HEADWATER_ASTRA_TOKEN", TOKEN)
    checks = {one.name: one for one in await examine(url)}
    assert checks["astra"].status == "ok"
    monkeypatch.setenv("HEADWATER_ASTRA_TOKEN", "AstraCS:of:another")
    checks = {one.name: one for one in await examine(url)}
    assert checks["astra"].status == "failed"
    assert "AstraCS" not in str(checks)


@pytest.mark.parametrize("given", [{}, {"astra_endpoint": "https://db.example"}])
async def test_a_setting_that_is_lacking_is_named(given: dict[str, str]) -> None:
    settings = Settings(vectors="astra", **given)
    with pytest.raises(UsageError, match="HEADWATER_ASTRA_TOKEN") as raised:
        async with AsyncHeadwater.open("memory:", settings=settings):
            pass
    assert raised.value.code == "settings.bad"

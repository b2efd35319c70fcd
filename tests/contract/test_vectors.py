"""Vectors of passages behave alike behind every adapter."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.estates import FEW, MINE, OTHERS, Ports, new_tenant, window
from contract.places import SERVERS
from contract.test_documents import a_record, cut, filled, put
from headwater.analysis.embeddings import pack
from headwater.errors import UsageError
from headwater.model.document import (
    EVERYTHING,
    Embedded,
    Mended,
    PassageFilter,
    PassageRecord,
    Placed,
)
from headwater.model.principal import Principal

MODEL = "model-1"


@pytest.fixture(params=["memory", "memory-trio", "sqlite", *SERVERS, "astra"])
def adapter(request: pytest.FixtureRequest) -> str:
    """Name the adapter under test: those of every port, and one that finds vectors alone."""
    return str(request.param)


async def nearest(ports: Ports, *vector: float, **of: Any) -> list[int]:
    """Return the ids of the passages nearest to a vector."""
    return [number for number, _ in await scored(ports, *vector, **of)]


async def scored(
    ports: Ports,
    *vector: float,
    model: str = MODEL,
    limit: int = 100,
    within: PassageFilter = EVERYTHING,
    principal: Principal = MINE,
) -> list[tuple[int, float]]:
    got = await ports.vectors.search(
        pack(vector), model=model, limit=limit, within=within, principal=principal
    )
    return [(one.passage_id, one.score) for one in got]


async def keep(
    ports: Ports, vectors: dict[int, tuple[float, ...]], *, model: str = MODEL, **of: Any
) -> None:
    packed = {number: pack(vector) for number, vector in vectors.items()}
    await ports.vectors.put(packed, model=model, principal=of.get("principal", MINE))


async def test_the_nearest_by_cosine_come_first_and_equal_ones_by_id(estate: Ports) -> None:
    a, b, c, d = (await put(estate, "a", "1", "2", "3", "4")).passage_ids
    await keep(estate, {d: (1, 0), b: (1, 0), a: (0, 1), c: (-3, 0)})
    got = await scored(estate, 5, 0)
    assert [number for number, _ in got] == [b, d, a, c]
    assert [score for _, score in got] == pytest.approx([1, 1, 0, -1], abs=1e-6)
    assert await nearest(estate, 1, 0, limit=1) == [b]
    assert await nearest(estate, 1, 0, limit=0) == []
    assert await nearest(estate, 1, 0, principal=OTHERS) == []


async def test_vectors_of_another_model_are_never_compared(estate: Ports) -> None:
    a, b = (await put(estate, "a", "1", "2")).passage_ids
    await keep(estate, {a: (1, 0), b: (0, 1)})
    assert await nearest(estate, 1, 0, model="other") == []
    await keep(estate, {b: (1, 0, 0)}, model="other")
    assert await nearest(estate, 1, 0, 0, model="other") == [b]
    assert await nearest(estate, 1, 0) == [a, b]
    assert await estate.vectors.missing(model="other", limit=9, principal=MINE) == [a]
    assert await estate.vectors.missing(model="new", limit=1, principal=MINE) == [a]
    assert await estate.vectors.keep_only(model="other", principal=MINE) == 2
    assert await nearest(estate, 1, 0) == []
    assert await nearest(estate, 1, 0, 0, model="other") == [b]


async def test_a_vector_put_again_takes_the_old_ones_place(estate: Ports) -> None:
    a, b = (await put(estate, "a", "1", "2")).passage_ids
    await keep(estate, {a: (1, 0), b: (0, 1)})
    assert await nearest(estate, 1, 0) == [a, b]
    await keep(estate, {a: (-1, 0)})
    assert await nearest(estate, 1, 0) == [b, a]
    got = await estate.vectors.fetch([b, a, 99], model=MODEL, principal=MINE)
    assert got == {a: pack([-1, 0]), b: pack([0, 1])}
    assert await estate.vectors.fetch([a], model=MODEL, principal=OTHERS) == {}


async def test_only_passages_that_are_there_get_a_vector(estate: Ports) -> None:
    [mine] = (await put(estate, "a", "1")).passage_ids
    [theirs] = (await put(estate, "a", "1", principal=OTHERS)).passage_ids
    await keep(estate, {mine: (1, 0), theirs: (1, 0), 99_999: (1, 0)})
    assert await nearest(estate, 1, 0) == [mine]
    assert await nearest(estate, 1, 0, principal=OTHERS) == []
    await estate.vectors.put({}, model=MODEL, principal=MINE)


async def test_what_is_in_step_is_mended_by_nothing(estate: Ports) -> None:
    a, b = (await put(estate, "a", "1", "2")).passage_ids
    await keep(estate, {a: (1, 0), b: (0, 1)})
    await put(estate, "b", "3")
    assert await estate.vectors.mend(model=MODEL, principal=MINE) == Mended()
    assert await nearest(estate, 1, 0) == [a, b]


async def test_forgotten_vectors_are_gone_for_all_models(estate: Ports) -> None:
    a, b = (await put(estate, "a", "1", "2")).passage_ids
    await keep(estate, {a: (1, 0), b: (0, 1)})
    await keep(estate, {a: (1, 0)}, model="other")
    await estate.vectors.remove([a, 99], principal=OTHERS)
    assert await nearest(estate, 1, 0) == [a, b]
    await estate.vectors.remove([a, 99], principal=MINE)
    assert await nearest(estate, 1, 0) == [b]
    assert await nearest(estate, 1, 0, model="other") == []
    assert await estate.vectors.missing(model=MODEL, limit=9, principal=MINE) == [a]


@pytest.mark.parametrize(
    "vector",
    [b"", b"123", b"\x00" * 8, np.array([np.nan, 1], "<f4").tobytes(), pack([1, 0, 0])],
    ids=["empty", "cut", "zero", "nan", "other size"],
)
async def test_a_bad_vector_is_refused_and_none_beside_it_kept(
    estate: Ports, vector: bytes
) -> None:
    a, b, c = (await put(estate, "a", "1", "2", "3")).passage_ids
    await keep(estate, {a: (1, 0)})
    with pytest.raises(UsageError) as raised:
        await estate.vectors.put({b: pack([1, 0]), c: vector}, model=MODEL, principal=MINE)
    assert raised.value.code == "vector.bad"
    assert await nearest(estate, 1, 0) == [a]
    with pytest.raises(UsageError) as raised:
        await estate.vectors.search(vector, model=MODEL, limit=1, within=EVERYTHING, principal=MINE)
    assert raised.value.code == "vector.bad"


async def test_a_vector_of_any_length_is_compared_by_its_direction(estate: Ports) -> None:
    a, b = (await put(estate, "a", "1", "2")).passage_ids
    long = np.array([30, 40], "<f4").tobytes()
    await estate.vectors.put({a: long, b: pack([0, 1])}, model=MODEL, principal=MINE)
    [(first, score), (second, other)] = await scored(estate, 0, 1)
    assert (first, second) == (b, a)
    assert (score, other) == (pytest.approx(1), pytest.approx(0.8))


async def test_filters_apply_before_the_cut(estate: Ports) -> None:
    made = await filled(estate)
    ids = [number for name in "abc" for number in made[name].passage_ids]
    await keep(estate, {number: (1, place) for place, number in enumerate(ids)})
    a, b, c = (made[name] for name in "abc")
    orders = await estate.inventory.get("orders", principal=MINE)
    assert orders is not None
    cases: list[tuple[PassageFilter, list[int]]] = [
        (EVERYTHING, ids),
        (PassageFilter(tags={"team": "x"}), [*a.passage_ids, *b.passage_ids]),
        (PassageFilter(items=(orders.id,)), [a.passage_ids[1]]),
        (PassageFilter(window=window(15, 40)), [*b.passage_ids, *c.passage_ids]),
        (PassageFilter(not_documents=(a.document.id,)), [*b.passage_ids, *c.passage_ids]),
        (PassageFilter(documents=(c.document.id,)), [*c.passage_ids]),
        (PassageFilter(items=()), []),
    ]
    for within, expected in cases:
        assert await nearest(estate, 1, 0, within=within) == expected, within
        assert await nearest(estate, 1, 0, within=within, limit=2) == expected[:2], within


VECTORS = st.tuples(*[st.integers(-3, 3)] * 3).filter(any)


@FEW
@given(
    rounds=st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from("12"), st.lists(VECTORS, max_size=5)),
        max_size=6,
    ),
    asked=VECTORS,
    limit=st.integers(1, 5),
    left_out=st.booleans(),
)
async def test_the_top_is_that_of_brute_force_whatever_came_before(
    estate: Ports, rounds: list[Any], asked: tuple[int, ...], limit: int, left_out: bool
) -> None:
    principal = new_tenant()
    held: dict[str, dict[int, tuple[int, ...]]] = {}
    for source, version, vectors in rounds:
        placed = await put(estate, source, *map(str, vectors), version=version, principal=principal)
        if placed.change != "unchanged":
            held[source] = dict(zip(placed.passage_ids, vectors, strict=True))
            await keep(estate, held[source], principal=principal)
        within = PassageFilter(not_documents=(placed.document.id,) if left_out else ())
        wanted = {
            number: vector
            for name, own in held.items()
            for number, vector in own.items()
            if not (left_out and name == source)
        }
        exact = np.frombuffer(pack(asked), "<f4")
        scores = {n: float(np.frombuffer(pack(v), "<f4") @ exact) for n, v in wanted.items()}
        got = await scored(estate, *asked, limit=limit, within=within, principal=principal)
        best = sorted(scores.values(), reverse=True)[:limit]
        assert [score for _, score in got] == pytest.approx(best, abs=1e-6)
        assert all(scores[number] == pytest.approx(score, abs=1e-6) for number, score in got)


async def put_with(
    ports: Ports, vectors: Embedded, passages: list[PassageRecord], **fields: Any
) -> Placed:
    """Put a document with its vectors: in one go, or after it where they are elsewhere."""
    placed = await ports.documents.put(
        a_record("a", **fields), passages, vectors=vectors, principal=MINE
    )
    of_document = dict(zip(placed.passage_ids, vectors.vectors, strict=True))
    if not placed.embedded:
        assert placed.passage_ids == tuple(
            await ports.vectors.missing(model=MODEL, limit=99, principal=MINE)
        )
        await ports.vectors.put(of_document, model=MODEL, principal=MINE)
    return placed


async def test_a_document_comes_with_its_vectors_and_those_of_the_version_before_go(
    estate: Ports,
) -> None:
    first = Embedded(model=MODEL, vectors=(pack([1, 0]), pack([0, 1])))
    old = await put_with(estate, first, cut("1", "2"))
    assert await nearest(estate, 1, 0) == [*old.passage_ids]
    second = Embedded(model=MODEL, vectors=(pack([0, 1]),))
    new = await put_with(estate, second, cut("3"), version="2")
    assert new.removed_ids == old.passage_ids
    assert await nearest(estate, 1, 0) == [*new.passage_ids]
    assert await estate.vectors.missing(model=MODEL, limit=9, principal=MINE) == []
    assert await nearest(estate, 1, 0, principal=OTHERS) == []


@pytest.mark.parametrize(
    ("vectors", "code"),
    [
        ((pack([1, 0]),), "document.bad"),
        ((pack([1, 0]), pack([1, 0, 0])), "vector.bad"),
        ((pack([1, 0]), b"\x00" * 8), "vector.bad"),
    ],
    ids=["too few", "other size", "zero"],
)
async def test_a_document_whose_vectors_are_bad_leaves_all_as_it_was(
    adapter: str, estate: Ports, vectors: tuple[bytes, ...], code: str
) -> None:
    if adapter == "astra":  # its documents are kept in SQLite, which holds none of its vectors
        with pytest.raises(UsageError) as refused:
            await put_with(estate, Embedded(model=MODEL, vectors=vectors), cut("1", "2"))
        assert refused.value.code == code
        return
    good = Embedded(model=MODEL, vectors=(pack([1, 0]), pack([0, 1])))
    held = await estate.documents.put(a_record("a"), cut("1", "2"), vectors=good, principal=MINE)
    other = Embedded(model=MODEL, vectors=(pack([1, 0]),))
    beside = await estate.documents.put(a_record("b"), cut("3"), vectors=other, principal=MINE)
    bad = Embedded(model=MODEL, vectors=vectors)
    with pytest.raises(UsageError) as raised:
        await estate.documents.put(
            a_record("a", version="2"), cut("4", "5"), vectors=bad, principal=MINE
        )
    assert raised.value.code == code
    first, second = held.passage_ids
    assert await nearest(estate, 1, 0) == [first, *beside.passage_ids, second]
    document = await estate.documents.get("a", principal=MINE)
    assert document is not None
    assert document.version == "1"

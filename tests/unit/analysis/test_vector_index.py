"""Vectors are found as a plain comparison with all would find them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.analysis.embeddings import pack, unpack
from headwater.analysis.vector_index import HALF, NO_VECTORS, IndexedVector
from headwater.analysis.word_index import ANYWHERE, Among
from headwater.analysis.words import best_first

VECTORS = st.lists(st.tuples(*[st.integers(-2, 2)] * 3).filter(any), max_size=10)


@settings(max_examples=150, deadline=None)
@given(
    rounds=st.lists(st.tuples(VECTORS, st.sets(st.integers(0, 40))), max_size=6),
    asked=st.tuples(*[st.integers(-2, 2)] * 3).filter(any),
    limit=st.integers(0, 6),
    among=st.sampled_from([ANYWHERE, Among(documents=(0, 2)), Among(passages={1, 5, 6})]),
)
def test_an_index_that_was_added_to_and_taken_from_finds_as_brute_force(
    rounds: list[tuple[list[tuple[int, ...]], set[int]]],
    asked: tuple[int, ...],
    limit: int,
    among: Among,
) -> None:
    index, held, number = NO_VECTORS, dict[int, bytes](), 0
    for vectors, gone in rounds:
        new = {number + place: pack(vector) for place, vector in enumerate(vectors)}
        number += len(vectors)
        before, was = index, index.search(pack(asked), limit=limit, among=among)
        index = index.with_more(
            [IndexedVector(one, one, one // 4, vector) for one, vector in new.items()]
        )
        held |= new
        if gone & held.keys():
            held = {one: vector for one, vector in held.items() if one not in gone}
            index = index.without(np.array(sorted(gone), dtype=np.int64))
        assert index.rows == len(held)
        scores = {
            one: float(unpack(vector) @ unpack(pack(asked)))
            for one, vector in held.items()
            if (among.documents is None or one // 4 in among.documents)
            and (among.passages is None or one in among.passages)
        }
        got = index.search(pack(asked), limit=limit, among=among)
        best = sorted(scores.values(), reverse=True)[:limit]
        assert [score for _, score in got] == pytest.approx(best, abs=1e-6)
        assert {one: scores[one] for one, _ in got} == pytest.approx(dict(got), abs=1e-6)
        assert before.search(pack(asked), limit=limit, among=among) == was


def test_equal_vectors_come_by_id_also_at_the_cut() -> None:
    rows = [IndexedVector(one, one, 0, pack([1, 0])) for one in (5, 3, 9, 1)]
    index = NO_VECTORS.with_more(rows)
    assert [one for one, _ in index.search(pack([1, 0]), limit=2, among=ANYWHERE)] == [1, 3]


@pytest.mark.parametrize("vector", [[], [0, 0], [np.nan, 1], [np.inf], [[1, 2]], 3])
def test_what_is_no_direction_is_no_vector(vector: object) -> None:
    with pytest.raises(ValueError, match="no vector"):
        pack(vector)


def test_halves_of_very_many_find_what_the_whole_finds() -> None:
    drawn = np.random.default_rng(3).integers(-2, 3, (2 * HALF + 1, 4)).astype(np.float32)
    drawn[:, 0] += 5
    vectors = [
        IndexedVector(one, one, one // 9, row.tobytes())
        for one, row in enumerate(drawn.astype("<f4"))
    ]
    index = NO_VECTORS.with_more(vectors).without(np.array([1, HALF + 7], dtype=np.int64))
    asked = pack((1, 2, 0, 1))
    assert len(index.halves) == 2
    for among in (ANYWHERE, Among(not_documents=(0, 3))):
        parts = [index.search(asked, limit=30, among=among, rows=one) for one in index.halves]
        whole = index.search(asked, limit=30, among=among)
        assert best_first([pair for part in parts for pair in part], 30) == whole
    assert NO_VECTORS.with_more(vectors[:100]).halves == [slice(None)]

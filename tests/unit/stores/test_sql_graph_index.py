"""Of very many vectors nearly all of the nearest are found, and of what was just put all."""

from __future__ import annotations

import sys
import threading

import numpy as np
import pytest
from patience import GUARD_S, PROMPT_S

from headwater.analysis.embeddings import nearest, pack
from headwater.analysis.vector_index import IndexedVector
from headwater.analysis.word_index import ANYWHERE, Among
from headwater.stores.sql.graph_index import Graph, GraphIndex

pytest.importorskip("usearch", reason="the extra usearch is not installed")
SIZE, COUNT, ABOVE = 24, 6_000, 2_000
DICE = np.random.default_rng(5)
CENTRES = DICE.standard_normal((60, SIZE))


def made(first: int, count: int) -> list[IndexedVector]:
    """Make vectors in clusters, as those of texts are; passages are numbered backwards."""
    near = CENTRES[DICE.integers(0, 60, count)] + 0.5 * DICE.standard_normal((count, SIZE))
    return [
        IndexedVector(first + at, 10**6 - first - at, (first + at) % 10, pack(vector))
        for at, vector in enumerate(near)
    ]


def filled(count: int = COUNT) -> GraphIndex:
    """Make an index in several steps, and let its graph take everything in."""
    index = GraphIndex(above=ABOVE)
    for first in range(1, count, 2_000):
        index = index.with_more(made(first, min(2_000, count - first + 1)))
    return grown(index)


def grown(index: GraphIndex) -> GraphIndex:
    index.search(pack(CENTRES[0]), limit=1, among=ANYWHERE)
    for thread in threading.enumerate():
        if thread.name == "headwater-graph":
            thread.join(GUARD_S)
    return index


def recall(index: GraphIndex, among: Among, asked: bytes) -> float:
    exact = index.exact
    allowed = exact.allowed(among)
    best = nearest(exact.matrix, exact.passages, asked, limit=10, allowed=allowed)
    found = index.search(asked, limit=10, among=among)
    assert [score for _, score in found] == sorted((one for _, one in found), reverse=True)
    assert len(found) == len(best)
    return len(dict(best).keys() & dict(found).keys()) / len(best)


@pytest.fixture(scope="module")
def index() -> GraphIndex:
    return filled()


@pytest.mark.parametrize(
    "among",
    [ANYWHERE, Among(documents=(1, 2, 3)), Among(not_documents=(4,)), Among(passages={10**6 - 7})],
    ids=["all", "documents", "not a document", "one passage"],
)
def test_ten_nearest_are_found_with_and_without_filters(index: GraphIndex, among: Among) -> None:
    graph = index.graph
    assert graph is not None
    assert graph.rows == COUNT
    asked = [pack(CENTRES[at] + 0.3 * DICE.standard_normal(SIZE)) for at in range(50)]
    assert np.mean([recall(index, among, one) for one in asked]) >= 0.97


def test_few_vectors_are_all_compared() -> None:
    index = GraphIndex(above=ABOVE).with_more(made(1, ABOVE))
    assert index.graph is None
    assert recall(index, ANYWHERE, pack(CENTRES[0])) == 1


def test_what_was_just_put_is_found_before_the_graph_has_it(index: GraphIndex) -> None:
    new = IndexedVector(COUNT + 1, 7, 7, pack(-CENTRES[0]))
    more = index.with_more([new])
    (best, *_) = more.search(pack(-CENTRES[0]), limit=3, among=ANYWHERE)
    assert best == (7, pytest.approx(1))
    assert more.graph is index.graph
    assert more.graph.rows == COUNT


def test_what_is_gone_is_found_no_more(index: GraphIndex) -> None:
    asked = pack(CENTRES[3])
    before = [number for number, _ in index.search(asked, limit=10, among=ANYWHERE)]
    gone = {10**6 - number for number in before[:5]}
    left = index.without(np.array(sorted(gone)))
    after = [number for number, _ in left.search(asked, limit=10, among=ANYWHERE)]
    assert not set(before[:5]) & set(after)
    assert before[5:] == after[:5]
    half = index.without(index.exact.ids[COUNT // 2 :])
    assert half.graph is not index.graph
    assert half.graph is not None


def test_while_the_graph_is_busy_all_are_compared(index: GraphIndex) -> None:
    graph = index.graph
    assert graph is not None
    asked = pack(CENTRES[1])
    with graph.held():
        assert graph.nearest(asked, 10) is None
        assert recall(index, ANYWHERE, asked) == 1


def test_without_usearch_all_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "usearch", None)
    index = GraphIndex(above=10).with_more(made(1, 50))
    assert index.graph is None
    assert recall(index, ANYWHERE, pack(CENTRES[2])) == 1


def test_a_graph_that_nobody_has_any_more_stops_growing() -> None:
    index = GraphIndex(above=10).with_more(made(1, 60_000))
    assert isinstance(index.graph, Graph)
    index.search(pack(CENTRES[0]), limit=1, among=ANYWHERE)
    (thread,) = [one for one in threading.enumerate() if one.name == "headwater-graph"]
    del index
    thread.join(PROMPT_S)
    assert not thread.is_alive()

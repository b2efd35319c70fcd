"""Which of very many vectors are nearest to one, without comparing all? By usearch's HNSW graph.

The graph is grown behind the searches, some rows at a time; what it has not got yet is compared as
before, and so is everything where it is busy or not installed. What it proposes is scored exactly
(Malkov and Yashunin, "Efficient and robust approximate nearest neighbor search using Hierarchical
Navigable Small World graphs", 2016). It reads no store.
"""

from __future__ import annotations

import math
import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Any

import numpy as np

from headwater.analysis.embeddings import Ids, Mask, best_rows, unpack
from headwater.analysis.vector_index import EVERY, NO_VECTORS, IndexedVector, VectorIndex
from headwater.analysis.word_index import Among

EXACT_VECTORS = 200_000
"""Vectors that are all compared, in some 30 ms."""
CONNECTIONS, EFFORT_ADD, EFFORT_SEARCH = 16, 128, 256
CHUNK = 64
"""Rows that the graph takes at a time; a search that comes meanwhile compares all."""
TAIL = 1_000
"""Rows beyond the graph that it is not grown for."""
LEAST_SHARE = 0.05
"""The least share of rows that pass a filter for which the graph is asked."""
OVER = 2.0
"""How many times as many are asked for as would do, were those that pass spread evenly."""
WAIT_S = 0.005
DEAD = 1.5
"""How many times as many rows as there are the graph may have, before it is grown anew."""


def is_installed() -> bool:
    """Tell whether usearch is there: the extra `usearch`."""
    return find_spec("usearch") is not None


class Graph:
    """The graph of one tenant's vectors of one model, by each vector's own id."""

    def __init__(self, dimensions: int) -> None:
        from usearch.index import Index

        self._index: Any = Index(
            ndim=dimensions,
            metric="ip",
            dtype="i8",
            connectivity=CONNECTIONS,
            expansion_add=EFFORT_ADD,
            expansion_search=EFFORT_SEARCH,
        )
        self._lock = threading.Lock()
        """Held while usearch works: it lets nobody search what is added to."""
        self._starting = threading.Lock()
        self._growing = False
        self._latest: VectorIndex | None = None
        self.last_id = 0
        """All vectors up to this one are in it."""

    @property
    def rows(self) -> int:
        """Count the vectors in it, those that are gone too."""
        return len(self._index)

    @property
    def size_bytes(self) -> int:
        """Return the memory that it takes."""
        return int(self._index.memory_usage)

    def nearest(self, vector: bytes, count: int) -> Ids | None:
        """Return the own ids of about so many of the nearest; None while it is busy."""
        if not self._lock.acquire(timeout=WAIT_S):
            return None
        try:
            return np.sort(self._index.search(unpack(vector), count, threads=1).keys.astype(int))
        finally:
            self._lock.release()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let nobody search it and nothing be added meanwhile."""
        with self._lock:
            yield

    def grow(self, vectors: VectorIndex) -> None:
        """Have a thread take in what is new; it returns at once."""
        with self._starting:
            self._latest = vectors
            if self._growing or len(vectors.ids) - self._covered(vectors) <= TAIL:
                return
            self._growing = True
        threading.Thread(target=_grow, args=(weakref.ref(self),), name="headwater-graph").start()

    def take(self) -> bool:
        """Take some rows in, and tell whether there were any."""
        with self._starting:
            vectors = self._latest or NO_VECTORS
            first = self._covered(vectors)
            ids = vectors.ids[first : first + CHUNK]
            if not len(ids):
                self._growing, self._latest = False, None
                return False
        rows = vectors.matrix[first : first + len(ids)]
        with self.held():
            self._index.add(ids.astype(np.uint64), rows, threads=1)
            self.last_id = int(ids[-1])
        return True

    def _covered(self, vectors: VectorIndex) -> int:
        return int(np.searchsorted(vectors.ids, self.last_id, side="right"))


def _grow(held: weakref.ref[Graph]) -> None:
    """Grow a graph for as long as someone has it and the process goes on."""
    while threading.main_thread().is_alive() and _took(held):
        pass


def _took(held: weakref.ref[Graph]) -> bool:
    """Have a graph take some rows in; it is held by nobody here before and after."""
    graph = held()
    return graph is not None and graph.take()


@dataclass(frozen=True, slots=True)
class GraphIndex:
    """Vectors of one model, with a graph over them where there are very many.

    Args:
        exact: The vectors.
        graph: Shared by all that are made of one another, for vectors never change.
        above: How many are all compared.
    """

    exact: VectorIndex = NO_VECTORS
    graph: Graph | None = None
    above: int = EXACT_VECTORS

    @property
    def rows(self) -> int:
        """Count the vectors that are there."""
        return self.exact.rows

    @property
    def dimensions(self) -> int:
        """Return the size of the vectors."""
        return int(self.exact.matrix.shape[1])

    @property
    def size_bytes(self) -> int:
        """Return the memory that it takes."""
        return self.exact.size_bytes + (0 if self.graph is None else self.graph.size_bytes)

    def with_more(self, vectors: Sequence[IndexedVector], /) -> GraphIndex:
        """Return an index with more vectors; only the last index made of one may be added to."""
        exact = self.exact.with_more(vectors)
        graph = self.graph
        if graph is None and exact.rows > self.above and is_installed():
            graph = Graph(int(exact.matrix.shape[1]))
        return replace(self, exact=exact, graph=graph)

    @property
    def living(self) -> Ids:
        """Return the ids of their own that the vectors have which are there, ascending."""
        return self.exact.living

    def without(self, ids: Ids, /) -> GraphIndex:
        """Return an index without the vectors that have one of these ids of their own."""
        exact, graph = self.exact.without(ids), self.graph
        if graph is not None and graph.rows > DEAD * max(exact.rows, 1):
            graph = Graph(self.dimensions) if exact.rows > self.above else None
        return replace(self, exact=exact, graph=graph)

    @property
    def parts(self) -> list[slice]:
        """Return the rows as they are searched, each in a thread: all at once by a graph."""
        return self.exact.halves if self.graph is None else [EVERY]

    def search(
        self, vector: bytes, *, limit: int, among: Among, rows: slice = EVERY
    ) -> list[tuple[int, float]]:
        """Return ids of passages with their cosine, best first, then by id; of one part alone."""
        if self.graph is None:
            return self.exact.search(vector, limit=limit, among=among, rows=rows)
        self.graph.grow(self.exact)
        allowed = self.exact.allowed(among)
        proposed = self._proposed(vector, limit, allowed)
        if proposed is None:
            return self.exact.search(vector, limit=limit, among=among)
        scores = self.exact.matrix[proposed] @ unpack(vector)
        return best_rows(scores, self.exact.passages[proposed], limit)

    def _proposed(self, vector: bytes, limit: int, allowed: Mask | None) -> Ids | None:
        """Return rows among which the nearest are, or None where all are to be compared."""
        graph, ids = self.graph, self.exact.ids
        passing = len(ids) if allowed is None else int(np.count_nonzero(allowed))
        if graph is None or passing < LEAST_SHARE * len(ids):
            return None
        covered = int(np.searchsorted(ids, graph.last_id, side="right"))
        if len(ids) - covered > len(ids) // 2:  # the graph has begun to grow
            return None
        keys = graph.nearest(vector, math.ceil(OVER * max(limit, 1) * len(ids) / passing))
        if keys is None:
            return None
        rows = np.searchsorted(ids, keys)
        rows = rows[(rows < len(ids)) & (ids[np.minimum(rows, len(ids) - 1)] == keys)]
        rows = np.concatenate((rows[rows < covered], np.arange(covered, len(ids))))
        rows = rows if allowed is None else rows[allowed[rows]]
        return rows if len(rows) >= min(limit, passing) else None

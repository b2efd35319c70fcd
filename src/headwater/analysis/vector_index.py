"""Which of many vectors are nearest to one, best first? All are compared; it reads no store.

An index never changes; one with more or fewer vectors is made of it. Room is left at a matrix's
end, so that what is added is not paid for by a copy of all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from headwater.analysis.embeddings import FLOAT_BYTES, Ids, Mask, Matrix, nearest, unpack_all
from headwater.analysis.word_index import Among, rows_among, rows_without

_ROOM, _FIRST_ROOM = 1.5, 1.05
"""How many times the rows needed a new matrix has, and the first one."""
HALF = 20_000
"""Vectors that are worth a thread: some 3 ms."""
EVERY = slice(None)
_DEAD_SHARE = 0.1
"""Share of vectors gone at which an index is made anew without them."""


class IndexedVector(NamedTuple):
    """A vector as a store keeps it; `id` is its own, so that one replaced has another."""

    id: int
    passage_id: int
    document_id: int
    vector: bytes


@dataclass(frozen=True, slots=True)
class VectorIndex:
    """Vectors of one model.

    Args:
        ids: Each row's own; `passages` and `documents` are whose it is.
        alive: Rows that are still there; None where all are.
        room: The matrix, with rows at its end that are nobody's yet.
    """

    ids: Ids
    passages: Ids
    documents: Ids
    alive: Mask | None
    room: Matrix

    @property
    def rows(self) -> int:
        """Count the vectors that are there."""
        return len(self.ids) if self.alive is None else int(np.count_nonzero(self.alive))

    @property
    def matrix(self) -> Matrix:
        """Return the vectors, a row for each id."""
        return self.room[: len(self.ids)]

    @property
    def size_bytes(self) -> int:
        """Return the memory that it takes."""
        arrays = (self.ids, self.passages, self.documents, self.room)
        return sum(int(array.nbytes) for array in arrays)

    def search(
        self, vector: bytes, *, limit: int, among: Among, rows: slice = EVERY
    ) -> list[tuple[int, float]]:
        """Return ids of passages with their cosine, best first, then by id; of some rows alone."""
        passages = self.passages[rows]
        if not len(passages):
            return []
        allowed = self.allowed(among)
        allowed = None if allowed is None else allowed[rows]
        return nearest(self.matrix[rows], passages, vector, limit=limit, allowed=allowed)

    @property
    def halves(self) -> list[slice]:
        """Return the rows in parts that are worth a thread each."""
        middle = len(self.ids) // 2
        return [EVERY] if middle < HALF else [slice(middle), slice(middle, None)]

    def allowed(self, among: Among) -> Mask | None:
        """Return which rows may be found, or None where all may."""
        if self.alive is None and among == Among():
            return None
        mask = rows_among(self.passages, self.documents, among)
        return mask if self.alive is None else mask & self.alive

    def with_more(self, vectors: Sequence[IndexedVector], /) -> VectorIndex:
        """Return an index with more vectors; only the last index made of one may be added to."""
        if not vectors:
            return self
        size, dimensions = len(vectors), len(vectors[0].vector) // FLOAT_BYTES
        first = len(self.ids)
        room = self.room
        if first + size > len(room) or room.shape[1] != dimensions:
            room = np.empty(
                (int((first + size) * (_ROOM if first else _FIRST_ROOM)), dimensions), np.float32
            )
            room[:first] = self.matrix if first else room[:0]
        room[first : first + size] = unpack_all(
            [one.vector for one in vectors], dimensions=dimensions
        )
        columns = (
            np.fromiter((getattr(one, name) for one in vectors), dtype=np.int64, count=size)
            for name in ("id", "passage_id", "document_id")
        )
        ids, passages, documents = (
            np.concatenate((old, column))
            for old, column in zip((self.ids, self.passages, self.documents), columns, strict=True)
        )
        alive = self.alive
        if alive is not None:
            alive = np.concatenate((alive, np.ones(size, dtype=np.bool_)))
        return VectorIndex(ids, passages, documents, alive, room)

    @property
    def living(self) -> Ids:
        """Return the ids of their own that the vectors have which are there, ascending."""
        return self.ids if self.alive is None else self.ids[self.alive]

    def without(self, ids: Ids, /) -> VectorIndex:
        """Return an index without the vectors that have one of these ids of their own."""
        alive = rows_without(self.ids, self.alive, ids)
        if np.count_nonzero(alive) >= (1 - _DEAD_SHARE) * len(alive):
            return replace(self, alive=alive)
        return VectorIndex(
            self.ids[alive],
            self.passages[alive],
            self.documents[alive],
            None,
            self.matrix[alive],
        )


_NONE = np.empty(0, dtype=np.int64)
NO_VECTORS = VectorIndex(_NONE, _NONE, _NONE, None, np.empty((0, 1), dtype=np.float32))
"""An index of nothing."""

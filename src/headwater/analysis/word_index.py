"""Which of very many passages have the words asked for, best first? By numpy; it reads no store.

Passages come as blobs of their words' digests, and are inverted: word to passages. An index never
changes; one with more or fewer passages is made of it, so whoever searches is not disturbed.
"""

from __future__ import annotations

from collections.abc import Collection as Several
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from headwater.analysis.embeddings import Ids, Mask, best_rows
from headwater.analysis.words import K1, B, Collection, PassageWords, asked_words, rarity

_WORD = np.dtype([("word", "<u8"), ("weight", "<u2")])
_MOST_WEIGHT = 2**16 - 1
_DIGEST_BYTES = 5
_PLACE_BITS = 64 - 8 * _DIGEST_BYTES
_DEAD_SHARE = 0.3
"""Share of passages gone at which an index is made anew without them."""

Digests = NDArray[np.uint64]


class IndexedPassage(NamedTuple):
    """A passage as a store keeps it for this index."""

    id: int
    document_id: int
    length: int
    words: bytes


@dataclass(frozen=True, slots=True)
class Among:
    """Of which documents and passages the found ones must be; None is any."""

    documents: Several[int] | None = None
    not_documents: Several[int] = ()
    passages: Several[int] | None = None


ANYWHERE = Among()


class _Segment(NamedTuple):
    """Words by digest; those of `digests[n]` are in `rows[starts[n]:starts[n + 1]]`."""

    digests: Digests
    starts: Ids
    rows: NDArray[np.int32]
    weights: NDArray[np.uint16]

    def holders(self, digest: int) -> tuple[NDArray[np.int32], NDArray[np.uint16]]:
        """Return the rows that hold a word, and how much it counts in each."""
        place = int(np.searchsorted(self.digests, np.uint64(digest)))
        if place == len(self.digests) or int(self.digests[place]) != digest:
            return self.rows[:0], self.weights[:0]
        part = slice(int(self.starts[place]), int(self.starts[place + 1]))
        return self.rows[part], self.weights[part]


@dataclass(frozen=True, slots=True)
class WordIndex:
    """Passages by their words.

    Args:
        ids: Of each row's passage; `documents` of its document.
        lengths: Words of each row's passage.
        alive: Rows that are still there; None where all are.
        segments: The older ones are the larger ones.
    """

    ids: Ids
    documents: Ids
    lengths: NDArray[np.int64]
    alive: Mask | None
    segments: tuple[_Segment, ...]

    @property
    def rows(self) -> int:
        """Count the passages that are there."""
        return len(self.ids) if self.alive is None else int(np.count_nonzero(self.alive))

    @property
    def size_bytes(self) -> int:
        """Return the memory that it takes."""
        arrays = [self.ids, self.documents, self.lengths, *(a for s in self.segments for a in s)]
        return sum(int(array.nbytes) for array in arrays)

    def search(self, query: str, *, limit: int, among: Among) -> list[tuple[int, float]]:
        """Return ids of passages with their BM25 score, best first, then by id."""
        lengths = self.lengths if self.alive is None else self.lengths[self.alive]
        whole = Collection(self.rows, int(lengths.sum()))
        slow = K1 * (1 - B + B * self.lengths / whole.average)
        scores = np.zeros(len(self.ids))
        for word in asked_words(query):
            rows, held = self._holders(digest_of(word))
            if len(rows):
                worth = rarity(len(rows), whole)
                scores[rows] += worth * held * (K1 + 1) / (held + slow[rows])
        found = scores > 0
        found &= rows_among(self.ids, self.documents, among)
        return best_rows(scores[found], self.ids[found], limit)

    def with_more(
        self, passages: Sequence[IndexedPassage], /, *, only: Iterable[str] | None = None
    ) -> WordIndex:
        """Return an index with more passages, of whose words only some are kept where said."""
        if not passages:
            return self
        new = _segment_of(passages, first=len(self.ids), only=only)
        size = len(passages)
        columns = (
            np.fromiter((getattr(one, name) for one in passages), dtype=np.int64, count=size)
            for name in ("id", "document_id", "length")
        )
        ids, documents, lengths = (
            np.concatenate((old, column))
            for old, column in zip((self.ids, self.documents, self.lengths), columns, strict=True)
        )
        alive = self.alive
        if alive is not None:
            alive = np.concatenate((alive, np.ones(size, dtype=np.bool_)))
        return WordIndex(ids, documents, lengths, alive, _merged((*self.segments, new)))

    @property
    def living(self) -> Ids:
        """Return the ids of the passages that are there, ascending."""
        return self.ids if self.alive is None else self.ids[self.alive]

    def without(self, ids: Ids, /) -> WordIndex:
        """Return an index without the passages that have one of these ids."""
        alive = rows_without(self.ids, self.alive, ids)
        if np.count_nonzero(alive) < (1 - _DEAD_SHARE) * len(alive):
            return self._compact(alive)
        return replace(self, alive=alive)

    def _holders(self, digest: int) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        parts = [segment.holders(digest) for segment in self.segments]
        if not parts:
            return np.empty(0, dtype=np.int32), np.empty(0)
        rows = np.concatenate([rows for rows, _ in parts])
        held = np.concatenate([weights for _, weights in parts]).astype(np.float64)
        if self.alive is not None:
            living = self.alive[rows]
            rows, held = rows[living], held[living]
        return rows, held

    def _compact(self, alive: Mask) -> WordIndex:
        places = np.cumsum(alive) - 1
        segments = []
        for digests, rows, weights in map(_flat, self.segments):
            living = alive[rows]
            segments.append(
                (digests[living], places[rows[living]].astype(np.int32), weights[living])
            )
        made = tuple(_inverted(*parts) for parts in segments if len(parts[0]))
        return WordIndex(
            self.ids[alive], self.documents[alive], self.lengths[alive], None, _merged(made)
        )


_NONE = np.empty(0, dtype=np.int64)
NO_WORDS = WordIndex(_NONE, _NONE, _NONE, None, ())
"""An index of nothing."""


@lru_cache(maxsize=200_000)
def digest_of(word: str) -> int:
    """Return the number that stands for a word: two words have the same once in 2**40 pairs."""
    return int.from_bytes(blake2b(word.encode(), digest_size=_DIGEST_BYTES).digest(), "little")


def encode_words(words: PassageWords) -> bytes:
    """Return a passage's words as a store keeps them for this index."""
    entries = [
        (digest_of(word), min(weight, _MOST_WEIGHT)) for word, weight in words.weights.items()
    ]
    return np.array(entries, dtype=_WORD).tobytes()


def rows_among(ids: Ids, documents: Ids, among: Among) -> Mask:
    """Return which rows are of the documents and passages wanted."""
    mask = np.ones(len(ids), dtype=np.bool_)
    if among.documents is not None:
        mask &= _is_one_of(documents, among.documents)
    if among.not_documents:
        mask &= ~_is_one_of(documents, among.not_documents)
    if among.passages is not None:
        mask &= _is_one_of(ids, among.passages)
    return mask


def rows_without(ids: Ids, alive: Mask | None, gone: Ids) -> Mask:
    """Return which rows are alive once those with these ids are gone; all ids are ascending."""
    left = np.ones(len(ids), dtype=np.bool_) if alive is None else alive.copy()
    places = np.searchsorted(ids, gone)
    places = places[places < len(ids)]
    left[places[np.isin(ids[places], gone)]] = False
    return left


def _is_one_of(values: Ids, wanted: Several[int]) -> Mask:
    return np.isin(values, np.fromiter(wanted, dtype=np.int64, count=len(wanted)))


def _segment_of(
    passages: Sequence[IndexedPassage], *, first: int, only: Iterable[str] | None
) -> _Segment:
    entries = np.frombuffer(b"".join(one.words for one in passages), dtype=_WORD)
    counts = [len(one.words) // _WORD.itemsize for one in passages]
    rows = np.repeat(np.arange(first, first + len(passages), dtype=np.int32), counts)
    digests, weights = (np.ascontiguousarray(entries[name]) for name in ("word", "weight"))
    if only is not None:
        asked = np.array([digest_of(word) for word in only], dtype=np.uint64)
        wanted = np.isin(digests, asked)
        digests, weights, rows = digests[wanted], weights[wanted], rows[wanted]
    return _inverted(digests, rows, weights)


def _inverted(digests: Digests, rows: NDArray[np.int32], weights: NDArray[np.uint16]) -> _Segment:
    order = _order(digests)
    ordered = digests[order]
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)])
    ends = np.append(starts, len(order)).astype(np.int64)
    return _Segment(ordered[starts], ends, rows[order], weights[order])


def _order(digests: Digests) -> Ids:
    """Return the places of digests in order, equal ones in theirs.

    A digest and its place are sorted as one number where they fit into one: six times as fast.
    """
    if len(digests) >> _PLACE_BITS:
        return np.argsort(digests, kind="stable")
    places = np.arange(len(digests), dtype=np.uint64)
    both = np.sort((digests << np.uint64(_PLACE_BITS)) | places)
    return (both & np.uint64((1 << _PLACE_BITS) - 1)).astype(np.int64)


def _flat(
    segment: _Segment,
) -> tuple[Digests, NDArray[np.int32], NDArray[np.uint16]]:
    return (
        np.repeat(segment.digests, np.diff(segment.starts)),
        segment.rows,
        segment.weights,
    )


def _merged(segments: tuple[_Segment, ...]) -> tuple[_Segment, ...]:
    """Make one of the last two for as long as the last is at least half as large."""
    while len(segments) > 1 and 2 * len(segments[-1].rows) >= len(segments[-2].rows):
        *before, one, other = segments
        (digests, rows, weights), (more_digests, more_rows, more_weights) = _flat(one), _flat(other)
        joined = _inverted(
            np.concatenate((digests, more_digests)),
            np.concatenate((rows, more_rows)),
            np.concatenate((weights, more_weights)),
        )
        segments = (*before, joined)
    return segments

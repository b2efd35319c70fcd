"""What vector has a text by its words alone? Cheap, the same everywhere; it knows no meaning.

Words, pairs of words and the letters of words are hashed to dimensions with a sign (Weinberger
et al., "Feature Hashing for Large Scale Multitask Learning", 2009).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from anyio import to_thread

from headwater.analysis.embeddings import pack
from headwater.analysis.word_index import digest_of
from headwater.analysis.words import words
from headwater.model.principal import Principal

DIMENSIONS = 384
MODEL = "hashing-384"
_WHOLE, _PAIR, _LETTERS = 1.0, 0.5, 0.25
"""What a word, two words in a row and three letters in a row weigh."""
_LETTERS_IN_A_ROW = 3


class HashingEmbedder:
    """A model that needs nothing: texts with like words point alike."""

    @property
    def model(self) -> str:
        """Return the model's name."""
        return MODEL

    async def embed(self, texts: Sequence[str], *, principal: Principal) -> list[bytes]:
        """Return a vector of length 1 for each text."""
        del principal  # nothing is kept
        return await to_thread.run_sync(_vectors_of, list(texts))


def _vectors_of(texts: Sequence[str]) -> list[bytes]:
    return [_vector_of(text) for text in texts]


def _vector_of(text: str) -> bytes:
    weights: defaultdict[str, float] = defaultdict(float)
    for feature, weight in _features(words(text)):
        weights[feature] += weight
    vector = np.zeros(DIMENSIONS)
    for feature, weight in weights.items():
        digest = digest_of(feature)
        sign = 1 if digest & 1 else -1
        vector[(digest >> 1) % DIMENSIONS] += sign * math.sqrt(weight)
    if not vector.any():  # no words, or such that cancel each other out
        vector[digest_of(text) % DIMENSIONS] = 1
    return pack(vector)


def _features(found: Sequence[str]) -> Iterator[tuple[str, float]]:
    for word in found:
        yield word, _WHOLE
        framed = f"^{word}$"
        for at in range(len(framed) - _LETTERS_IN_A_ROW + 1):
            yield f"#{framed[at : at + _LETTERS_IN_A_ROW]}", _LETTERS
    for one, other in pairwise(found):
        yield f"{one} {other}", _PAIR

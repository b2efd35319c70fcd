"""How do vectors cross as bytes, and which of many are nearest to one? It makes and keeps none.

A vector is little-endian float32 and of length 1, so the cosine of two is their product.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from headwater.errors import UsageError

Matrix = NDArray[np.float32]
Ids = NDArray[np.int64]
Mask = NDArray[np.bool_]
_FLOAT = np.dtype("<f4")
FLOAT_BYTES = 4
MAX_DIMENSIONS = 8_192


def pack(vector: Any) -> bytes:
    """Return a vector of any length but zero as bytes, of length 1.

    Raises:
        ValueError: it is no vector, zero, or not finite.
    """
    values = np.asarray(vector, dtype=np.float64)
    length = np.linalg.norm(values) if values.ndim == 1 else 0.0
    if not np.isfinite(length) or length == 0:
        message = "no vector, zero, or not finite"
        raise ValueError(message)
    return bytes((values / length).astype(_FLOAT).tobytes())


def unpack(vector: bytes) -> Matrix:
    """Return bytes as a vector."""
    return np.frombuffer(vector, dtype=_FLOAT)


def unpack_all(vectors: list[bytes], *, dimensions: int) -> Matrix:
    """Return vectors as the rows of a matrix."""
    return np.frombuffer(b"".join(vectors), dtype=_FLOAT).reshape(len(vectors), dimensions)


def check_vector(vector: bytes, *, dimensions: int | None = None) -> bytes:
    """Return a vector that can be compared, made of length 1.

    Raises:
        UsageError: `vector.bad` where it is of another size, not finite, or zero.
    """
    size, rest = divmod(len(vector), FLOAT_BYTES)
    wanted = size if dimensions is None else dimensions
    if rest or size != wanted or not 0 < size <= MAX_DIMENSIONS:
        message = (
            f"a vector of {len(vector)} bytes, where {FLOAT_BYTES} for each of "
            f"{dimensions or f'1 to {MAX_DIMENSIONS}'} dimensions are wanted; embed with one model"
        )
        raise UsageError(message, code="vector.bad")
    values = unpack(vector)
    length = float(np.linalg.norm(values.astype(np.float64)))
    if not np.isfinite(length) or length == 0:
        message = "a vector that is zero or not finite; embed the text again"
        raise UsageError(message, code="vector.bad")
    return vector if abs(length - 1) < 1e-6 else pack(values)  # noqa: PLR2004  float32's own


def nearest(
    matrix: Matrix, ids: Ids, vector: bytes, *, limit: int, allowed: Mask | None = None
) -> list[tuple[int, float]]:
    """Return the ids of the rows nearest to a vector with their cosine, best first, then by id.

    Rows that are not allowed are left out before the cut.
    """
    # Not `matrix @ vector`: OpenBLAS' threads go on spinning for 27 ms after each such product.
    scores = np.vecdot(matrix, unpack(vector))
    if allowed is not None:
        scores, ids = scores[allowed], ids[allowed]
    return best_rows(scores, ids, limit)


def best_rows(scores: Any, ids: Ids, limit: int) -> list[tuple[int, float]]:
    """Return ids with their scores, the best first, equal ones by id, at most so many."""
    limit = min(max(limit, 0), len(ids))
    if limit == 0:
        return []
    if limit < len(ids):  # all that are as good as the last one within, so that ids decide
        least = np.partition(scores, len(ids) - limit)[len(ids) - limit]
        within = scores >= least
        scores, ids = scores[within], ids[within]
    order = np.lexsort((ids, -scores))[:limit]
    return [(int(ids[row]), float(scores[row])) for row in order]

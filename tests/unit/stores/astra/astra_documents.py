"""Documents that tests insert."""

from __future__ import annotations

from typing import Any


def numbered(how_many: int, *, start: int = 0) -> list[dict[str, Any]]:
    """Return documents `n0`, `n1` and so on, each with a vector of its own."""
    return [
        {"_id": f"n{one}", "k": one, "$vector": [1.0, float(one % 7), one / 1024]}
        for one in range(start, start + how_many)
    ]

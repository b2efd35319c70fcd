"""What the inside needs of a cache; it decides nothing about what may be kept."""

from __future__ import annotations

from typing import Any, Protocol


class Cache(Protocol):
    """A bounded store of plain JSON by key; anything in it may vanish at any time."""

    async def get(self, key: str) -> Any | None:
        """Return what was put under this key, or None."""
        ...

    async def put(self, key: str, value: Any, *, size_bytes: int) -> None:
        """Keep a value; the oldest used ones make room for it."""
        ...

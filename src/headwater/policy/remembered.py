"""What is remembered for a short while, and of how many; it looks nothing up and reads no clock."""

from __future__ import annotations

from typing import Generic, TypeVar

ValueT = TypeVar("ValueT")


class Remembered(Generic[ValueT]):
    """Values by key, each until its own time; the longest kept make room for new ones.

    Args:
        most: How many at the most.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: dict[bytes, tuple[float, ValueT]] = {}

    def __len__(self) -> int:
        """Count what is kept, also what is over by now."""
        return len(self._kept)

    def get(self, key: bytes, *, now_s: float) -> ValueT | None:
        """Return what is remembered now, or None."""
        found = self._kept.get(key)
        if found is None:
            return None
        until_s, value = found
        if now_s < until_s:
            return value
        del self._kept[key]
        return None

    def put(self, key: bytes, value: ValueT, *, until_s: float) -> None:
        """Remember a value until a time, measured on the clock of `get`."""
        self._kept.pop(key, None)
        while len(self._kept) >= self._most:
            del self._kept[next(iter(self._kept))]
        self._kept[key] = (until_s, value)

    def drop(self, key: bytes) -> None:
        """Forget one value, where it is remembered."""
        self._kept.pop(key, None)

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()

"""What was had and under which tag, so that asking again costs nothing; it asks nobody."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Had:
    """An answer that was had."""

    tag: str
    data: Any
    next_url: str | None
    link: str
    size_bytes: int


class Etags:
    """The answers of late, the oldest forgotten first.

    Args:
        most_bytes: How many bytes of JSON there are at the most.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._held_bytes = 0
        self._had: OrderedDict[tuple[str, str], Had] = OrderedDict()

    def get(self, asker: str, url: str) -> Had | None:
        """Return what one credential had from an address, or None."""
        found = self._had.get((asker, url))
        if found is not None:
            self._had.move_to_end((asker, url))
        return found

    def put(self, asker: str, url: str, had: Had) -> None:
        """Keep an answer, if it is not too large by itself."""
        self.drop(asker, url)
        if had.size_bytes > self._most_bytes // 4:
            return
        self._had[asker, url] = had
        self._held_bytes += had.size_bytes
        while self._held_bytes > self._most_bytes:
            _, oldest = self._had.popitem(last=False)
            self._held_bytes -= oldest.size_bytes

    def drop(self, asker: str, url: str) -> None:
        """Forget one."""
        before = self._had.pop((asker, url), None)
        self._held_bytes -= 0 if before is None else before.size_bytes

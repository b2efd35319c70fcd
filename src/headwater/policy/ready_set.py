"""Which steps may start now; it starts none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


class ReadySet:
    """Steps by what they wait for, in the order given.

    Args:
        waits: For each step the steps that must have ended before it; those that are not keys
            themselves are taken as ended.
    """

    def __init__(self, waits: Mapping[str, Iterable[str]]) -> None:
        self._left = {
            step: {one for one in before if one in waits} for step, before in waits.items()
        }
        self._next: dict[str, list[str]] = {step: [] for step in waits}
        for step, before in self._left.items():
            for one in before:
                self._next[one].append(step)

    def first(self) -> list[str]:
        """Return the steps that wait for nothing."""
        return [step for step, before in self._left.items() if not before]

    def ended(self, step: str) -> list[str]:
        """Take note that a step ended, and return those that may start because of it."""
        ready = []
        for following in self._next[step]:
            before = self._left[following]
            before.discard(step)
            if not before:
                ready.append(following)
        return ready


def find_order(waits: Mapping[str, Iterable[str]]) -> tuple[dict[str, int], list[str]]:
    """Return each step's depth (0 for those that wait for nothing), and the steps in cycles.

    The steps in cycles, and those behind them, have no depth (Kahn, "Topological sorting of
    large networks", 1962).
    """
    ready = ReadySet(waits)
    depth = dict.fromkeys(ready.first(), 0)
    queue = list(depth)
    for step in queue:
        for following in ready.ended(step):
            depth[following] = 1 + max(depth[one] for one in waits[following] if one in waits)
            queue.append(following)
    return depth, [step for step in waits if step not in depth]

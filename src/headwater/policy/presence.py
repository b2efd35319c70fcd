"""Who is in which room, by what every process says of those it holds; it says nothing itself.

A process says of a room who is there through it, all of them, at each change and again and again.
What it stops saying ends: a process that died leaves nobody behind.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Change:
    """Somebody came into a room, or left it."""

    room: int
    person: str
    came: bool


class Presence:
    """Who is in the rooms of one tenant.

    Args:
        own: This process, which knows of itself: what it says never ends.
        expires_s: Seconds after which another's word no longer holds.
    """

    def __init__(self, own: str, *, expires_s: float) -> None:
        self._own = own
        self._expires_s = expires_s
        self._said: dict[int, dict[str, tuple[frozenset[str], float]]] = {}

    def present(self, room: int) -> tuple[str, ...]:
        """Return who is in a room, in order."""
        return tuple(sorted(self._all(room)))

    def held(self, room: int) -> tuple[str, ...]:
        """Return who is in a room through this process, in order."""
        people, _ = self._said.get(room, {}).get(self._own, (frozenset(), 0.0))
        return tuple(sorted(people))

    def say(self, process: str, room: int, people: Iterable[str], *, now_s: float) -> list[Change]:
        """Take what a process says of a room, and return what changed by it."""
        before = self._all(room)
        said = self._said.setdefault(room, {})
        said[process] = frozenset(people), now_s
        if not said[process][0]:
            del said[process]
        if not said:
            del self._said[room]
        return _changes(room, before, self._all(room))

    def expire(self, now_s: float) -> list[Change]:
        """Forget what others said too long ago, and return what changed by it."""
        changes = []
        for room, said in list(self._said.items()):
            for process, (_, said_s) in list(said.items()):
                if process != self._own and said_s <= now_s - self._expires_s:
                    changes += self.say(process, room, (), now_s=now_s)
        return changes

    def _all(self, room: int) -> frozenset[str]:
        return frozenset().union(*(people for people, _ in self._said.get(room, {}).values()))


def _changes(room: int, before: frozenset[str], after: frozenset[str]) -> list[Change]:
    left = [Change(room, person, came=False) for person in sorted(before - after)]
    return left + [Change(room, person, came=True) for person in sorted(after - before)]

"""How many calls may be under way at once, and who is next; it waits for nothing."""

from __future__ import annotations

from collections import deque


class Limiter:
    """So many places, first come first served, those who are required first.

    Args:
        places: Calls at once, 1 and up.
    """

    def __init__(self, places: int) -> None:
        self.places = places
        self.taken = 0
        self._waiting: tuple[deque[object], deque[object]] = (deque(), deque())

    @property
    def waiting(self) -> int:
        """Return how many wait for a place."""
        return len(self._waiting[0]) + len(self._waiting[1])

    def enter(self) -> bool:
        """Take a place where one is free; nobody waits then, as `leave` hands places on."""
        if self.taken >= self.places:
            return False
        self.taken += 1
        return True

    def wait(self, ticket: object, *, required: bool) -> None:
        """Queue for a place; `leave` gives it to the ticket."""
        self._waiting[0 if required else 1].append(ticket)

    def leave(self) -> object | None:
        """Give a place up, and return the ticket that has it now, or None."""
        if self.taken > self.places:  # there are fewer now: this one goes
            self.taken -= 1
            return None
        for queue in self._waiting:
            if queue:
                return queue.popleft()
        self.taken -= 1
        return None

    def forget(self, ticket: object) -> bool:
        """Stop waiting; return False where the ticket has a place by now and must leave it."""
        for queue in self._waiting:
            if ticket in queue:
                queue.remove(ticket)
                return True
        return False

    def resize(self, places: int) -> list[object]:
        """Change the number of places; return the tickets that have one by that.

        Where there are fewer than are taken, those who leave take theirs along.
        """
        self.places = max(1, places)
        seated: list[object] = []
        for queue in self._waiting:
            while queue and self.taken < self.places:
                seated.append(queue.popleft())
                self.taken += 1
        return seated

"""Whose turn is it where more is asked than can be done? It waits for nothing and reads no clock.

Tenants take turns, so that one who asks much waits behind himself and nobody else does (fair
queueing, as in J. Nagle, "On packet switches with infinite storage", RFC 970). Where too many
wait, the least critical go first, of whoever has most of them.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Literal, TypeAlias

Criticality = Literal["critical", "normal", "sheddable"]
CRITICALITIES: tuple[Criticality, ...] = ("critical", "normal", "sheddable")
"""What is turned away last, and what first."""
PATIENCE = {"critical": 1.0, "normal": 0.95, "sheddable": 0.3}
"""The share of the time there is, less what the work takes, that may be spent waiting."""
RESERVE = 1.25
"""How many times the mean time taken is kept for the work itself."""
NEW_SHARE = 0.05
"""How much the latest time taken moves the mean."""
LEAST_GONE = 20
"""Places handed on before the pace is worth something."""
SURE_S = 2.5
"""Seconds of queue before the pace is worth something: a burst is slow while it comes in."""
WINDOW_S = 6.0
"""Seconds over which the pace is told, about."""
Queues: TypeAlias = dict[Criticality, deque[object]]


class Turns:
    """A number of places, given to tenants in turn. Instants are seconds on any steady clock.

    Args:
        places: How many are in work at once, 1 and up.
        most_waiting: How many may wait.
    """

    def __init__(self, places: int, *, most_waiting: int) -> None:
        self.places = places
        self.taken = 0
        self.waiting = 0
        self.mean_took_s = 0.0
        self._most_waiting = most_waiting
        self._tenants: OrderedDict[str, Queues] = OrderedDict()
        self._busy_since = 0.0
        self._gone = 0.0

    def enter(self) -> bool:
        """Take a place where one is free; nobody waits then, as `leave` hands places on."""
        if self.taken >= self.places:
            return False
        self.taken += 1
        return True

    def patience_s(self, budget_s: float, criticality: Criticality) -> float:
        """Return how long to wait at the most, for the work to end in time, in seconds."""
        return max(0.0, PATIENCE[criticality] * (budget_s - RESERVE * self.mean_took_s))

    def expected_s(self, tenant: str, criticality: Criticality, *, now: float) -> float:
        """Return the seconds that a newcomer would wait at the pace of late; 0 if unknown."""
        busy_s = now - self._busy_since
        if not self.waiting or self._gone < LEAST_GONE or busy_s < SURE_S:
            return 0.0
        queues = self._tenants.get(tenant)
        before = 0 if queues is None else _before(queues, criticality)
        turns = 1 + before
        for name, others in self._tenants.items():
            if name != tenant:
                turns += min(before + 1, _length(others))
        return turns * busy_s / self._gone

    def wait(
        self, ticket: object, tenant: str, criticality: Criticality, *, now: float
    ) -> object | None:
        """Queue for a place, which `leave` gives; return the ticket that is turned away for it.

        That may be this very ticket; None where there was room.
        """
        pushed_out = None
        if self.waiting >= self._most_waiting:
            pushed_out = self._least(tenant, criticality)
            if pushed_out is None:
                return ticket
        if not self.waiting:
            self._busy_since, self._gone = now, 0.0
        if tenant not in self._tenants:
            self._tenants[tenant] = {one: deque() for one in CRITICALITIES}
        self._tenants[tenant][criticality].append(ticket)
        self.waiting += 1
        return pushed_out

    def leave(self, took_s: float, *, now: float) -> object | None:
        """Give a place up after so many seconds; return the ticket that has it now, or None."""
        share = NEW_SHARE if self.mean_took_s else 1.0
        self.mean_took_s += share * (took_s - self.mean_took_s)
        if not self._tenants or self.taken > self.places:
            self.taken -= 1
            return None
        self._keep_pace(now)
        return self._next()

    def resize(self, places: int) -> list[object]:
        """Change the number of places; return the tickets that have one by that.

        Where there are fewer than are taken, those who leave take theirs along.
        """
        self.places = max(1, places)
        seated = []
        while self._tenants and self.taken < self.places:
            seated.append(self._next())
            self.taken += 1
        return seated

    def forget(self, ticket: object, tenant: str) -> bool:
        """Stop waiting; return False where the ticket has a place by now and must leave it."""
        for queue in self._tenants.get(tenant, {}).values():
            if ticket in queue:
                queue.remove(ticket)
                self._shrink(tenant)
                return True
        return False

    def _next(self) -> object:
        """Take out the one whose turn it is; his tenant comes last after that."""
        tenant, queues = self._tenants.popitem(last=False)
        ticket = next(queue for queue in queues.values() if queue).popleft()
        self.waiting -= 1
        if _length(queues):
            self._tenants[tenant] = queues
        return ticket

    def _keep_pace(self, now: float) -> None:
        self._gone += 1
        busy_s = now - self._busy_since
        if busy_s > WINDOW_S:
            self._busy_since, self._gone = now - busy_s / 2, self._gone / 2

    def _least(self, tenant: str, criticality: Criticality) -> object | None:
        """Take out the newest of whoever has most of what is least critical, or nobody."""
        for one in reversed(CRITICALITIES):
            name = max(self._tenants, key=lambda name: len(self._tenants[name][one]))
            most = len(self._tenants[name][one])
            if one == criticality and most <= max(1, self._has(tenant, one)):
                break
            if most:
                ticket = self._tenants[name][one].pop()
                self._shrink(name)
                return ticket
        return None

    def _has(self, tenant: str, criticality: Criticality) -> int:
        queues = self._tenants.get(tenant)
        return 0 if queues is None else len(queues[criticality])

    def _shrink(self, tenant: str) -> None:
        self.waiting -= 1
        if not _length(self._tenants[tenant]):
            del self._tenants[tenant]


def _length(queues: Queues) -> int:
    return sum(map(len, queues.values()))


def _before(queues: Queues, criticality: Criticality) -> int:
    """Count those of a tenant who are served before a newcomer."""
    rank = CRITICALITIES.index(criticality)
    return sum(len(queues[one]) for one in CRITICALITIES[: rank + 1])

"""Whether one more may be asked now, and when; what it guards it does not do.

The entries of a service pass through here, so that more than can be done is turned away
and in order: whoever is turned away costs next to nothing, and who is let in gets an answer in
time. Clients in the same process are not held up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from types import TracebackType
from typing import Any

import anyio

from headwater.app.checking import check_budget_s
from headwater.app.settings import Settings
from headwater.engine.clock import loop_clock
from headwater.engine.doorway import Doorway
from headwater.errors import LimitError
from headwater.model.gauge import Gauge
from headwater.model.principal import Principal
from headwater.policy.budget import LEAST_S
from headwater.policy.gradient import Gradient
from headwater.policy.turns import CRITICALITIES, Criticality, Turns
from headwater.ports.rates import Rates

LEAST_TOOK_S = 1e-4
LEAST_QUESTIONS = 4
LEAST_READS = 8
"""Places that there are however slow the work is."""
LATE_SHARE = 0.9
"""The share of its time after which work counts as late: what was there by then is answered."""
CALM_S = 5.0
"""Seconds without any work after which what was learned in a crowd no longer holds."""
SOON_S = 1.0
LATER_S = 10.0
"""The least and the most seconds after which to ask again."""
HELD_S = 0.25
"""How long one who is turned away is held: those who ask again at once would take all the time."""
MOST_HELD = 1_000
"""So many are held; further ones are turned away at once."""
REASONS = ("overload", "rate", "runs")
"""Why somebody is turned away: `limit.overload`, `limit.rate`, `limit.runs`."""


def rank_of(criticality: str | None) -> Criticality:
    """Return how much something matters; `normal` where that is not said."""
    return next((one for one in CRITICALITIES if one == criticality), "normal")


class _Ticket:
    """Someone who waits."""

    def __init__(self) -> None:
        self.told = anyio.Event()
        self.turned_away = False


class _Way:
    """One way in: turns for places, of which there are fewer while the work is slow."""

    def __init__(self, most: int, least: int, *, most_waiting: int) -> None:
        self.now = loop_clock()
        self._most = most
        self._least = min(most, least)
        self._most_waiting = most_waiting
        self._left_at = self.now()
        self._begin_anew()

    def _begin_anew(self) -> None:
        self.turns = Turns(self._most, most_waiting=self._most_waiting)
        self._gradient = Gradient(most=self._most, least=self._least)

    def enter(self) -> bool:
        """Take a place where one is free."""
        if not self.turns.taken and self.now() - self._left_at >= CALM_S:
            self._begin_anew()
        return self.turns.enter()

    async def wait(self, tenant: str, rank: Criticality, *, budget_s: float) -> float | None:
        """Wait for a place; return the seconds that took, or None where there is none in time."""
        began_at = self.now()
        patience_s = self.turns.patience_s(budget_s, rank)
        if self.expected_s(tenant, rank) > patience_s:
            return None
        ticket = _Ticket()
        pushed_out: Any = self.turns.wait(ticket, tenant, rank, now=began_at)
        if pushed_out is not None:
            pushed_out.turned_away = True
            pushed_out.told.set()
        try:
            with anyio.move_on_after(patience_s):
                await ticket.told.wait()
        except anyio.get_cancelled_exc_class():
            self._go(ticket, tenant)
            raise
        if ticket.turned_away or not ticket.told.is_set():
            self._go(ticket, tenant)
            return None
        return self.now() - began_at

    def expected_s(self, tenant: str, rank: Criticality) -> float:
        """Return the seconds that one more would wait, by the pace of late."""
        return self.turns.expected_s(tenant, rank, now=self.now())

    def leave(self, began_at: float, *, late: bool = False) -> None:
        """Give a place up that was taken then, to whoever is next; there are fewer if it was late.

        Where everyone asks at once from the start no latency is known without a crowd: that whole
        budgets go by in a full house says as much as a refusal.
        """
        now = self._left_at = self.now()
        took_s = max(LEAST_TOOK_S, now - began_at)  # a clock may stand still for a millisecond
        at_once = self.turns.taken
        seated: list[Any] = [self.turns.leave(took_s, now=now)]
        if late and at_once * 2 > self.turns.places:
            places = self._gradient.refused()
        else:
            places = self._gradient.ended(took_s, at_once=at_once)
        if places != self.turns.places:
            seated += self.turns.resize(places)
        for one in seated:
            if one is not None:
                one.told.set()

    def _go(self, ticket: _Ticket, tenant: str) -> None:
        """Leave the queue, or give the place back that was got in the meantime."""
        if not ticket.told.is_set():
            self.turns.forget(ticket, tenant)
        elif not ticket.turned_away:
            self.leave(self.now() - self.turns.mean_took_s)


def _of_way(kind: str, way: _Way) -> Iterator[Gauge]:
    for name, value, help_ in (
        ("places", way.turns.places, "Places for questions, or reads, from outside."),
        ("in_work", way.turns.taken, "Questions, or reads, from outside that are in work."),
        ("waiting", way.turns.waiting, "Questions, or reads, from outside that wait for a place."),
    ):
        labels = {"kind": kind}
        yield Gauge(name=f"headwater_admission_{name}", value=value, help=help_, labels=labels)


class Admission:
    """The way in for requests from outside; reached as `hw.admission`.

    Args:
        settings: How much is let in.
        rates: Counts the requests of each key.
    """

    def __init__(self, settings: Settings, rates: Rates | None = None) -> None:
        self._settings = settings
        self._rates = rates
        most = settings.most_waiting
        self._questions = _Way(settings.questions_at_once, LEAST_QUESTIONS, most_waiting=most)
        self._reads = _Way(settings.reads_at_once, LEAST_READS, most_waiting=most)
        self._runs: Counter[str] = Counter()
        self._held = 0
        self.doorway = Doorway()
        """Through which whoever has a place goes on."""
        self.turned_away: Counter[str] = Counter()
        """How many were turned away, by why."""

    async def count(self, who: Principal) -> None:
        """Count one request of a key.

        Raises:
            LimitError: `limit.rate`.
        """
        most = self._settings.requests_per_key
        if not most or self._rates is None:
            return
        per_s = self._settings.requests_per_key_s
        wait_s = await self._rates.take(f"{who.tenant}/{who.name}", limit=most, per_s=per_s)
        if wait_s > 0:
            message = f"this key may ask {most} times in {per_s:g} s; ask again later"
            raise self._away("rate", LimitError(message, code="limit.rate", retry_after_s=wait_s))

    def admitted(
        self,
        who: Principal,
        *,
        budget_s: float | None = None,
        criticality: str | None = None,
        read: bool = False,
    ) -> AbstractAsyncContextManager[float | None]:
        """Let one in when it is its tenant's turn, and give the seconds left of its budget.

        Args:
            who: Who asks.
            budget_s: Seconds from now to the answer; None for those of the settings.
            criticality: `critical`, `normal` or `sheddable`; anything else is normal.
            read: A read of little work, which does not wait behind questions.

        Raises:
            UsageError: `ask.bad_budget`.
            LimitError: `limit.overload` or `limit.runs`, on entering.
        """
        if budget_s is not None:  # before it waits, for which a budget that is none is no measure
            check_budget_s(budget_s)
        place = _Place(self, who.tenant, rank=rank_of(criticality), budget_s=budget_s)
        place.way = self._reads if read else self._questions
        place.counted = not read and self._settings.runs_per_tenant > 0
        return place

    def gauges(self) -> list[Gauge]:
        """Return what is in work, what waits, and how many were turned away."""
        ways = {"question": self._questions, "read": self._reads}
        read_off = [one for kind, way in ways.items() for one in _of_way(kind, way)]
        return [*read_off, *(self._of_reason(why) for why in REASONS)]

    @contextmanager
    def run_of(self, tenant: str) -> Iterator[None]:
        """Count a run of a tenant as under way for as long as the block, where that is bounded.

        Raises:
            LimitError: `limit.runs`.
        """
        if not self._settings.runs_per_tenant:
            yield
            return
        self.begin_run(tenant)
        try:
            yield
        finally:
            self.end_run(tenant)

    def begin_run(self, tenant: str) -> None:
        """Count a run of a tenant as under way.

        Raises:
            LimitError: `limit.runs`.
        """
        most = self._settings.runs_per_tenant
        if self._runs[tenant] >= most:
            message = f"this tenant has {most} runs under way, which is all it may; wait for one"
            raise self._away("runs", LimitError(message, code="limit.runs", retry_after_s=SOON_S))
        self._runs[tenant] += 1

    def end_run(self, tenant: str) -> None:
        """Count a run of a tenant as ended."""
        self._runs[tenant] -= 1
        if not self._runs[tenant]:
            del self._runs[tenant]

    @property
    def budget_s(self) -> float:
        """Return the seconds of a request that names none."""
        return self._settings.budget_s

    async def wait(
        self, way: _Way, tenant: str, *, rank: Criticality, budget_s: float | None
    ) -> float:
        """Wait for a place, and return what is left of the budget.

        Raises:
            LimitError: `limit.overload`.
        """
        given_s = self._settings.budget_s if budget_s is None else budget_s
        began_at = way.now()
        waited_s = await way.wait(tenant, rank, budget_s=given_s)
        if waited_s is None:
            error = self._overload(way.expected_s(tenant, rank))
            await self._hold(min(HELD_S, given_s / 4) - (way.now() - began_at))
            raise error
        return max(LEAST_S, given_s - waited_s)

    async def _hold(self, held_s: float) -> None:
        """Let one who is turned away wait a little, outside of every queue, who has not yet."""
        if self._held >= MOST_HELD or held_s <= 0.0:
            return
        self._held += 1
        try:
            await anyio.sleep(held_s)
        finally:
            self._held -= 1

    def _of_reason(self, why: str) -> Gauge:
        return Gauge(
            name="headwater_turned_away_total",
            value=self.turned_away[why],
            help="Requests from outside that were turned away, by why.",
            kind="counter",
            labels={"reason": why},
        )

    def _overload(self, expected_s: float) -> LimitError:
        message = (
            f"more is asked than can be done in time: it would wait {expected_s:.1f} s; "
            "ask again later, or give it more time"
        )
        retry_after_s = min(LATER_S, max(SOON_S, expected_s))
        error = LimitError(message, code="limit.overload", retry_after_s=retry_after_s)
        return self._away("overload", error)

    def _away(self, why: str, error: LimitError) -> LimitError:
        self.turned_away[why] += 1
        return error


class _Place:
    """The way in of one request, and its place in work, which it gives up in any case."""

    __slots__ = (
        "_admission",
        "_began_at",
        "_budget_s",
        "_late_at",
        "_rank",
        "_tenant",
        "counted",
        "way",
    )

    way: _Way
    counted: bool
    """Whether it is a run of its tenant, of which there are so many at the most."""

    def __init__(
        self, admission: Admission, tenant: str, *, rank: Criticality, budget_s: float | None
    ) -> None:
        self._admission = admission
        self._tenant = tenant
        self._rank = rank
        self._budget_s = budget_s
        self._began_at = self._late_at = 0.0

    async def __aenter__(self) -> float | None:
        """Wait for a place, and give what is left of the budget."""
        if self.counted:
            self._admission.begin_run(self._tenant)
        left_s = self._budget_s
        if not self.way.enter():
            try:
                left_s = await self._admission.wait(
                    self.way, self._tenant, rank=self._rank, budget_s=left_s
                )
            except BaseException:
                self._end_run()
                raise
        self._began_at = self.way.now()
        try:
            await self._admission.doorway.enter()
        except BaseException:
            self._leave()
            raise
        self._late_at = self._began_at + LATE_SHARE * (left_s or self._admission.budget_s)
        return left_s

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the place to whoever is next."""
        self._leave(late=self.way.now() >= self._late_at)

    def _leave(self, *, late: bool = False) -> None:
        self.way.leave(self._began_at, late=late)
        self._end_run()

    def _end_run(self) -> None:
        if self.counted:
            self._admission.end_run(self._tenant)

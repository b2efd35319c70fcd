"""Random changes to a project's work leave what a slow, obvious recount gives, on every adapter.

Hypothesis chooses the changes, and shrinks those that are counted wrongly to the fewest that are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from typing import Any

import pytest
from anyio import from_thread, to_thread
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from contract.estates import Ports
from contract.work import ANN, a_project
from headwater.analysis.work_rollup import MAX_DEPTH
from headwater.errors import UsageError
from headwater.model.work_item import WORK_STATUSES, WorkItem, WorkItemDraft, WorkItemQuery

FINISHED = ("done", "tested", "merged")
TYPES = ("blocks", "requires", "related")
MOST_GONE = 5
"""Items that are deleted with one: else little would be left to change."""
PICKS = st.integers(0, 10_000)
"""Which one of those there are."""
STATUSES = st.sampled_from(WORK_STATUSES)


@dataclass
class Slow:
    """All that should be there: told by walking everything, every time."""

    parents: dict[int, int | None] = field(default_factory=dict)
    own: dict[int, str] = field(default_factory=dict)
    ties: set[tuple[int, int, str]] = field(default_factory=set)

    def children(self, item: int | None) -> list[int]:
        return [one for one, parent in self.parents.items() if parent == item]

    def leaves(self, item: int) -> list[int]:
        below = [leaf for one in self.children(item) for leaf in self.leaves(one)]
        return below if self.children(item) else [item]

    def status(self, item: int) -> str:
        found = [self.status(one) for one in self.children(item)]
        if not found:
            return self.own[item]
        counted = [one for one in found if one != "dropped"]
        if not counted:
            return "dropped"
        if any(one == "blocked" for one in counted):
            return "blocked"
        if all(one in FINISHED for one in counted):
            return min(counted, key=FINISHED.index)
        return "new" if all(one == "new" for one in counted) else "in_progress"

    def progress(self, items: list[int]) -> float:
        leaves = [leaf for one in items for leaf in self.leaves(one)]
        counted = [one for one in leaves if self.own[one] != "dropped"]
        done = [one for one in counted if self.own[one] in FINISHED]
        return float(Fraction(len(done), len(counted))) if counted else 0.0

    def below(self, item: int) -> set[int]:
        return {item}.union(*(self.below(one) for one in self.children(item)))

    def above(self, item: int | None) -> int:
        return 0 if item is None else 1 + self.above(self.parents[item])

    def height(self, item: int) -> int:
        return 1 + max((self.height(one) for one in self.children(item)), default=0)

    def before(self, extra: tuple[int, int, str]) -> dict[int, set[int]]:
        after: dict[int, set[int]] = defaultdict(set)
        for source, target, kind in {*self.ties, extra}:
            if kind == "blocks":
                after[source].add(target)
            elif kind == "requires":
                after[target].add(source)
        return after

    def has_circle(self, extra: tuple[int, int, str]) -> bool:
        after, gone = self.before(extra), set[int]()
        while True:  # take away what comes before nothing, until nothing more can be taken
            free = {one for one in self.parents if one not in gone and after[one] <= gone}
            if not free:
                return bool(set(self.parents) - gone)
            gone |= free

    def delete(self, item: int) -> None:
        for one in self.below(item):
            del self.parents[one], self.own[one]
        self.ties = {tie for tie in self.ties if set(tie[:2]) <= self.parents.keys()}


class Changes(RuleBasedStateMachine):
    """Does the same to a store and to the slow reference, in a project of its own.

    It runs in a thread, and what the store does in the loop that the thread was begun from.

    Args:
        ports: Of the store.
        every: After how many changes all that is there is compared.
    """

    def __init__(self, ports: Ports, every: int) -> None:
        super().__init__()
        self.ports = ports
        self.every = every
        self.slow = Slow()
        self.steps = 0

    @initialize()
    def begin(self) -> None:
        self.project = from_thread.run(a_project, self.ports).id

    def some(self) -> bool:
        return bool(self.slow.parents)

    def tied(self) -> bool:
        return bool(self.slow.ties)

    def pick(self, number: int) -> int:
        """Return one of the items there are."""
        items = sorted(self.slow.parents)
        return items[number % len(items)]

    @rule(status=STATUSES)
    def create(self, status: Any) -> None:
        self._create(None, status)

    @precondition(some)
    @rule(number=PICKS, status=STATUSES)
    def create_within(self, number: int, status: Any) -> None:
        self._create(self.pick(number), status)

    @precondition(some)
    @rule(number=PICKS, status=STATUSES)
    def set_status(self, number: int, status: Any) -> None:
        item, expected = self.pick(number), None
        if not self.slow.children(item):
            self.slow.own[item] = status
        elif status != self.slow.status(item):
            expected = "work.rolled_up"
        self._done(self._changed(item, {"status": status}), expected)

    @precondition(some)
    @rule(number=PICKS, title=st.text("ab", min_size=1, max_size=3))
    def set_title(self, number: int, title: str) -> None:
        self._done(self._changed(self.pick(number), {"title": title}))

    @precondition(some)
    @rule(number=PICKS, version=st.sampled_from((0, 10**6)))
    def delete_unseen(self, number: int, version: int) -> None:
        call = self.ports.work_items.delete(self.pick(number), version=version, principal=ANN)
        self._done(call, "work.conflict")

    @precondition(some)
    @rule(number=PICKS, other=PICKS | st.none())
    def move(self, number: int, other: int | None) -> None:
        item = self.pick(number)
        parent, expected = None if other is None else self.pick(other), None
        if parent in self.slow.below(item):
            expected = "work.cycle"
        elif parent != self.slow.parents[item]:
            if self.slow.above(parent) + self.slow.height(item) > MAX_DEPTH:
                expected = "work.too_deep"
            else:
                self.slow.parents[item] = parent
        self._done(self._moved(item, parent), expected)

    @precondition(some)
    @rule(number=PICKS)
    def delete(self, number: int) -> None:
        item = self.pick(number)
        if len(self.slow.below(item)) <= MOST_GONE:
            self.slow.delete(item)
            self._done(self._deleted(item))

    @precondition(some)
    @rule(number=PICKS, other=PICKS, kind=st.sampled_from(TYPES))
    def depend(self, number: int, other: int, kind: Any) -> None:
        item, on, expected = self.pick(number), self.pick(other), None
        tie = (min(item, on), max(item, on), kind) if kind == "related" else (item, on, kind)
        if item == on or self.slow.has_circle(tie):
            expected = "work.cycle"
        else:
            self.slow.ties.add(tie)
        call = self.ports.work_items.depend(item, on, kind=kind, principal=ANN)
        self._done(call, expected)

    @precondition(tied)
    @rule(number=PICKS)
    def undepend(self, number: int) -> None:
        ties = sorted(self.slow.ties)
        source, target, kind = ties[number % len(ties)]
        self.slow.ties.discard((source, target, kind))
        made: Any = kind
        self._done(self.ports.work_items.undepend(source, target, kind=made, principal=ANN))

    @invariant()
    def all_is_as_it_should_be(self) -> None:
        self.steps += 1
        if self.steps % self.every == 0:
            self._check()

    def teardown(self) -> None:
        if hasattr(self, "project"):
            self._check()

    def _create(self, parent: int | None, status: Any) -> None:
        draft = WorkItemDraft(kind="todo", title="x", parent=parent, status=status)
        expected = "work.too_deep" if self.slow.above(parent) >= MAX_DEPTH else None
        call = self.ports.work_items.create(self.project, draft, principal=ANN)
        written = self._done(call, expected)
        if written is not None:
            self.slow.parents[written.value.id] = parent
            self.slow.own[written.value.id] = status

    def _done(self, call: Awaitable[Any], expected: str | None = None) -> Any:
        """Return what a call gives; what the reference refuses has to be refused."""

        async def do() -> Any:
            return await call

        try:
            value = from_thread.run(do)
        except UsageError as error:
            assert error.code == expected, str(error)  # noqa: PT017  which one it is follows
            return None
        assert expected is None, f"it should be refused as {expected}"
        return value

    def _check(self) -> None:
        from_thread.run(self._compare)

    async def _compare(self) -> None:
        """Compare all that is there."""
        found = await self._all()
        slow = self.slow
        told = {one.id: (one.parent, one.status, one.progress, one.children) for one in found}
        assert told == {
            one: (parent, slow.status(one), slow.progress([one]), len(slow.children(one)))
            for one, parent in slow.parents.items()
        }
        project = await self.ports.projects.find(self.project, principal=ANN)
        assert project.progress == slow.progress(slow.children(None))
        ties = await self.ports.work_items.tied(self.project, principal=ANN)
        assert {(one.source, one.target, one.type) for one in ties} == slow.ties
        history = await self.ports.activities.since(
            self.project, after=0, limit=100_000, principal=ANN
        )
        assert [one.seq for one in history] == list(range(1, len(history) + 1))
        last = {one.object_id: one.version for one in history if one.object_type == "item"}
        assert {one.id: one.version for one in found}.items() <= last.items(), "not all was told"

    async def _all(self) -> list[WorkItem]:
        found: list[WorkItem] = []
        cursor = None
        while True:
            query = WorkItemQuery(project=self.project, limit=500, cursor=cursor)
            page = await self.ports.work_items.page(query, principal=ANN)
            found += page.items
            if (cursor := page.next_cursor) is None:
                return found

    async def _version(self, item: int) -> int:
        return (await self.ports.work_items.find(item, principal=ANN)).version

    async def _changed(self, item: int, changes: Any) -> Any:
        version = await self._version(item)
        return await self.ports.work_items.update(
            item, version=version, changes=changes, principal=ANN
        )

    async def _moved(self, item: int, parent: int | None) -> Any:
        version = await self._version(item)
        return await self.ports.work_items.move(item, version=version, parent=parent, principal=ANN)

    async def _deleted(self, item: int) -> Any:
        version = await self._version(item)
        return await self.ports.work_items.delete(item, version=version, principal=ANN)


async def compare(ports: Ports, *, sequences: int, changes: int, every: int) -> None:
    """Let so many sequences of so many changes be chosen, and compare every few changes."""
    chosen = settings(
        max_examples=sequences,
        stateful_step_count=changes,
        deadline=None,
        database=None,
        suppress_health_check=[*HealthCheck],
        phases=[Phase.generate, Phase.shrink],
    )
    machine: Any = partial(Changes, ports, every)
    await to_thread.run_sync(partial(run_state_machine_as_test, machine, settings=chosen))


async def test_forty_random_changes_are_counted_exactly(estate: Ports) -> None:
    await compare(estate, sequences=5, changes=40, every=10)


@pytest.mark.slow
@pytest.mark.timeout(1_800)
async def test_two_hundred_random_changes_are_counted_exactly(estate: Ports) -> None:
    await compare(estate, sequences=30, changes=200, every=5)

"""Random changes to a project's work leave what a slow, obvious recount gives, on every adapter."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from contract.estates import Ports
from contract.work import ANN, a_project
from headwater.analysis.work_rollup import MAX_DEPTH
from headwater.errors import UsageError
from headwater.model.work_item import WORK_STATUSES, WorkItem, WorkItemDraft, WorkItemQuery

FINISHED = ("done", "tested", "merged")
TYPES = ("blocks", "requires", "related")
OPERATIONS = ("create", "create", "create", "status", "status", "status", "move", "move",
              "delete", "depend", "depend", "depend", "undepend", "title", "stale")  # fmt: skip


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


class Machine:
    """Does the same to a store and to the slow reference, by dice."""

    def __init__(self, ports: Ports, project: int, dice: Random) -> None:
        self.ports = ports
        self.project = project
        self.dice = dice
        self.slow = Slow()

    async def step(self) -> None:
        """Do one thing; what the reference refuses has to be refused."""
        operation = self.dice.choice(OPERATIONS)
        items = sorted(self.slow.parents)
        if not items:
            operation = "create"
        item = self.dice.choice(items) if items else 0
        expected, call = getattr(self, f"_{operation}")(item)
        try:
            value = await call
        except UsageError as error:
            assert error.code == expected, f"{operation} {item}: {error}"  # noqa: PT017  by dice
        else:
            assert expected is None, f"{operation} {item} should be refused as {expected}"
            if operation == "create":
                self.slow.parents[value.value.id] = value.value.parent
                self.slow.own[value.value.id] = value.value.status

    async def check(self) -> None:
        """Compare all that is there."""
        found: list[WorkItem] = []
        cursor = None
        while True:
            query = WorkItemQuery(project=self.project, limit=500, cursor=cursor)
            page = await self.ports.work_items.page(query, principal=ANN)
            found += page.items
            if (cursor := page.next_cursor) is None:
                break
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

    def _create(self, item: int) -> Any:
        parent = item if item and self.dice.random() < 0.8 else None
        status: Any = self.dice.choice(WORK_STATUSES)
        draft = WorkItemDraft(kind="todo", title="x", parent=parent, status=status)
        expected = "work.too_deep" if self.slow.above(parent) >= MAX_DEPTH else None
        return expected, self.ports.work_items.create(self.project, draft, principal=ANN)

    def _status(self, item: int) -> Any:
        status: Any = self.dice.choice(WORK_STATUSES)
        if not self.slow.children(item):
            self.slow.own[item] = status
            expected = None
        else:
            expected = "work.rolled_up" if status != self.slow.status(item) else None
        return expected, self._changed(item, {"status": status})

    def _title(self, item: int) -> Any:
        return None, self._changed(item, {"title": f"t{self.dice.random()}"})

    def _stale(self, item: int) -> Any:
        call = self.ports.work_items.delete(item, version=10**6, principal=ANN)
        return "work.conflict", call

    def _move(self, item: int) -> Any:
        others: list[int | None] = [None, *sorted(self.slow.parents)]
        parent = self.dice.choice(others)
        expected = None
        if parent in self.slow.below(item):
            expected = "work.cycle"
        elif parent != self.slow.parents[item]:
            if self.slow.above(parent) + self.slow.height(item) > MAX_DEPTH:
                expected = "work.too_deep"
            else:
                self.slow.parents[item] = parent
        return expected, self._moved(item, parent)

    def _delete(self, item: int) -> Any:
        if len(self.slow.below(item)) > 5:
            return self._title(item)
        self.slow.delete(item)
        return None, self._deleted(item)

    def _depend(self, item: int) -> Any:
        on, kind = self.dice.choice(sorted(self.slow.parents)), self.dice.choice(TYPES)
        tie = self._tie(item, on, kind)
        expected = None
        if item == on or self.slow.has_circle(tie):
            expected = "work.cycle"
        else:
            self.slow.ties.add(tie)
        made: Any = kind
        return expected, self.ports.work_items.depend(item, on, kind=made, principal=ANN)

    def _undepend(self, item: int) -> Any:
        ties = sorted(self.slow.ties)
        if not ties:
            return self._title(item)
        source, target, kind = self.dice.choice(ties)
        self.slow.ties.discard((source, target, kind))
        made: Any = kind
        call = self.ports.work_items.undepend(source, target, kind=made, principal=ANN)
        return None, call

    def _tie(self, item: int, on: int, kind: str) -> tuple[int, int, str]:
        return (min(item, on), max(item, on), kind) if kind == "related" else (item, on, kind)

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


async def walk(ports: Ports, dice: Random, *, operations: int, every: int) -> None:
    """Do so many things by dice, and compare everything every few of them."""
    machine = Machine(ports, (await a_project(ports)).id, dice)
    for number in range(operations):
        await machine.step()
        if number % every == every - 1:
            await machine.check()
    await machine.check()


@settings(
    max_examples=3,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.generate],
)
@given(dice=st.randoms(use_true_random=False))
async def test_forty_random_changes_are_counted_exactly(estate: Ports, dice: Random) -> None:
    await walk(estate, dice, operations=40, every=10)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
async def test_two_hundred_random_changes_are_counted_exactly(estate: Ports, seed: int) -> None:
    await walk(estate, Random(seed), operations=200, every=5)

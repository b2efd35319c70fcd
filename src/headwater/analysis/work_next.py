"""What is to be done next, and what holds the rest up? Told from what hangs on what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from headwater.analysis.work_cycles import in_order
from headwater.model.work_item import OPEN, Dependency, WorkItem

_LAST_DAY = date.max


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An item that nobody can go on with: why it is blocked, and the items that it waits for."""

    item: WorkItem
    blocker: str | None
    waits_for: tuple[int, ...]


def next_up(
    items: Iterable[WorkItem], dependencies: Iterable[Dependency]
) -> tuple[list[WorkItem], list[Held]]:
    """Return the open items that can be gone on with, in order, and those that cannot.

    Args:
        items: Open items of a project; those with children are told by these, and left out.
        dependencies: Within the project; what is not among the items is finished or gone.

    First comes what is under way, then by priority, then by the day that it is due, then by id.
    """
    leaves = [one for one in items if not one.children and one.status in OPEN]
    waits = _waits({one.id for one in items if one.status in OPEN}, dependencies)
    held = [
        Held(item=one, blocker=one.blocker, waits_for=tuple(sorted(waits[one.id])))
        for one in leaves
        if one.status == "blocked" or waits[one.id]
    ]
    stuck = {one.item.id for one in held}
    free = [one for one in leaves if one.id not in stuck]
    return _in_order(free), sorted(held, key=lambda one: _place(one.item))


def _waits(unfinished: set[int], dependencies: Iterable[Dependency]) -> dict[int, set[int]]:
    waits: dict[int, set[int]] = defaultdict(set)
    for one in dependencies:
        if (pair := in_order(one)) is not None and pair[0] in unfinished:
            waits[pair[1]].add(pair[0])
    return waits


def _in_order(items: Sequence[WorkItem]) -> list[WorkItem]:
    return sorted(items, key=_place)


def _place(one: WorkItem) -> tuple[bool, int, date, int]:
    return one.status != "in_progress", one.priority, one.due or _LAST_DAY, one.id

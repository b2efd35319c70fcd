"""What follows for an item of work from what is part of it? Counted exactly; it stores nothing.

Progress is a quotient of two whole numbers, so that it does not depend on the order of changes:
`leaves` counts the items below without children of their own that were not dropped, `finished`
those of them that are done, tested or merged.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from headwater.analysis.work_refusals import too_deep
from headwater.model.work_item import FINISHED, WorkStatus

MAX_DEPTH = 20
"""Levels of items: what is changed at the bottom is rolled up through all of them."""


class Standing(NamedTuple):
    """Where an item stands: its status as it is shown, the leaves below it, those finished."""

    status: WorkStatus
    leaves: int
    finished: int


class Children(NamedTuple):
    """Children that have one status: how many, and the leaves below them."""

    status: WorkStatus
    number: int
    leaves: int
    finished: int


def leaf(status: WorkStatus) -> Standing:
    """Return where an item without children stands; a dropped one counts for nothing."""
    return Standing(status, int(status != "dropped"), int(status in FINISHED))


def rolled_up(own: WorkStatus, children: Iterable[Children]) -> Standing:
    """Return where an item stands by its children; by its own status where it has none."""
    groups = [each for each in children if each.number]
    if not groups:
        return leaf(own)
    leaves, finished = sum(each.leaves for each in groups), sum(each.finished for each in groups)
    return Standing(_status({each.status for each in groups}), leaves, finished)


def progress_of(leaves: int, finished: int) -> float:
    """Return the share that is finished, 0 to 1; 0 where there is nothing."""
    return finished / leaves if leaves else 0.0


def differences(
    before: Standing, after: Standing, *, children: tuple[int, int]
) -> dict[str, list[Any]]:
    """Return what is seen to differ of an item, each before and after; nothing where it is counts.

    Args:
        before: Where it stood.
        after: Where it stands.
        children: How many it had, and has.
    """
    pairs: dict[str, list[Any]] = {
        "status": [before.status, after.status],
        "progress": [progress_of(one.leaves, one.finished) for one in (before, after)],
        "children": list(children),
    }
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def deepest_first(chains: Iterable[Sequence[int]]) -> list[int]:
    """Return all items of chains that lead up to roots, each once, in the order of counting."""
    depths: dict[int, int] = {}
    for chain in chains:
        depths |= {one: depth for depth, one in enumerate(reversed(chain))}
    return sorted(depths, key=lambda one: (-depths[one], one))


def check_depth(chain: Sequence[int], below: int) -> None:
    """Refuse what would lie too deep: a parent with what it is part of, and the levels below it.

    Raises:
        UsageError: `work.too_deep`.
    """
    if len(chain) + below > MAX_DEPTH:
        raise too_deep(MAX_DEPTH)


def _status(found: set[WorkStatus]) -> WorkStatus:
    """Return the status of what has children of these: what was dropped does not count.

    Blocked where one is; else the least finished where all are; new where all are; else under way.
    """
    counted = found - {"dropped"}
    if not counted:
        return "dropped"
    if "blocked" in counted:
        return "blocked"
    if counted <= set(FINISHED):
        return min(counted, key=FINISHED.index)
    return "new" if counted == {"new"} else "in_progress"

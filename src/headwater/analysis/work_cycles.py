"""Does what waits for what run in a circle? It walks a graph that it is given, however large."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from headwater.model.work_item import Dependency


def in_order(dependency: Dependency) -> tuple[int, int] | None:
    """Return which of two items comes before which; None where neither has to."""
    if dependency.type == "blocks":
        return dependency.source, dependency.target
    if dependency.type == "requires":
        return dependency.target, dependency.source
    return None


def normal(dependency: Dependency) -> Dependency:
    """Return a dependency as it is kept: one that is related the lower id first."""
    if dependency.type != "related":
        return dependency
    first, second = sorted((dependency.source, dependency.target))
    return Dependency(source=first, target=second, type="related")


def circle_of(dependency: Dependency, known: Iterable[Dependency]) -> tuple[int, ...]:
    """Return the items of a circle that a dependency would close; empty where it closes none."""
    new = in_order(dependency)
    if new is None:
        return ()
    first, then = new
    after: Mapping[int, list[int]] = defaultdict(list)
    for one in known:
        if (pair := in_order(one)) is not None:
            after[pair[0]].append(pair[1])
    return tuple(path_between(then, first, after))


def path_between(start: int, goal: int, after: Mapping[int, Sequence[int]]) -> list[int]:
    """Return the nodes of a shortest way from one to another, both included; empty without one."""
    came_from: dict[int, int | None] = {start: None}
    waiting = [start]
    for node in waiting:  # grows while it is walked
        if node == goal:
            break
        for each in after.get(node, ()):
            if each not in came_from:
                came_from[each] = node
                waiting.append(each)
    if goal not in came_from:
        return []
    path, at = [], goal if goal in came_from else None
    while at is not None:
        path.append(at)
        at = came_from[at]
    return path[::-1]

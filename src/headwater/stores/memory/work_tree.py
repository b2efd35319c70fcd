"""How is the tree of a project's work walked and brought up to date, in memory?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from headwater.analysis.work_refusals import unknown
from headwater.analysis.work_rollup import (
    Children,
    Standing,
    deepest_first,
    differences,
    progress_of,
    rolled_up,
)
from headwater.stores.memory.work import StoredItem
from headwater.stores.memory.work_writing import WorkWriting


def roll_up(writing: WorkWriting, parents: Iterable[int | None], *, ref: int) -> None:
    """Bring up to date all that items are part of, and their project with this id."""
    for one in deepest_first(ancestors(writing, parent) for parent in parents):
        _roll_item(writing, one, ref=ref)
    _roll_project(writing, ref)


def ancestors(writing: WorkWriting, item: int | None) -> list[int]:
    """Return an item, what it is part of, and so on up to a root."""
    chain: list[int] = []
    at = item
    while at is not None:
        chain.append(at)
        at = writing.work.items[at].item.parent
    return chain


def parent_chain(writing: WorkWriting, parent: int | None, *, ref: int) -> list[int]:
    """Return a parent within a project, and what it is part of.

    Raises:
        UsageError: `work.unknown`, it is no item of the project.
    """
    if parent is None:
        return []
    held = writing.work.items.get(parent)
    if held is None or held.is_deleted or held.item.project != ref:
        raise unknown("item", parent)
    return ancestors(writing, parent)


def subtree(writing: WorkWriting, root: int) -> list[list[int]]:
    """Return an item and all that is part of it, level by level."""
    levels = [[root]]
    while levels[-1]:
        above = set(levels[-1])
        levels.append(sorted(one.item.id for one in _living(writing) if one.item.parent in above))
    return levels[:-1]


def _living(writing: WorkWriting) -> list[StoredItem]:
    return [one for one in writing.work.items.values() if not one.is_deleted]


def _roll_item(writing: WorkWriting, item: int, *, ref: int) -> None:
    held = writing.work.items[item]
    children = [one for one in _living(writing) if one.item.parent == item]
    new = rolled_up(held.own, [_counted(one) for one in children])
    before = Standing(held.item.status, held.leaves, held.finished)
    if (new, len(children)) == (before, held.item.children):
        return
    differ = differences(before, new, children=(held.item.children, len(children)))
    one = replace(held.item, status=new.status, children=len(children))
    if differ:
        one = replace(one, version=one.version + 1, updated_at=writing.now)
    writing.work.items[item] = replace(held, item=one, leaves=new.leaves, finished=new.finished)
    if differ:
        writing.note(
            "item.updated", team=writing.team_of(ref), project=ref, object_type="item",
            object_id=item, version=one.version, title=one.title, changes=differ,
        )  # fmt: skip


def _roll_project(writing: WorkWriting, ref: int) -> None:
    held = writing.work.projects[ref]
    roots = [one for one in _living(writing) if one.item.project == ref and one.item.parent is None]
    leaves, finished = sum(one.leaves for one in roots), sum(one.finished for one in roots)
    before, after = progress_of(held.leaves, held.finished), progress_of(leaves, finished)
    one = held.project
    if before != after:
        one = replace(one, version=one.version + 1, updated_at=writing.now)
    writing.work.projects[ref] = replace(held, project=one, leaves=leaves, finished=finished)
    if before != after:
        writing.note(
            "project.updated", team=one.team, project=ref, object_type="project", object_id=ref,
            version=one.version, title=one.name, changes={"progress": [before, after]},
        )  # fmt: skip


def _counted(one: StoredItem) -> Children:
    return Children(one.item.status, 1, one.leaves, one.finished)

"""How are status and progress brought up to date up the tree? In the unit of work that writes.

Each ancestor of what changed is counted again from its children, the deepest first, and the
project from its roots, so that what is kept is always what a recount would give.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, bindparam, func, literal, select, update

from headwater.analysis.work_rollup import (
    Children,
    Standing,
    deepest_first,
    differences,
    progress_of,
    rolled_up,
)
from headwater.stores.sql.work_tables import project, work_item
from headwater.stores.sql.work_writing import WorkWriting

_LIVING = (work_item.c.tenant_id == bindparam("tenant"), work_item.c.deleted_at.is_(None))
_IS_ONE = (*_LIVING, work_item.c.id == bindparam("ref"))
_ANCESTOR = select(
    work_item.c.parent_id, work_item.c.own_status, work_item.c.status, work_item.c.leaves,
    work_item.c.finished, work_item.c.children, work_item.c.version, work_item.c.title,
).where(*_IS_ONE)  # fmt: skip
_CHAIN = (
    select(work_item.c.id, work_item.c.parent_id, literal(0, BigInteger).label("height"))
    .where(*_IS_ONE)
    .cte("chain", recursive=True)
)
_UP = _CHAIN.union_all(
    select(work_item.c.id, work_item.c.parent_id, _CHAIN.c.height + 1)
    .join(_CHAIN, work_item.c.id == _CHAIN.c.parent_id)
    .where(*_LIVING)
)
_ANCESTORS = select(_UP.c.id).order_by(_UP.c.height)
_GROUPS = (
    select(
        work_item.c.status,
        func.count(),
        func.sum(work_item.c.leaves),
        func.sum(work_item.c.finished),
    )
    .where(*_LIVING)
    .group_by(work_item.c.status)
)
_OF_PARENT = _GROUPS.where(work_item.c.parent_id == bindparam("ref"))
_OF_PROJECT = _GROUPS.where(
    work_item.c.project_id == bindparam("ref"), work_item.c.parent_id.is_(None)
)
_ROLL = (
    update(work_item)
    .where(work_item.c.tenant_id == bindparam("own_tenant"), work_item.c.id == bindparam("own_id"))
    .values(
        {name: bindparam(f"new_{name}") for name in ("status", "leaves", "finished", "children")}
        | {"version": bindparam("new_version"), "updated_at": bindparam("new_at")}
    )
)
_UPDATED = select(work_item.c.updated_at).where(*_IS_ONE)
_PROJECT = select(
    project.c.leaves, project.c.finished, project.c.version, project.c.name, project.c.updated_at
).where(project.c.tenant_id == bindparam("tenant"), project.c.id == bindparam("ref"))
_ROLL_PROJECT = (
    update(project)
    .where(project.c.tenant_id == bindparam("own_tenant"), project.c.id == bindparam("own_id"))
    .values(
        {name: bindparam(f"new_{name}") for name in ("leaves", "finished", "version")}
        | {"updated_at": bindparam("new_at")}
    )
)


def roll_up(writing: WorkWriting, parents: Iterable[int | None], *, team: int, ref: int) -> None:
    """Bring up to date all that items are part of, and their project.

    `parents` are those of what was added, changed or taken away, None for a root; `team` and `ref`
    are the ids of the project's team and the project.
    """
    for one in deepest_first(ancestors(writing, parent) for parent in parents):
        _roll_item(writing, one, team=team, ref=ref)
    _roll_project(writing, team=team, ref=ref)


def ancestors(writing: WorkWriting, item: int | None) -> list[int]:
    """Return an item, what it is part of, and so on up to a root."""
    if item is None:
        return []
    own = {"tenant": writing.tenant, "ref": item}
    return list(writing.connection.execute(_ANCESTORS, own).scalars())


def _roll_item(writing: WorkWriting, item: int, *, team: int, ref: int) -> None:
    own = {"tenant": writing.tenant, "ref": item}
    held = writing.connection.execute(_ANCESTOR, own).one()
    groups = _groups(writing, _OF_PARENT, own)
    children = sum(one.number for one in groups)
    new = rolled_up(held.own_status, groups)
    before = Standing(held.status, held.leaves, held.finished)
    if (new, children) == (before, held.children):
        return
    differ = differences(before, new, children=(held.children, children))
    values: dict[str, Any] = {
        "own_tenant": writing.tenant,
        "own_id": item,
        "new_status": new.status,
        "new_leaves": new.leaves,
        "new_finished": new.finished,
        "new_children": children,
        "new_version": held.version + bool(differ),
        "new_at": writing.now_us,
    }
    if not differ:  # counted only: nobody sees a difference
        values["new_at"] = writing.connection.execute(_UPDATED, own).scalar_one()
    writing.connection.execute(_ROLL, values)
    if differ:
        writing.note(
            "item.updated", team=team, project=ref, object_type="item", object_id=item,
            version=held.version + 1, title=held.title, changes=differ,
        )  # fmt: skip


def _roll_project(writing: WorkWriting, *, team: int, ref: int) -> None:
    own = {"tenant": writing.tenant, "ref": ref}
    held = writing.connection.execute(_PROJECT, own).one()
    groups = _groups(writing, _OF_PROJECT, own)
    leaves, finished = sum(one.leaves for one in groups), sum(one.finished for one in groups)
    if (leaves, finished) == (held.leaves, held.finished):
        return
    before, after = progress_of(held.leaves, held.finished), progress_of(leaves, finished)
    values: dict[str, Any] = {
        "own_tenant": writing.tenant,
        "own_id": ref,
        "new_leaves": leaves,
        "new_finished": finished,
        "new_version": held.version + (before != after),
        "new_at": writing.now_us if before != after else held.updated_at,
    }
    writing.connection.execute(_ROLL_PROJECT, values)
    if before != after:
        writing.note(
            "project.updated", team=team, project=ref, object_type="project", object_id=ref,
            version=held.version + 1, title=held.name, changes={"progress": [before, after]},
        )  # fmt: skip


def _groups(writing: WorkWriting, statement: Any, own: dict[str, Any]) -> list[Children]:
    rows = writing.connection.execute(statement, own)
    return [Children(status, *map(int, counts)) for status, *counts in rows]

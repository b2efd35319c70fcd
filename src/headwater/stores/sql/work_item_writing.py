"""How are items of work made, changed, moved and taken away, within a unit of work? In SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, or_, select, update

from headwater.analysis.instants import to_us
from headwater.analysis.work_refusals import unknown
from headwater.analysis.work_rollup import check_depth, leaf
from headwater.model.principal import Principal
from headwater.model.work_item import Dependency, WorkItem
from headwater.stores.sql.id_lists import among, listed
from headwater.stores.sql.work_access import check_ref, check_right
from headwater.stores.sql.work_item_rows import HeldItem, find_item, items_by_id
from headwater.stores.sql.work_links import link
from headwater.stores.sql.work_rolling import ancestors
from headwater.stores.sql.work_tables import dependency, work_item
from headwater.stores.sql.work_writing import WorkWriting

FIELDS = (
    "kind", "title", "description", "priority", "assignee", "blocker", "issue", "pull_request",
)  # fmt: skip
FOLLOWING = ("status", "own_status", "leaves", "finished")
"""What follows from children where there are any."""
_COLUMNS = (*FIELDS, "due", "runs", "documents", *FOLLOWING)
_OF_TENANT = work_item.c.tenant_id == bindparam("tenant")
AT_VERSION = (
    work_item.c.tenant_id == bindparam("own_tenant"),
    work_item.c.id == bindparam("own_id"),
    work_item.c.version == bindparam("at_version"),
    work_item.c.deleted_at.is_(None),
)
NEXT = {"version": work_item.c.version + 1, "updated_at": bindparam("at")}
CHANGE = (
    update(work_item)
    .where(*AT_VERSION)
    .values({name: bindparam(f"new_{name}") for name in _COLUMNS} | NEXT)
)
CHANGE_OF_PARENT = (
    update(work_item)
    .where(*AT_VERSION)
    .values({name: bindparam(f"new_{name}") for name in _COLUMNS if name not in FOLLOWING} | NEXT)
)
"""Of an item with children."""
MOVE = update(work_item).where(*AT_VERSION).values({"parent_id": bindparam("new_parent_id")} | NEXT)
_LAST_ID = select(func.coalesce(func.max(work_item.c.id), 0)).where(_OF_TENANT)
_NEW_IDS = (
    select(work_item.c.id)
    .where(_OF_TENANT, work_item.c.id > bindparam("last_id"))
    .order_by(work_item.c.id)
)
_CHILDREN = select(work_item.c.id).where(
    _OF_TENANT, work_item.c.deleted_at.is_(None), among(work_item.c.parent_id, "ids")
)
DELETE = update(work_item).where(*AT_VERSION).values({"deleted_at": bindparam("at")} | NEXT)
_DELETE_BELOW = (
    update(work_item)
    .where(work_item.c.tenant_id == bindparam("own_tenant"), among(work_item.c.id, "ids"))
    .values({"deleted_at": bindparam("at")} | NEXT)
)
_TOUCHING = or_(among(dependency.c.source_id, "ids"), among(dependency.c.target_id, "ids"))
_OF_THESE = select(dependency.c.source_id, dependency.c.target_id, dependency.c.type).where(
    dependency.c.tenant_id == bindparam("tenant"), _TOUCHING
)
_UNTIE = dependency.delete().where(dependency.c.tenant_id == bindparam("own_tenant"), _TOUCHING)


def held_item(
    connection: Connection, ref: int, *, principal: Principal
) -> tuple[WorkWriting, HeldItem]:
    """Begin to write an item that somebody may work on.

    Raises:
        UsageError: `work.unknown`.
    """
    writing = WorkWriting(connection, principal)
    held = find_item(connection, ref, principal=principal)
    check_right("work on items", held.role, principal)
    return writing, held


def parent_chain(writing: WorkWriting, parent: int | None, *, ref: int) -> list[int]:
    """Return a parent within a project, and what it is part of.

    Raises:
        UsageError: `work.unknown`, it is no item of the project.
    """
    if parent is None:
        return []
    found = items_by_id(writing.connection, [check_ref("item", parent)], tenant=writing.tenant)
    if parent not in found or found[parent].project != ref:
        raise unknown("item", parent)
    return ancestors(writing, parent)


def insert_items(writing: WorkWriting, items: Sequence[WorkItem]) -> list[int]:
    """Add items, which have no children yet, and return their ids in order."""
    if not items:
        return []
    own = {"tenant": writing.tenant}
    last_id = writing.connection.execute(_LAST_ID, own).scalar_one()
    writing.connection.execute(insert(work_item), [_row_of(writing, one) for one in items])
    found = writing.connection.execute(_NEW_IDS, own | {"last_id": last_id}).scalars()
    ids = list(found)
    links = ((number, one.items) for number, one in zip(ids, items, strict=True))
    link(writing.connection, "item", links, tenant=writing.tenant)
    return ids


def values_of(one: WorkItem, *, own_status: str | None = None) -> dict[str, Any]:
    """Return a leaf's values for `CHANGE`."""
    standing = leaf(one.status)
    values = {name: getattr(one, name) for name in FIELDS}
    values |= {
        "due": None if one.due is None else one.due.isoformat(),
        "runs": list(one.runs),
        "documents": list(one.documents),
        "status": one.status,
        "own_status": own_status or one.status,
        "leaves": standing.leaves,
        "finished": standing.finished,
    }
    return values


def subtree(writing: WorkWriting, root: int) -> list[list[int]]:
    """Return an item and all that is part of it, level by level."""
    levels = [[root]]
    while levels[-1]:
        own = {"tenant": writing.tenant, "ids": listed(levels[-1])}
        levels.append(sorted(writing.connection.execute(_CHILDREN, own).scalars()))
    return levels[:-1]


def check_room(writing: WorkWriting, chain: Sequence[int], item: int) -> None:
    """Refuse a parent below which an item would lie too deep with all that is part of it.

    Raises:
        UsageError: `work.too_deep`.
    """
    check_depth(chain, len(subtree(writing, item)))


def delete_below(writing: WorkWriting, held: HeldItem, ids: Sequence[int]) -> None:
    """Delete what is part of an item that is deleted, and whatever hangs on any of them."""
    below = items_by_id(writing.connection, ids, tenant=writing.tenant)
    if below:
        own = {"own_tenant": writing.tenant, "ids": listed(ids), "at": writing.now_us}
        writing.connection.execute(_DELETE_BELOW, own)
    for one in (held.item, *(below[each] for each in sorted(below))):
        note_item(writing, "item.deleted", one, team=held.team, version=one.version + 1)
    _untie(writing, held, [held.item.id, *ids])


def note_item(
    writing: WorkWriting, kind: str, one: WorkItem, *, team: int, version: int, **more: Any
) -> None:
    """Take note of something done to an item, and of its new assignee apart from the rest."""
    what = {"object_type": "item", "object_id": one.id, "version": version, "title": one.title}
    writing.note(kind, team=team, project=one.project, **what, **more)
    differ = more.get("changes") or {}
    if kind == "item.created" and one.assignee is not None:
        differ = {"assignee": [None, one.assignee]}
    if differ.get("assignee", [None, None])[1] is not None:
        only = {"assignee": differ["assignee"]}
        writing.note("item.assigned", team=team, project=one.project, **what, changes=only)


def _untie(writing: WorkWriting, held: HeldItem, ids: Iterable[int]) -> None:
    own = {"tenant": writing.tenant, "ids": listed(ids)}
    rows = writing.connection.execute(_OF_THESE, own).all()
    for source, target, kind in sorted(rows):
        one = Dependency(source=source, target=target, type=kind)
        note_dependency(writing, "dependency.removed", held=held, one=one)
    if rows:
        writing.connection.execute(_UNTIE, {"own_tenant": writing.tenant, "ids": own["ids"]})


def note_dependency(writing: WorkWriting, kind: str, *, held: HeldItem, one: Dependency) -> None:
    """Take note of a dependency said or taken back."""
    writing.note(
        kind, team=held.team, project=held.item.project, object_type="dependency",
        object_id=one.source, title=f"{one.source} {one.type} {one.target}",
        changes={"target": [None, one.target], "type": [None, one.type]},
    )  # fmt: skip


def _row_of(writing: WorkWriting, one: WorkItem) -> dict[str, Any]:
    return {
        "tenant_id": writing.tenant,
        "project_id": one.project,
        "parent_id": one.parent,
        **values_of(one),
        "children": 0,
        "created_at": to_us(one.created_at),
        "updated_at": to_us(one.updated_at),
        "version": 1,
    }

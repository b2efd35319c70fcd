"""How are items of work made, changed, moved and taken away, within a write? In memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from headwater.analysis.work_changes import brought, changed_item, made_item
from headwater.analysis.work_cycles import normal
from headwater.analysis.work_records import check_dependency, check_item
from headwater.analysis.work_refusals import (
    bad,
    conflict,
    cycle,
    not_an_idea,
    promoted,
    within_itself,
)
from headwater.analysis.work_rollup import check_depth, leaf
from headwater.model.project import Project, ProjectDraft
from headwater.model.work_item import (
    Dependency,
    DependencyType,
    WorkItem,
    WorkItemChanges,
    WorkItemDraft,
)
from headwater.stores.memory.projects import make_project
from headwater.stores.memory.work import StoredItem
from headwater.stores.memory.work_tree import parent_chain, roll_up, subtree
from headwater.stores.memory.work_writing import WorkWriting

RIGHT = "work on items"


def held_item(writing: WorkWriting, ref: int) -> StoredItem:
    """Return an item that somebody may work on.

    Raises:
        UsageError: `work.unknown`.
    """
    held = writing.item(ref)
    writing.check_right(RIGHT, writing.team_of(held.item.project))
    return held


def create_items(writing: WorkWriting, ref: int, drafts: Sequence[WorkItemDraft]) -> list[int]:
    """Make items of a project, and return their ids in order.

    Raises:
        UsageError: `work.unknown`, `work.bad`, `work.too_deep`.
    """
    for draft in drafts:
        check_item({"items": draft.items})
    named = writing.living([one for draft in drafts for one in draft.items])
    made = [made_item(ref, draft, named, now=writing.now) for draft in drafts]
    for parent in dict.fromkeys(draft.parent for draft in drafts):
        check_depth(parent_chain(writing, parent, ref=ref), 1)
    ids = []
    for new in made:
        one = replace(new, id=writing.next_id("work_items"))
        _put(writing, one, own=one.status)
        ids.append(one.id)
    for number in ids:
        _note(writing, "item.created", writing.work.items[number].item)
    return ids


def _put(writing: WorkWriting, one: WorkItem, *, own: Any) -> None:
    """Keep a leaf."""
    standing = leaf(one.status)
    writing.work.items[one.id] = StoredItem(
        item=replace(one, items=()),
        own=own,
        cis=tuple(each.id for each in one.items),
        leaves=standing.leaves,
        finished=standing.finished,
    )


def bring_items(writing: WorkWriting, ref: int, drafts: Sequence[WorkItemDraft]) -> list[int]:
    """Make or change items by their issues, and return their ids in order.

    Raises:
        UsageError: as `create_items`.
    """
    known: dict[str | None, int] = {}
    for number, one in sorted(writing.work.items.items()):
        if one.item.project == ref and not one.is_deleted and one.item.issue is not None:
            known.setdefault(one.item.issue, number)
    new = [one for one in drafts if one.issue not in known]
    parents: list[int | None] = [one.parent for one in new]
    for draft in drafts:
        if draft.issue in known:
            parents += _bring_again(writing, known[draft.issue], draft)
    ids = dict(zip((one.issue for one in new), create_items(writing, ref, new), strict=True))
    if writing.has_noted:
        roll_up(writing, parents, ref=ref)
    return [ids[one.issue] if one.issue in ids else known[one.issue] for one in drafts]


def _bring_again(writing: WorkWriting, ref: int, draft: WorkItemDraft) -> list[int | None]:
    """Change an item as a draft says; return what has to be rolled up."""
    held = writing.work.items[ref]
    item, touched = held.item, list[int | None]()
    if change_item(writing, held, brought(item, draft), version=item.version):
        touched.append(item.parent)
    again = writing.work.items[ref]
    if draft.parent not in {None, item.parent} and move_item(
        writing, again, draft.parent, version=again.item.version
    ):
        touched += [item.parent, draft.parent]
    return touched


def change_item(
    writing: WorkWriting, held: StoredItem, changes: WorkItemChanges, *, version: int
) -> bool:
    """Write what changes; return whether anything does."""
    shown = writing.shown_item(held)
    check_item(changes)
    named = writing.living(tuple(changes.get("items") or ()))
    new, differ = changed_item(shown, changes, named)
    if shown.version != version:
        raise conflict("item", shown.id, version=version, current=shown)
    if not differ:
        return False
    new = replace(new, version=version + 1, updated_at=writing.now)
    if shown.children:
        cis = tuple(one.id for one in new.items) if "items" in differ else held.cis
        writing.work.items[shown.id] = replace(held, item=replace(new, items=()), cis=cis)
    else:
        _put(writing, new, own=new.status)
        if "items" not in differ:
            kept = replace(writing.work.items[shown.id], cis=held.cis)
            writing.work.items[shown.id] = kept
    _note(writing, "item.updated", new, changes=differ)
    return True


def move_item(writing: WorkWriting, held: StoredItem, parent: int | None, *, version: int) -> bool:
    """Write another parent; return whether it is another."""
    item = held.item
    chain = parent_chain(writing, parent, ref=item.project)
    if parent is not None and item.id in chain:
        raise within_itself(item.id, parent)
    if parent != item.parent:
        check_depth(chain, len(subtree(writing, item.id)))
    if item.version != version:
        raise conflict("item", item.id, version=version, current=writing.shown_item(held))
    if parent == item.parent:
        return False
    new = replace(item, parent=parent, version=version + 1, updated_at=writing.now)
    writing.work.items[item.id] = replace(held, item=new)
    _note(writing, "item.moved", new, changes={"parent": [item.parent, parent]})
    return True


def delete_item(writing: WorkWriting, ref: int) -> None:
    """Delete one item."""
    held = writing.work.items[ref]
    one = replace(held.item, version=held.item.version + 1, updated_at=writing.now)
    writing.work.items[ref] = replace(held, item=one, is_deleted=True)
    _note(writing, "item.deleted", one)


def promote_idea(writing: WorkWriting, held: StoredItem, *, version: int) -> Project:
    """Make a project of an idea.

    Raises:
        UsageError: `work.not_an_idea`, `work.promoted`, `work.conflict`.
    """
    item = writing.shown_item(held)
    if item.kind != "idea":
        raise not_an_idea(item.id, item.kind)
    if item.became is not None:
        raise promoted(item.id, item)
    draft = ProjectDraft(
        team=writing.team_of(item.project),
        name=item.title,
        description=item.description,
        items=tuple(one.id for one in item.items),
    )
    made = make_project(writing, draft)
    if item.version != version:
        raise conflict("item", item.id, version=version, current=item)
    new = replace(held.item, became=made.id, version=version + 1, updated_at=writing.now)
    again = replace(held, item=new)
    writing.work.items[item.id] = again
    _note(writing, "item.updated", new, changes={"became": [None, made.id]})
    if not item.children and change_item(writing, again, {"status": "done"}, version=version + 1):
        roll_up(writing, [item.parent], ref=item.project)
    return made


def named_items(
    writing: WorkWriting, item: int, on: int, *, kind: DependencyType
) -> tuple[Dependency, int]:
    """Return a dependency as it is kept, and its project.

    Raises:
        UsageError: `work.unknown`, `work.bad`, `work.cycle`.
    """
    check_dependency(kind)
    held, other = held_item(writing, item), writing.item(on)
    if other.item.project != held.item.project:
        raise bad("on", f"item {on} is of another project; name one of the same")
    if item == on:
        raise cycle((item,))
    return normal(Dependency(source=item, target=on, type=kind)), held.item.project


def untie(writing: WorkWriting, gone: set[int]) -> None:
    """Take back all dependencies of items that are gone."""
    found = [one for one in writing.work.dependencies if gone & {one.source, one.target}]
    for one in sorted(found, key=lambda each: (each.source, each.target, each.type)):
        project = writing.work.dependencies.pop(one)
        note_dependency(writing, "dependency.removed", one, project=project)


def note_dependency(writing: WorkWriting, kind: str, one: Dependency, *, project: int) -> None:
    """Take note of a dependency said or taken back."""
    writing.note(
        kind, team=writing.team_of(project), project=project, object_type="dependency",
        object_id=one.source, title=f"{one.source} {one.type} {one.target}",
        changes={"target": [None, one.target], "type": [None, one.type]},
    )  # fmt: skip


def _note(writing: WorkWriting, kind: str, one: WorkItem, **more: Any) -> None:
    """Take note of something done to an item, and of its new assignee apart from the rest."""
    what: dict[str, Any] = {
        "team": writing.team_of(one.project), "project": one.project, "object_type": "item",
        "object_id": one.id, "version": one.version, "title": one.title,
    }  # fmt: skip
    writing.note(kind, **what, **more)
    differ = more.get("changes") or {}
    if kind == "item.created" and one.assignee is not None:
        differ = {"assignee": [None, one.assignee]}
    if differ.get("assignee", [None, None])[1] is not None:
        writing.note("item.assigned", **what, changes={"assignee": differ["assignee"]})

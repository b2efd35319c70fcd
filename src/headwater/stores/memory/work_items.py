"""Which items of work there are and what hangs on what, in memory; it does none of the work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from headwater.analysis.paging import read_cursor, write_cursor
from headwater.analysis.work_changes import brought, changed_item, made_item
from headwater.analysis.work_cycles import circle_of, normal
from headwater.analysis.work_records import check_brought, check_dependency, check_item
from headwater.analysis.work_refusals import (
    bad,
    conflict,
    cycle,
    not_an_idea,
    promoted,
    within_itself,
)
from headwater.analysis.work_rollup import leaf
from headwater.model.activity import Written
from headwater.model.principal import Principal
from headwater.model.project import Project, ProjectDraft
from headwater.model.query import Sort
from headwater.model.work_item import (
    Dependency,
    DependencyType,
    WorkItem,
    WorkItemChanges,
    WorkItemDraft,
    WorkItemPage,
    WorkItemQuery,
)
from headwater.stores.memory.estate import MemoryEstate
from headwater.stores.memory.projects import make_project
from headwater.stores.memory.work import StoredItem
from headwater.stores.memory.work_tree import check_depth, parent_chain, roll_up, subtree
from headwater.stores.memory.work_writing import WorkView, WorkWriting, look, write

FIRST = (Sort("priority"), Sort("id"))
RIGHT = "work on items"


class MemoryWorkItems:
    """The items of a tenant's projects; those of a project that the asker does not see are none."""

    def __init__(self, estate: MemoryEstate) -> None:
        self._estate = estate

    async def create(
        self, project: int, draft: WorkItemDraft, *, principal: Principal
    ) -> Written[WorkItem]:
        """Make an item."""

        def work(writing: WorkWriting) -> Written[WorkItem]:
            writing.check_right(RIGHT, writing.project(project).project.team)
            number = _create(writing, project, [draft])[0]
            roll_up(writing, [draft.parent], ref=project)
            return _written(writing, number)

        return await write(self._estate, work, principal=principal)

    async def bring(
        self, project: int, drafts: Sequence[WorkItemDraft], *, principal: Principal
    ) -> Written[list[WorkItem]]:
        """Make or change items by their `issue`, all or nothing; return them in the order given."""
        check_brought(drafts)

        def work(writing: WorkWriting) -> Written[list[WorkItem]]:
            writing.check_right(RIGHT, writing.project(project).project.team)
            ids = _bring(writing, project, drafts)
            found = [writing.shown_item(writing.work.items[one]) for one in ids]
            return Written(value=found, activities=writing.record())

        return await write(self._estate, work, principal=principal)

    async def page(self, query: WorkItemQuery, *, principal: Principal) -> WorkItemPage:
        """Return a page of the items that match and that the asker sees."""
        view = await look(self._estate, principal)
        found = [one for one in view.work.items.values() if _matches(view, one, query)]
        found.sort(key=_place)
        after, limit = found, max(query.limit, 0)
        if query.cursor is not None:
            priority, number, _ = read_cursor(query.cursor, FIRST)
            after = [one for one in found if _place(one) > (priority, number)]
        shown = after[:limit]
        more = len(after) > limit > 0
        last = (*_place(shown[-1]), shown[-1].item.id) if more else None
        return WorkItemPage(
            items=[view.shown_item(one) for one in shown],
            total=len(found),
            next_cursor=None if last is None else write_cursor(FIRST, last),
        )

    async def find(self, item: int, *, principal: Principal) -> WorkItem:
        """Return an item."""
        view = await look(self._estate, principal)
        return view.shown_item(view.item(item))

    async def update(
        self, item: int, *, version: int, changes: WorkItemChanges, principal: Principal
    ) -> Written[WorkItem]:
        """Change an item that is still as it was at that version."""

        def work(writing: WorkWriting) -> Written[WorkItem]:
            held = _held(writing, item)
            if not _change(writing, held, changes, version=version):
                return Written(value=writing.shown_item(held))
            roll_up(writing, [held.item.parent], ref=held.item.project)
            return _written(writing, item)

        return await write(self._estate, work, principal=principal)

    async def move(
        self, item: int, *, version: int, parent: int | None, principal: Principal
    ) -> Written[WorkItem]:
        """Make an item part of another of its project, or of none."""

        def work(writing: WorkWriting) -> Written[WorkItem]:
            held = _held(writing, item)
            if not _move(writing, held, parent, version=version):
                return Written(value=writing.shown_item(held))
            roll_up(writing, [held.item.parent, parent], ref=held.item.project)
            return _written(writing, item)

        return await write(self._estate, work, principal=principal)

    async def delete(self, item: int, *, version: int, principal: Principal) -> Written[WorkItem]:
        """Delete an item with all that is part of it, softly, and what hangs on these."""

        def work(writing: WorkWriting) -> Written[WorkItem]:
            held = _held(writing, item)
            shown = writing.shown_item(held)
            if shown.version != version:
                raise conflict("item", item, version=version, current=shown)
            levels = subtree(writing, item)
            gone = [item, *sorted(one for level in levels[1:] for one in level)]
            for one in gone:
                _delete(writing, one)
            _untie(writing, set(gone))
            roll_up(writing, [shown.parent], ref=shown.project)
            return Written(value=shown, activities=writing.record())

        return await write(self._estate, work, principal=principal)

    async def promote(self, item: int, *, version: int, principal: Principal) -> Written[Project]:
        """Make a project of an idea, once; the idea is done then, if it has no children."""

        def work(writing: WorkWriting) -> Written[Project]:
            made = _promote(writing, _held(writing, item), version=version)
            return Written(value=made, activities=writing.record())

        return await write(self._estate, work, principal=principal)

    async def depend(
        self, item: int, on: int, *, kind: DependencyType, principal: Principal
    ) -> Written[Dependency]:
        """Say that an item blocks, requires or is related to another; again changes nothing."""

        def work(writing: WorkWriting) -> Written[Dependency]:
            new, project = _named(writing, item, on, kind=kind)
            known = [one for one, where in writing.work.dependencies.items() if where == project]
            if new in known:
                return Written(value=new)
            if path := circle_of(new, known):
                raise cycle(path)
            writing.work.dependencies[new] = project
            _note_dependency(writing, "dependency.added", new, project=project)
            return Written(value=new, activities=writing.record())

        return await write(self._estate, work, principal=principal)

    async def undepend(
        self, item: int, on: int, *, kind: DependencyType, principal: Principal
    ) -> Written[Dependency]:
        """Take back what `depend` said; what was never said changes nothing."""

        def work(writing: WorkWriting) -> Written[Dependency]:
            old, project = _named(writing, item, on, kind=kind)
            if writing.work.dependencies.pop(old, None) is not None:
                _note_dependency(writing, "dependency.removed", old, project=project)
            return Written(value=old, activities=writing.record())

        return await write(self._estate, work, principal=principal)

    async def dependencies(self, item: int, *, principal: Principal) -> list[Dependency]:
        """Return what an item is source or target of, by type, source and target."""
        view = await look(self._estate, principal)
        view.item(item)
        found = [one for one in view.work.dependencies if item in {one.source, one.target}]
        return sorted(found, key=_order)

    async def tied(self, project: int, *, principal: Principal) -> list[Dependency]:
        """Return all dependencies within a project, by type, source and target."""
        view = await look(self._estate, principal)
        view.project(project)
        known = view.work.dependencies.items()
        return sorted((one for one, where in known if where == project), key=_order)


def _order(one: Dependency) -> tuple[str, int, int]:
    return one.type, one.source, one.target


def _held(writing: WorkWriting, ref: int) -> StoredItem:
    held = writing.item(ref)
    writing.check_right(RIGHT, writing.team_of(held.item.project))
    return held


def _written(writing: WorkWriting, ref: int) -> Written[WorkItem]:
    value = writing.shown_item(writing.work.items[ref])
    return Written(value=value, activities=writing.record())


def _place(held: StoredItem) -> tuple[int, int]:
    return held.item.priority, held.item.id


def _matches(view: WorkView, held: StoredItem, query: WorkItemQuery) -> bool:
    one = held.item
    if held.is_deleted or not view.sees_project(one.project):
        return False
    same = (
        (query.project, one.project),
        (query.parent, one.parent),
        (query.assignee, one.assignee),
    )
    if any(wanted is not None and wanted != value for wanted, value in same):
        return False
    lists = ((query.statuses, one.status), (query.kinds, one.kind))
    if any(wanted and value not in wanted for wanted, value in lists):
        return False
    if query.text is not None and query.text.lower() not in one.title.lower():
        return False
    about = (*held.cis, *view.work.projects[one.project].cis)
    return query.ci is None or query.ci in about


def _create(writing: WorkWriting, ref: int, drafts: Sequence[WorkItemDraft]) -> list[int]:
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


def _bring(writing: WorkWriting, ref: int, drafts: Sequence[WorkItemDraft]) -> list[int]:
    known: dict[str | None, int] = {}
    for number, one in sorted(writing.work.items.items()):
        if one.item.project == ref and not one.is_deleted and one.item.issue is not None:
            known.setdefault(one.item.issue, number)
    new = [one for one in drafts if one.issue not in known]
    parents: list[int | None] = [one.parent for one in new]
    for draft in drafts:
        if draft.issue in known:
            parents += _bring_again(writing, known[draft.issue], draft)
    ids = dict(zip((one.issue for one in new), _create(writing, ref, new), strict=True))
    if writing.has_noted:
        roll_up(writing, parents, ref=ref)
    return [ids[one.issue] if one.issue in ids else known[one.issue] for one in drafts]


def _bring_again(writing: WorkWriting, ref: int, draft: WorkItemDraft) -> list[int | None]:
    """Change an item as a draft says; return what has to be rolled up."""
    held = writing.work.items[ref]
    item, touched = held.item, list[int | None]()
    if _change(writing, held, brought(item, draft), version=item.version):
        touched.append(item.parent)
    again = writing.work.items[ref]
    if draft.parent is not None and _move(writing, again, draft.parent, version=again.item.version):
        touched += [item.parent, draft.parent]
    return touched


def _change(
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


def _move(writing: WorkWriting, held: StoredItem, parent: int | None, *, version: int) -> bool:
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


def _delete(writing: WorkWriting, ref: int) -> None:
    held = writing.work.items[ref]
    one = replace(held.item, version=held.item.version + 1, updated_at=writing.now)
    writing.work.items[ref] = replace(held, item=one, is_deleted=True)
    _note(writing, "item.deleted", one)


def _promote(writing: WorkWriting, held: StoredItem, *, version: int) -> Project:
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
    if not item.children and _change(writing, again, {"status": "done"}, version=version + 1):
        roll_up(writing, [item.parent], ref=item.project)
    return made


def _named(
    writing: WorkWriting, item: int, on: int, *, kind: DependencyType
) -> tuple[Dependency, int]:
    check_dependency(kind)
    held, other = _held(writing, item), writing.item(on)
    if other.item.project != held.item.project:
        raise bad("on", f"item {on} is of another project; name one of the same")
    if item == on:
        raise cycle((item,))
    return normal(Dependency(source=item, target=on, type=kind)), held.item.project


def _untie(writing: WorkWriting, gone: set[int]) -> None:
    found = [one for one in writing.work.dependencies if gone & {one.source, one.target}]
    for one in sorted(found, key=lambda each: (each.source, each.target, each.type)):
        project = writing.work.dependencies.pop(one)
        _note_dependency(writing, "dependency.removed", one, project=project)


def _note_dependency(writing: WorkWriting, kind: str, one: Dependency, *, project: int) -> None:
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

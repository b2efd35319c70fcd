"""Which items of work there are and what hangs on what, in memory; it does none of the work."""

from __future__ import annotations

from collections.abc import Sequence

from headwater.analysis.paging import read_cursor, write_cursor
from headwater.analysis.work_cycles import circle_of
from headwater.analysis.work_records import check_brought
from headwater.analysis.work_refusals import (
    conflict,
    cycle,
)
from headwater.model.activity import Written
from headwater.model.principal import Principal
from headwater.model.project import Project
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
from headwater.stores.memory.work import StoredItem
from headwater.stores.memory.work_item_writing import (
    RIGHT,
    bring_items,
    change_item,
    create_items,
    delete_item,
    held_item,
    move_item,
    named_items,
    note_dependency,
    promote_idea,
    untie,
)
from headwater.stores.memory.work_tree import roll_up, subtree
from headwater.stores.memory.work_writing import WorkView, WorkWriting, look, write

FIRST = (Sort("priority"), Sort("id"))


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
            number = create_items(writing, project, [draft])[0]
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
            ids = bring_items(writing, project, drafts)
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
            held = held_item(writing, item)
            if not change_item(writing, held, changes, version=version):
                return Written(value=writing.shown_item(held))
            roll_up(writing, [held.item.parent], ref=held.item.project)
            return _written(writing, item)

        return await write(self._estate, work, principal=principal)

    async def move(
        self, item: int, *, version: int, parent: int | None, principal: Principal
    ) -> Written[WorkItem]:
        """Make an item part of another of its project, or of none."""

        def work(writing: WorkWriting) -> Written[WorkItem]:
            held = held_item(writing, item)
            if not move_item(writing, held, parent, version=version):
                return Written(value=writing.shown_item(held))
            roll_up(writing, [held.item.parent, parent], ref=held.item.project)
            return _written(writing, item)

        return await write(self._estate, work, principal=principal)

    async def delete(self, item: int, *, version: int, principal: Principal) -> Written[WorkItem]:
        """Delete an item with all that is part of it, softly, and what hangs on these."""

        def work(writing: WorkWriting) -> Written[WorkItem]:
            held = held_item(writing, item)
            shown = writing.shown_item(held)
            if shown.version != version:
                raise conflict("item", item, version=version, current=shown)
            levels = subtree(writing, item)
            gone = [item, *sorted(one for level in levels[1:] for one in level)]
            for one in gone:
                delete_item(writing, one)
            untie(writing, set(gone))
            roll_up(writing, [shown.parent], ref=shown.project)
            return Written(value=shown, activities=writing.record())

        return await write(self._estate, work, principal=principal)

    async def promote(self, item: int, *, version: int, principal: Principal) -> Written[Project]:
        """Make a project of an idea, once; the idea is done then, if it has no children."""

        def work(writing: WorkWriting) -> Written[Project]:
            made = promote_idea(writing, held_item(writing, item), version=version)
            return Written(value=made, activities=writing.record())

        return await write(self._estate, work, principal=principal)

    async def depend(
        self, item: int, on: int, *, kind: DependencyType, principal: Principal
    ) -> Written[Dependency]:
        """Say that an item blocks, requires or is related to another; again changes nothing."""

        def work(writing: WorkWriting) -> Written[Dependency]:
            new, project = named_items(writing, item, on, kind=kind)
            known = [one for one, where in writing.work.dependencies.items() if where == project]
            if new in known:
                return Written(value=new)
            if path := circle_of(new, known):
                raise cycle(path)
            writing.work.dependencies[new] = project
            note_dependency(writing, "dependency.added", new, project=project)
            return Written(value=new, activities=writing.record())

        return await write(self._estate, work, principal=principal)

    async def undepend(
        self, item: int, on: int, *, kind: DependencyType, principal: Principal
    ) -> Written[Dependency]:
        """Take back what `depend` said; what was never said changes nothing."""

        def work(writing: WorkWriting) -> Written[Dependency]:
            old, project = named_items(writing, item, on, kind=kind)
            if writing.work.dependencies.pop(old, None) is not None:
                note_dependency(writing, "dependency.removed", old, project=project)
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

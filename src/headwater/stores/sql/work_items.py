"""Which items of work there are and what hangs on what, in SQL; it does none of the work."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, update

from headwater.analysis.work_changes import brought, changed_item, made_item
from headwater.analysis.work_records import check_brought, check_item
from headwater.analysis.work_refusals import conflict, not_an_idea, promoted, within_itself
from headwater.analysis.work_rollup import check_depth
from headwater.model.activity import Written
from headwater.model.principal import Principal
from headwater.model.project import Project, ProjectDraft
from headwater.model.work_item import (
    Dependency,
    DependencyType,
    WorkItem,
    WorkItemChanges,
    WorkItemDraft,
    WorkItemPage,
    WorkItemQuery,
)
from headwater.stores.sql.database import Database
from headwater.stores.sql.project_rows import find_project
from headwater.stores.sql.projects import make_project
from headwater.stores.sql.work_access import check_right
from headwater.stores.sql.work_dependencies import (
    depend,
    dependencies_of,
    dependencies_within,
    undepend,
)
from headwater.stores.sql.work_item_rows import (
    HeldItem,
    find_item,
    items_by_id,
    items_by_issue,
    page_of_items,
)
from headwater.stores.sql.work_item_writing import (
    AT_VERSION,
    CHANGE,
    CHANGE_OF_PARENT,
    DELETE,
    FOLLOWING,
    MOVE,
    NEXT,
    check_room,
    delete_below,
    held_item,
    insert_items,
    note_item,
    parent_chain,
    subtree,
    values_of,
)
from headwater.stores.sql.work_links import link_again
from headwater.stores.sql.work_rolling import roll_up
from headwater.stores.sql.work_tables import work_item
from headwater.stores.sql.work_writing import WorkWriting, write_work

_BECOME = (
    update(work_item)
    .where(*AT_VERSION, work_item.c.became.is_(None))
    .values({"became": bindparam("new_became")} | NEXT)
)


class SqlWorkItems:
    """The items of a tenant's projects; those of a project that the asker does not see are none."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(
        self, project: int, draft: WorkItemDraft, *, principal: Principal
    ) -> Written[WorkItem]:
        """Make an item."""

        def work(connection: Connection) -> Written[WorkItem]:
            writing, team = _into(connection, project, principal)
            number = _create(writing, project, [draft], team=team)[0]
            roll_up(writing, [draft.parent], team=team, ref=project)
            return _written(writing, number)

        return await write_work(self._database, work, principal=principal)

    async def bring(
        self, project: int, drafts: Sequence[WorkItemDraft], *, principal: Principal
    ) -> Written[list[WorkItem]]:
        """Make or change items by their `issue`, all or nothing; return them in the order given."""
        check_brought(drafts)

        def work(connection: Connection) -> Written[list[WorkItem]]:
            writing, team = _into(connection, project, principal)
            ids = _bring(writing, project, drafts, team=team)
            found = items_by_id(connection, ids, tenant=principal.tenant)
            return Written(value=[found[one] for one in ids], activities=writing.record())

        return await write_work(self._database, work, principal=principal)

    async def page(self, query: WorkItemQuery, *, principal: Principal) -> WorkItemPage:
        """Return a page of the items that match and that the asker sees."""

        def work(connection: Connection) -> WorkItemPage:
            return page_of_items(connection, query, principal=principal)

        return await self._database.read(work, tenant=principal.tenant)

    async def find(self, item: int, *, principal: Principal) -> WorkItem:
        """Return an item."""

        def work(connection: Connection) -> WorkItem:
            return find_item(connection, item, principal=principal).item

        return await self._database.read(work, tenant=principal.tenant)

    async def update(
        self, item: int, *, version: int, changes: WorkItemChanges, principal: Principal
    ) -> Written[WorkItem]:
        """Change an item that is still as it was at that version."""

        def work(connection: Connection) -> Written[WorkItem]:
            writing, held = held_item(connection, item, principal=principal)
            if not _change(writing, held, changes, version=version):
                return Written(value=held.item)
            roll_up(writing, [held.item.parent], team=held.team, ref=held.item.project)
            return _written(writing, item)

        return await write_work(self._database, work, principal=principal)

    async def move(
        self, item: int, *, version: int, parent: int | None, principal: Principal
    ) -> Written[WorkItem]:
        """Make an item part of another of its project, or of none."""

        def work(connection: Connection) -> Written[WorkItem]:
            writing, held = held_item(connection, item, principal=principal)
            if not _move(writing, held, parent, version=version):
                return Written(value=held.item)
            both = [held.item.parent, parent]
            roll_up(writing, both, team=held.team, ref=held.item.project)
            return _written(writing, item)

        return await write_work(self._database, work, principal=principal)

    async def delete(self, item: int, *, version: int, principal: Principal) -> Written[WorkItem]:
        """Delete an item with all that is part of it, softly, and what hangs on these."""

        def work(connection: Connection) -> Written[WorkItem]:
            writing, held = held_item(connection, item, principal=principal)
            below = [one for level in subtree(writing, item)[1:] for one in level]
            if not writing.change(DELETE, item, version=version):
                raise conflict("item", item, version=version, current=held.item)
            delete_below(writing, held, below)
            roll_up(writing, [held.item.parent], team=held.team, ref=held.item.project)
            return Written(value=held.item, activities=writing.record())

        return await write_work(self._database, work, principal=principal)

    async def promote(self, item: int, *, version: int, principal: Principal) -> Written[Project]:
        """Make a project of an idea, once; the idea is done then, if it has no children."""

        def work(connection: Connection) -> Written[Project]:
            writing, held = held_item(connection, item, principal=principal)
            made = _promote(writing, held, version=version)
            return Written(value=made, activities=writing.record())

        return await write_work(self._database, work, principal=principal)

    async def depend(
        self, item: int, on: int, *, kind: DependencyType, principal: Principal
    ) -> Written[Dependency]:
        """Say that an item blocks, requires or is related to another; again changes nothing."""

        def work(connection: Connection) -> Written[Dependency]:
            return depend(connection, (item, on, kind), principal=principal)

        return await write_work(self._database, work, principal=principal)

    async def undepend(
        self, item: int, on: int, *, kind: DependencyType, principal: Principal
    ) -> Written[Dependency]:
        """Take back what `depend` said; what was never said changes nothing."""

        def work(connection: Connection) -> Written[Dependency]:
            return undepend(connection, (item, on, kind), principal=principal)

        return await write_work(self._database, work, principal=principal)

    async def dependencies(self, item: int, *, principal: Principal) -> list[Dependency]:
        """Return what an item is source or target of, by type, source and target."""

        def work(connection: Connection) -> list[Dependency]:
            return dependencies_of(connection, item, principal=principal)

        return await self._database.read(work, tenant=principal.tenant)

    async def tied(self, project: int, *, principal: Principal) -> list[Dependency]:
        """Return all dependencies within a project, by type, source and target."""

        def work(connection: Connection) -> list[Dependency]:
            return dependencies_within(connection, project, principal=principal)

        return await self._database.read(work, tenant=principal.tenant)


def _into(connection: Connection, ref: int, principal: Principal) -> tuple[WorkWriting, int]:
    """Begin to write into a project; return its team too."""
    writing = WorkWriting(connection, principal)
    found, role = find_project(connection, ref, principal=principal)
    check_right("work on items", role, principal)
    return writing, found.team


def _written(writing: WorkWriting, item: int) -> Written[WorkItem]:
    held = find_item(writing.connection, item, principal=writing.principal)
    return Written(value=held.item, activities=writing.record())


def _create(
    writing: WorkWriting, ref: int, drafts: Sequence[WorkItemDraft], *, team: int
) -> list[int]:
    for draft in drafts:
        check_item({"items": draft.items})
    named = writing.living([one for draft in drafts for one in draft.items])
    made = [made_item(ref, draft, named, now=writing.now) for draft in drafts]
    for parent in dict.fromkeys(draft.parent for draft in drafts):
        check_depth(parent_chain(writing, parent, ref=ref), 1)
    ids = insert_items(writing, made)
    found = items_by_id(writing.connection, ids, tenant=writing.tenant)
    for number in ids:
        note_item(writing, "item.created", found[number], team=team, version=1)
    return ids


def _bring(
    writing: WorkWriting, ref: int, drafts: Sequence[WorkItemDraft], *, team: int
) -> list[int]:
    issues = [str(one.issue) for one in drafts]
    known = items_by_issue(writing.connection, ref, issues, tenant=writing.tenant)
    new = [one for one in drafts if one.issue not in known]
    parents: list[int | None] = [one.parent for one in new]
    for draft in drafts:
        if (held := known.get(str(draft.issue))) is not None:
            parents += _bring_again(writing, HeldItem(held, team, None), draft)
    ids = dict(zip((one.issue for one in new), _create(writing, ref, new, team=team), strict=True))
    if writing.has_noted:
        roll_up(writing, parents, team=team, ref=ref)
    return [ids[one] if one in ids else known[one].id for one in issues]


def _bring_again(writing: WorkWriting, held: HeldItem, draft: WorkItemDraft) -> list[int | None]:
    """Change an item as a draft says; return what has to be rolled up."""
    item, version = held.item, held.item.version
    touched: list[int | None] = []
    if _change(writing, held, brought(item, draft), version=version):
        version += 1
        touched.append(item.parent)
    if draft.parent not in {None, item.parent} and _move(
        writing, held, draft.parent, version=version
    ):
        touched += [item.parent, draft.parent]
    return touched


def _change(
    writing: WorkWriting, held: HeldItem, changes: WorkItemChanges, *, version: int
) -> bool:
    """Write what changes; return whether anything does."""
    item = held.item
    check_item(changes)
    named = writing.living(tuple(changes.get("items") or ()))
    new, differ = changed_item(item, changes, named)
    if not differ and item.version == version:
        return False
    values = values_of(new)
    if item.children:  # what follows from its children stays
        values = {name: value for name, value in values.items() if name not in FOLLOWING}
    news = {f"new_{name}": value for name, value in values.items()}
    statement = CHANGE_OF_PARENT if item.children else CHANGE
    if not writing.change(statement, item.id, version=version, **news):
        raise conflict("item", item.id, version=version, current=item)
    if "items" in differ:
        link_again(writing.connection, "item", item.id, names=new.items, tenant=writing.tenant)
    note_item(writing, "item.updated", new, team=held.team, version=version + 1, changes=differ)
    return True


def _move(writing: WorkWriting, held: HeldItem, parent: int | None, *, version: int) -> bool:
    """Write another parent; return whether it is another."""
    item = held.item
    chain = parent_chain(writing, parent, ref=item.project)
    if parent is not None and item.id in chain:
        raise within_itself(item.id, parent)
    if parent == item.parent and item.version == version:
        return False
    check_room(writing, chain, item.id)
    if not writing.change(MOVE, item.id, version=version, new_parent_id=parent):
        raise conflict("item", item.id, version=version, current=item)
    changes = {"parent": [item.parent, parent]}
    note_item(writing, "item.moved", item, team=held.team, version=version + 1, changes=changes)
    return True


def _promote(writing: WorkWriting, held: HeldItem, *, version: int) -> Project:
    item = held.item
    if item.kind != "idea":
        raise not_an_idea(item.id, item.kind)
    if item.became is not None:
        raise promoted(item.id, item)
    draft = ProjectDraft(
        team=held.team,
        name=item.title,
        description=item.description,
        items=tuple(one.id for one in item.items),
    )
    made = make_project(writing, draft)
    if not writing.change(_BECOME, item.id, version=version, new_became=made.id):
        raise conflict("item", item.id, version=version, current=item)
    note_item(
        writing, "item.updated", item, team=held.team, version=version + 1,
        changes={"became": [None, made.id]},
    )  # fmt: skip
    if not item.children:
        again = find_item(writing.connection, item.id, principal=writing.principal)
        if _change(writing, again, {"status": "done"}, version=version + 1):
            roll_up(writing, [item.parent], team=held.team, ref=item.project)
    return made

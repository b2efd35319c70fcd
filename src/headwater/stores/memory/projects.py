"""Which projects there are, in memory; what is done in them is in `work_items.py`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from headwater.analysis.work_changes import changed_project, made_project
from headwater.analysis.work_records import check_project
from headwater.analysis.work_refusals import conflict
from headwater.model.activity import Written
from headwater.model.principal import Principal
from headwater.model.project import (
    Project,
    ProjectChanges,
    ProjectDraft,
    ProjectPage,
    ProjectQuery,
)
from headwater.stores.memory.estate import MemoryEstate
from headwater.stores.memory.work import StoredProject
from headwater.stores.memory.work_writing import WorkView, WorkWriting, look, newest_first, write


class MemoryProjects:
    """A tenant's projects; those of a team that the asker is not in do not exist for them."""

    def __init__(self, estate: MemoryEstate) -> None:
        self._estate = estate

    async def create(self, draft: ProjectDraft, *, principal: Principal) -> Written[Project]:
        """Make a project of a team. A member may."""

        def work(writing: WorkWriting) -> Written[Project]:
            made = make_project(writing, draft)
            return Written(value=made, activities=writing.record())

        return await write(self._estate, work, principal=principal)

    async def page(self, query: ProjectQuery, *, principal: Principal) -> ProjectPage:
        """Return a page of the projects that match and that the asker sees."""
        view = await look(self._estate, principal)
        found = {
            number: one
            for number, one in view.work.projects.items()
            if view.sees_project(number) and _matches(view, one, query)
        }
        shown, after = newest_first(found, limit=query.limit, cursor=query.cursor)
        return ProjectPage(
            projects=[view.shown_project(one) for one in shown],
            total=len(found),
            next_cursor=after,
        )

    async def find(self, project: int, *, principal: Principal) -> Project:
        """Return a project."""
        view = await look(self._estate, principal)
        return view.shown_project(view.project(project))

    async def update(
        self, project: int, *, version: int, changes: ProjectChanges, principal: Principal
    ) -> Written[Project]:
        """Change a project that is still as it was at that version. A member may."""

        def work(writing: WorkWriting) -> Written[Project]:
            held = writing.project(project)
            writing.check_right("update projects", held.project.team)
            shown = writing.shown_project(held)
            check_project(changes)
            named = writing.living(tuple(changes.get("items") or ()))
            new, differ = changed_project(shown, changes, named)
            if shown.version != version:
                raise conflict("project", project, version=version, current=shown)
            if not differ:
                return Written(value=shown)
            cis = tuple(one.id for one in new.items) if "items" in differ else held.cis
            kept = replace(new, items=(), version=version + 1, updated_at=writing.now)
            writing.work.projects[project] = replace(held, project=kept, cis=cis)
            _note(writing, "project.updated", kept, changes=differ)
            value = writing.shown_project(writing.work.projects[project])
            return Written(value=value, activities=writing.record())

        return await write(self._estate, work, principal=principal)

    async def delete(self, project: int, *, version: int, principal: Principal) -> Written[Project]:
        """Delete a project with all that is in it, softly. A leader may."""

        def work(writing: WorkWriting) -> Written[Project]:
            held = writing.project(project)
            writing.check_right("delete projects", held.project.team)
            shown = writing.shown_project(held)
            if shown.version != version:
                raise conflict("project", project, version=version, current=shown)
            writing.work.projects[project] = replace(held, is_deleted=True)
            _note(writing, "project.deleted", replace(shown, version=version + 1))
            return Written(value=shown, activities=writing.record())

        return await write(self._estate, work, principal=principal)


def make_project(writing: WorkWriting, draft: ProjectDraft) -> Project:
    """Make a project of a team.

    Raises:
        UsageError: `work.unknown`, `work.bad`.
    """
    writing.team(draft.team)
    writing.check_right("create projects", draft.team)
    check_project({"items": draft.items})
    new = made_project(draft, writing.living(draft.items), now=writing.now)
    made = replace(new, id=writing.next_id("projects"))
    cis = tuple(one.id for one in made.items)
    stored = StoredProject(project=replace(made, items=()), cis=cis)
    writing.work.projects[made.id] = stored
    _note(writing, "project.created", made)
    return writing.shown_project(stored)


def _matches(view: WorkView, held: StoredProject, query: ProjectQuery) -> bool:
    one = held.project
    if query.team not in {None, one.team}:
        return False
    if query.statuses and one.status not in query.statuses:
        return False
    if query.text is not None and query.text.lower() not in one.name.lower():
        return False
    return query.ci is None or query.ci in held.cis or _works_on(view, one.id, query.ci)


def _works_on(view: WorkView, project: int, ci: int) -> bool:
    return any(
        ci in one.cis and not one.is_deleted
        for one in view.work.items.values()
        if one.item.project == project
    )


def _note(writing: WorkWriting, kind: str, one: Project, **more: Any) -> None:
    writing.note(
        kind, team=one.team, project=one.id, object_type="project", object_id=one.id,
        version=one.version, title=one.name, **more,
    )  # fmt: skip

"""Which projects there are, in SQL; what is done in them is in `work_items.py`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, bindparam, update

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
from headwater.stores.sql.database import Database
from headwater.stores.sql.project_rows import find_project, page_of_projects
from headwater.stores.sql.team_rows import find_team
from headwater.stores.sql.work_access import check_right
from headwater.stores.sql.work_links import link, link_again
from headwater.stores.sql.work_tables import project as project_table
from headwater.stores.sql.work_writing import WorkWriting, write_work

_FIELDS = ("name", "description", "status", "tags", "repository", "constraints")
_AT_VERSION = (
    project_table.c.tenant_id == bindparam("own_tenant"),
    project_table.c.id == bindparam("own_id"),
    project_table.c.version == bindparam("at_version"),
    project_table.c.deleted_at.is_(None),
)
_NEXT = {"version": project_table.c.version + 1, "updated_at": bindparam("at")}
_CHANGE = (
    update(project_table)
    .where(*_AT_VERSION)
    .values({name: bindparam(name) for name in _FIELDS} | _NEXT)
)
_DELETE = update(project_table).where(*_AT_VERSION).values(deleted_at=bindparam("at"), **_NEXT)


class SqlProjects:
    """A tenant's projects; those of a team that the asker is not in do not exist for them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, draft: ProjectDraft, *, principal: Principal) -> Written[Project]:
        """Make a project of a team. A member may."""

        def work(connection: Connection) -> Written[Project]:
            writing = WorkWriting(connection, principal)
            made = make_project(writing, draft)
            return Written(value=made, activities=writing.record())

        return await write_work(self._database, work, principal=principal)

    async def page(self, query: ProjectQuery, *, principal: Principal) -> ProjectPage:
        """Return a page of the projects that match and that the asker sees."""

        def work(connection: Connection) -> ProjectPage:
            return page_of_projects(connection, query, principal=principal)

        return await self._database.read(work, tenant=principal.tenant)

    async def find(self, project: int, *, principal: Principal) -> Project:
        """Return a project."""

        def work(connection: Connection) -> Project:
            return find_project(connection, project, principal=principal)[0]

        return await self._database.read(work, tenant=principal.tenant)

    async def update(
        self, project: int, *, version: int, changes: ProjectChanges, principal: Principal
    ) -> Written[Project]:
        """Change a project that is still as it was at that version. A member may."""

        def work(connection: Connection) -> Written[Project]:
            writing, held = _held(connection, project, "update projects", principal=principal)
            check_project(changes)
            named = writing.living(tuple(changes.get("items") or ()))
            new, differ = changed_project(held, changes, named)
            if not differ and held.version == version:
                return Written(value=held)
            values = {name: getattr(new, name) for name in _FIELDS}
            values |= {"tags": dict(new.tags), "constraints": list(new.constraints)}
            if not writing.change(_CHANGE, project, version=version, **values):
                raise conflict("project", project, version=version, current=held)
            if "items" in differ:
                link_again(connection, "project", project, names=new.items, tenant=principal.tenant)
            _note(writing, "project.updated", new, version=version + 1, changes=differ)
            value, _ = find_project(connection, project, principal=principal)
            return Written(value=value, activities=writing.record())

        return await write_work(self._database, work, principal=principal)

    async def delete(self, project: int, *, version: int, principal: Principal) -> Written[Project]:
        """Delete a project with all that is in it, softly. A leader may."""

        def work(connection: Connection) -> Written[Project]:
            writing, held = _held(connection, project, "delete projects", principal=principal)
            if not writing.change(_DELETE, project, version=version):
                raise conflict("project", project, version=version, current=held)
            _note(writing, "project.deleted", held, version=version + 1)
            return Written(value=held, activities=writing.record())

        return await write_work(self._database, work, principal=principal)


def make_project(writing: WorkWriting, draft: ProjectDraft) -> Project:
    """Make a project of a team.

    Raises:
        UsageError: `work.unknown`, `work.bad`.
    """
    _, role = find_team(writing.connection, draft.team, principal=writing.principal)
    check_right("create projects", role, writing.principal)
    check_project({"items": draft.items})
    new = made_project(draft, writing.living(draft.items), now=writing.now)
    number = writing.insert(
        project_table,
        team_id=new.team,
        name=new.name,
        description=new.description,
        status=new.status,
        tags=dict(new.tags),
        repository=new.repository,
        constraints=list(new.constraints),
        leaves=0,
        finished=0,
        last_seq=0,
        created_at=writing.now_us,
        updated_at=writing.now_us,
        version=1,
    )
    link(writing.connection, "project", [(number, new.items)], tenant=writing.tenant)
    made, _ = find_project(writing.connection, number, principal=writing.principal)
    _note(writing, "project.created", made, version=1)
    return made


def _held(
    connection: Connection, ref: int, action: str, *, principal: Principal
) -> tuple[WorkWriting, Project]:
    """Begin to write a project that somebody may do this to."""
    writing = WorkWriting(connection, principal)
    held, role = find_project(connection, ref, principal=principal)
    check_right(action, role, principal)
    return writing, held


def _note(writing: WorkWriting, kind: str, one: Project, *, version: int, **more: Any) -> None:
    writing.note(
        kind, team=one.team, project=one.id, object_type="project", object_id=one.id,
        version=version, title=one.name, **more,
    )  # fmt: skip

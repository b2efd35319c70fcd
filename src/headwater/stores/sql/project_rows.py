"""How does a row become a project, and which are read? It writes none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, exists, func, or_, select

from headwater.analysis.filtering import WHOLE
from headwater.analysis.instants import from_us
from headwater.analysis.records import text_problem
from headwater.analysis.work_refusals import unknown
from headwater.analysis.work_rollup import progress_of
from headwater.model.item import ItemName
from headwater.model.principal import Principal
from headwater.model.project import Project, ProjectPage, ProjectQuery
from headwater.stores.sql.dialect import Contains
from headwater.stores.sql.id_lists import among, listed
from headwater.stores.sql.team_rows import before_of, cursor_after
from headwater.stores.sql.work_access import OWN, PROJECTS, SEEN_PROJECT, asker, check_ref
from headwater.stores.sql.work_links import about, is_about
from headwater.stores.sql.work_tables import project, work_ci, work_item

PROJECT = (
    project.c.id, project.c.team_id, project.c.name, project.c.description, project.c.status,
    project.c.tags, project.c.repository, project.c.constraints, project.c.leaves,
    project.c.finished, project.c.created_at, project.c.updated_at, project.c.version,
)  # fmt: skip
_SEEN = select(*PROJECT, OWN.c.role).select_from(PROJECTS).where(*SEEN_PROJECT)
_ONE = _SEEN.where(project.c.id == bindparam("ref"))
_COUNT = select(func.count()).select_from(PROJECTS).where(*SEEN_PROJECT)
_ABOUT_CI = (work_ci.c.tenant_id == bindparam("tenant"), work_ci.c.ci_id == bindparam("ci"))
_OF_CI = or_(
    exists().where(*_ABOUT_CI, work_ci.c.owner == "project", work_ci.c.owner_id == project.c.id),
    exists()
    .select_from(work_ci.join(work_item, work_item.c.id == work_ci.c.owner_id))
    .where(
        *_ABOUT_CI,
        work_ci.c.owner == "item",
        work_item.c.tenant_id == bindparam("tenant"),
        work_item.c.deleted_at.is_(None),
        work_item.c.project_id == project.c.id,
    ),
)


def find_project(
    connection: Connection, ref: int, *, principal: Principal
) -> tuple[Project, str | None]:
    """Return a project, and the asker's own role in its team.

    Raises:
        UsageError: `work.unknown`.
    """
    values = asker(principal) | {"ref": check_ref("project", ref)}
    row = connection.execute(_ONE, values).first()
    if row is None:
        raise unknown("project", ref)
    names = about(connection, "project", [ref], tenant=principal.tenant)
    return project_of(row, names.get(ref, ())), row[-1]


def page_of_projects(
    connection: Connection, query: ProjectQuery, *, principal: Principal
) -> ProjectPage:
    """Return the projects that match, the newest first.

    Raises:
        UsageError: `query.bad_cursor`.
    """
    limit = max(query.limit, 0)
    values = asker(principal) | {"before": before_of(query.cursor), "page_rows": limit + 1}
    conditions = _conditions(query, values)
    if conditions is None or not _may_be_any(connection, query, principal.tenant):
        return ProjectPage(projects=[], total=0)
    page = _SEEN.where(*conditions, project.c.id < bindparam("before"))
    rows = connection.execute(_newest(page), values).all()
    shown = [row[0] for row in rows[:limit]]
    names = about(connection, "project", shown, tenant=principal.tenant)
    return ProjectPage(
        projects=[project_of(row, names.get(row[0], ())) for row in rows[:limit]],
        total=connection.execute(_COUNT.where(*conditions), values).scalar_one(),
        next_cursor=cursor_after(rows, limit),
    )


def _may_be_any(connection: Connection, query: ProjectQuery, tenant: str) -> bool:
    return query.ci is None or is_about(connection, query.ci, tenant=tenant)


def project_of(row: Sequence[Any], names: tuple[ItemName, ...]) -> Project:
    """Make a project of a row of `PROJECT`."""
    return Project(
        id=row[0],
        team=row[1],
        name=row[2],
        description=row[3],
        status=row[4],
        tags=row[5],
        items=names,
        repository=row[6],
        constraints=tuple(row[7]),
        progress=progress_of(row[8], row[9]),
        created_at=from_us(row[10]),
        updated_at=from_us(row[11]),
        version=row[12],
    )


def _newest(page: Select[Any]) -> Select[Any]:
    return page.order_by(project.c.id.desc()).limit(bindparam("page_rows"))


def _conditions(query: ProjectQuery, values: dict[str, Any]) -> list[ColumnElement[bool]] | None:
    """Return a query's conditions and put their parameters in; None where nothing can match."""
    conditions: list[ColumnElement[bool]] = []
    if query.team is not None:
        conditions.append(project.c.team_id == bindparam("of_team"))
        values["of_team"] = query.team
    if query.statuses:
        conditions.append(among(project.c.status, "statuses"))
        values["statuses"] = listed(query.statuses)
    if query.ci is not None:
        conditions.append(_OF_CI)
        values["ci"] = query.ci
    if query.text is not None:
        conditions.append(Contains(project.c.name, bindparam("word")))
        values["word"] = query.text.lower()
    numbers = (each for each in (query.team, query.ci) if each is not None)
    if any(each not in WHOLE for each in numbers) or text_problem(query.text or ""):
        return None
    return conditions

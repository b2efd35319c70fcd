"""How does a row become an item of work, and which are read? It writes none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, exists, func, or_, select

from headwater.analysis.filtering import WHOLE
from headwater.analysis.instants import from_us
from headwater.analysis.paging import read_cursor, write_cursor
from headwater.analysis.records import text_problem
from headwater.analysis.work_refusals import unknown
from headwater.analysis.work_rollup import progress_of
from headwater.model.item import ItemName
from headwater.model.principal import Principal
from headwater.model.query import Sort
from headwater.model.work_item import WorkItem, WorkItemPage, WorkItemQuery
from headwater.stores.sql.dialect import Contains
from headwater.stores.sql.id_lists import among, listed
from headwater.stores.sql.work_access import ITEMS, OWN, SEEN_ITEM, asker, check_ref
from headwater.stores.sql.work_links import about, is_about
from headwater.stores.sql.work_tables import project, work_ci, work_item

FIRST = (Sort("priority"), Sort("id"))
ITEM = (
    work_item.c.id, work_item.c.priority, work_item.c.project_id, work_item.c.kind,
    work_item.c.parent_id, work_item.c.title, work_item.c.description, work_item.c.status,
    work_item.c.assignee, work_item.c.due, work_item.c.blocker, work_item.c.runs,
    work_item.c.documents, work_item.c.issue, work_item.c.pull_request, work_item.c.became,
    work_item.c.leaves, work_item.c.finished, work_item.c.children, work_item.c.created_at,
    work_item.c.updated_at, work_item.c.version,
)  # fmt: skip
_SEEN = select(*ITEM, project.c.team_id, OWN.c.role).select_from(ITEMS).where(*SEEN_ITEM)
_ONE = _SEEN.where(work_item.c.id == bindparam("ref"))
_COUNT = select(func.count()).select_from(ITEMS).where(*SEEN_ITEM)
_BY_ISSUE = select(*ITEM).where(
    work_item.c.tenant_id == bindparam("tenant"),
    work_item.c.project_id == bindparam("of_project"),
    work_item.c.deleted_at.is_(None),
    among(work_item.c.issue, "issues"),
)
_BY_IDS = select(*ITEM).where(
    work_item.c.tenant_id == bindparam("tenant"),
    work_item.c.deleted_at.is_(None),
    among(work_item.c.id, "ids"),
)
_OF_CI = exists().where(
    work_ci.c.tenant_id == bindparam("tenant"),
    work_ci.c.ci_id == bindparam("ci"),
    or_(
        and_(work_ci.c.owner == "item", work_ci.c.owner_id == work_item.c.id),
        and_(work_ci.c.owner == "project", work_ci.c.owner_id == work_item.c.project_id),
    ),
)
_NEXT = or_(
    work_item.c.priority > bindparam("after_priority"),
    and_(
        work_item.c.priority == bindparam("after_priority"),
        work_item.c.id > bindparam("after_id"),
    ),
)


@dataclass(frozen=True, slots=True)
class HeldItem:
    """An item as it is held, with its project's team and the asker's own role there."""

    item: WorkItem
    team: int
    role: str | None


def find_item(connection: Connection, ref: int, *, principal: Principal) -> HeldItem:
    """Return an item.

    Raises:
        UsageError: `work.unknown`.
    """
    values = asker(principal) | {"ref": check_ref("item", ref)}
    row = connection.execute(_ONE, values).first()
    if row is None:
        raise unknown("item", ref)
    names = about(connection, "item", [ref], tenant=principal.tenant)
    return HeldItem(item_of(row, names.get(ref, ())), row[-2], row[-1])


def items_by_issue(
    connection: Connection, ref: int, issues: Sequence[str], *, tenant: str
) -> dict[str, WorkItem]:
    """Return the items of a project that have these issues, by issue; of several the first."""
    values = {"tenant": tenant, "of_project": ref, "issues": listed(issues)}
    rows = connection.execute(_BY_ISSUE.order_by(work_item.c.id.desc()), values).all()
    names = about(connection, "item", [row[0] for row in rows], tenant=tenant)
    return {row[13]: item_of(row, names.get(row[0], ())) for row in rows}


def items_by_id(connection: Connection, ids: Sequence[int], *, tenant: str) -> dict[int, WorkItem]:
    """Return living items by id."""
    rows = connection.execute(_BY_IDS, {"tenant": tenant, "ids": listed(ids)}).all()
    names = about(connection, "item", [row[0] for row in rows], tenant=tenant)
    return {row[0]: item_of(row, names.get(row[0], ())) for row in rows}


def page_of_items(
    connection: Connection, query: WorkItemQuery, *, principal: Principal
) -> WorkItemPage:
    """Return the items that match, by priority and id.

    Raises:
        UsageError: `query.bad_cursor`.
    """
    limit = max(query.limit, 0)
    values = asker(principal) | {"page_rows": limit + 1}
    conditions = _conditions(query, values)
    page = _SEEN
    if query.cursor is not None:
        values["after_priority"], _, values["after_id"] = read_cursor(query.cursor, FIRST)
        page = page.where(_NEXT)
    if conditions is None or not _may_be_any(connection, query, principal.tenant):
        return WorkItemPage(items=[], total=0)
    ordered = page.where(*conditions).order_by(work_item.c.priority, work_item.c.id)
    rows = connection.execute(ordered.limit(bindparam("page_rows")), values).all()
    shown, more = rows[:limit], len(rows) > limit > 0
    names = about(connection, "item", [row[0] for row in shown], tenant=principal.tenant)
    last = (shown[-1][1], shown[-1][0], shown[-1][0]) if more else None
    return WorkItemPage(
        items=[item_of(row, names.get(row[0], ())) for row in shown],
        total=connection.execute(_COUNT.where(*conditions), values).scalar_one(),
        next_cursor=None if last is None else write_cursor(FIRST, last),
    )


def _may_be_any(connection: Connection, query: WorkItemQuery, tenant: str) -> bool:
    return query.ci is None or is_about(connection, query.ci, tenant=tenant)


def item_of(row: Sequence[Any], names: tuple[ItemName, ...]) -> WorkItem:
    """Make an item of a row of `ITEM`."""
    return WorkItem(
        id=row[0],
        priority=row[1],
        project=row[2],
        kind=row[3],
        parent=row[4],
        title=row[5],
        description=row[6],
        status=row[7],
        assignee=row[8],
        due=None if row[9] is None else date.fromisoformat(row[9]),
        blocker=row[10],
        items=names,
        runs=tuple(row[11]),
        documents=tuple(row[12]),
        issue=row[13],
        pull_request=row[14],
        became=row[15],
        progress=progress_of(row[16], row[17]),
        children=row[18],
        created_at=from_us(row[19]),
        updated_at=from_us(row[20]),
        version=row[21],
    )


def _conditions(query: WorkItemQuery, values: dict[str, Any]) -> list[ColumnElement[bool]] | None:
    """Return a query's conditions and put their parameters in; None where nothing can match."""
    same = (
        (work_item.c.project_id, "of_project", query.project),
        (work_item.c.parent_id, "of_parent", query.parent),
        (work_item.c.assignee, "of_person", query.assignee),
    )
    lists = (
        (work_item.c.status, "statuses", query.statuses),
        (work_item.c.kind, "kinds", query.kinds),
    )
    conditions: list[ColumnElement[bool]] = []
    for column, name, value in same:
        if value is not None:
            conditions.append(column == bindparam(name))
            values[name] = value
    for column, name, wanted in lists:
        if wanted:
            conditions.append(among(column, name))
            values[name] = listed(wanted)
    if query.ci is not None:
        conditions.append(_OF_CI)
        values["ci"] = query.ci
    if query.text is not None:
        conditions.append(Contains(work_item.c.title, bindparam("word")))
        values["word"] = query.text.lower()
    return conditions if _can_match(query) else None


def _can_match(query: WorkItemQuery) -> bool:
    numbers = (each for each in (query.project, query.parent, query.ci) if each is not None)
    texts = (each for each in (query.assignee, query.text) if each is not None)
    return all(each in WHOLE for each in numbers) and not any(map(text_problem, texts))

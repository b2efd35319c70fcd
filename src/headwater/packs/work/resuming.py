"""Where did we stop, what is open for an item, and who works on it? It changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field

from headwater.analysis.alerts import ALERT, MOST_AT_ONCE
from headwater.analysis.work_next import Held, next_up
from headwater.analysis.work_refusals import no_project
from headwater.model.activity import Activity
from headwater.model.event import RunRecord
from headwater.model.history import ALERT_KINDS, ALERTS_OF, HistoryEntry, HistoryQuery
from headwater.model.item import ItemName
from headwater.model.moment import Asked
from headwater.model.principal import Principal
from headwater.model.project import GOING_ON, Project, ProjectQuery
from headwater.model.session import Session, SessionQuery
from headwater.model.window import Window
from headwater.model.work_item import OPEN, WorkItem, WorkItemQuery
from headwater.packs.arguments import Ref
from headwater.packs.work.arguments import Limit, Number
from headwater.packs.work.citing import Shown, cited, find_ci
from headwater.packs.work.run_digests import read_runs
from headwater.ports.activities import Activities
from headwater.ports.history import History
from headwater.ports.inventory import Inventory
from headwater.ports.projects import Projects
from headwater.ports.run_log import RunLog
from headwater.ports.sessions import Sessions
from headwater.ports.work_items import WorkItems
from headwater.toolkit.cited import Cited
from headwater.toolkit.tool import tool

MOST_OPEN = 500
"""Open items of a project that are put in order."""
MOST_SHOWN = 10
MOST_READ = MOST_SHOWN + MOST_AT_ONCE
"""Activities that are read for what was done last."""
NOT_DONE = frozenset({ALERT, "run.added"})
"""What is told elsewhere: by the alerts, and by the session."""
UNSATISFIED = ("partial", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunAgain:
    """A run that is worth looking at again, and why."""

    run: str
    text: str
    status: str | None
    asked_at: datetime
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """Where a project stopped.

    `last` is what was done last, newest first, and `session` the last session; `next` can be gone
    on with, in order, `held` cannot; `alerts` of its configuration items were not ended.
    `open_items` counts all that are open, those above others too.
    """

    project: Project
    last: list[Activity]
    session: Session | None
    next: list[WorkItem]
    held: list[Held]
    open_items: int
    constraints: tuple[str, ...]
    alerts: list[HistoryEntry]
    runs: list[RunAgain]
    truncated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenWork:
    """What is open for a configuration item: items by priority, projects that go on, sessions."""

    ci: ItemName
    items: list[WorkItem]
    total: int
    projects: list[Project]
    sessions: list[Session]
    truncated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """Somebody at work: on which open items, in which open sessions."""

    person: str
    items: list[int]
    sessions: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workers:
    """Who works on a configuration item, those with most on it first; `unassigned` counts items."""

    ci: ItemName
    people: list[Worker]
    unassigned: int
    items: list[WorkItem]
    total: int
    truncated: bool


@tool(
    name="work.resume",
    description="Tell where a project stopped: what was last done, what is next, what holds it up.",
    role="reader",
    idempotent=True,
    personal=True,
    phrasings=("resume my investigation", "where did we stop"),
)
async def resume(  # noqa: PLR0913 - a tool's parameters are its arguments
    project: Annotated[
        Number | None, Field(description="Where none is named, that of your last session.")
    ] = None,
    *,
    projects: Projects,
    work_items: WorkItems,
    sessions: Sessions,
    activities: Activities,
    history: History,
    run_log: RunLog,
    asked: Asked,
    principal: Principal,
) -> Cited[Resume]:
    """Give last, now, constraints, alerts and runs worth looking at again."""
    if project is None:
        project = await _last_project(projects=projects, sessions=sessions, principal=principal)
    found = await projects.find(project, principal=principal)
    query = WorkItemQuery(project=project, statuses=OPEN, limit=MOST_OPEN)
    page = await work_items.page(query, principal=principal)
    tied = await work_items.tied(project, principal=principal)
    free, held = next_up(page.items, tied)
    session = await _last_session(project, sessions=sessions, principal=principal)
    newest = await activities.newest(project, limit=MOST_READ, principal=principal)
    value = Resume(
        project=found,
        last=[one for one in newest if one.kind not in NOT_DONE][:MOST_SHOWN],
        session=session,
        next=free[:MOST_SHOWN],
        held=held[:MOST_SHOWN],
        open_items=page.total,
        constraints=found.constraints,
        alerts=await _alerts(found, page.items, history=history, at=asked.at, principal=principal),
        runs=await _runs_again(session, run_log=run_log, principal=principal),
        truncated=page.total > len(page.items) or max(len(free), len(held)) > MOST_SHOWN,
    )
    read: list[Shown] = [found, *([session] if session else []), *value.next]
    words = f"resume project {project}"
    return cited(value, read, unit="records", query=words, truncated=value.truncated)


@tool(
    name="work.open",
    description="Tell what work is open for a configuration item.",
    role="reader",
    idempotent=True,
    cacheable=True,
    personal=True,
    phrasings=("what is open for {ci}",),
)
async def open_work(
    ci: Ref,
    *,
    limit: Limit = 20,
    projects: Projects,
    work_items: WorkItems,
    sessions: Sessions,
    inventory: Inventory,
    principal: Principal,
) -> Cited[OpenWork]:
    """Give open items about it or of projects about it, and where work goes on."""
    about = await find_ci(ci, inventory=inventory, principal=principal)
    query = WorkItemQuery(ci=about.id, statuses=OPEN, limit=limit)
    page = await work_items.page(query, principal=principal)
    going_on = await _going_on(about, projects=projects, principal=principal)
    value = OpenWork(
        ci=about,
        items=page.items,
        total=page.total,
        projects=going_on,
        sessions=await _open_sessions(going_on, sessions=sessions, principal=principal),
        truncated=page.next_cursor is not None,
    )
    words = f"open work for {about.code}"
    read: list[Shown] = [*page.items, *value.projects, *value.sessions]
    count = page.total + len(read) - len(page.items)
    return cited(value, read, unit="records", query=words, count=count, truncated=value.truncated)


@tool(
    name="work.who",
    description="Tell who works on a configuration item.",
    role="reader",
    idempotent=True,
    cacheable=True,
    personal=True,
    phrasings=("who works on {ci}",),
)
async def who(
    ci: Ref,
    *,
    projects: Projects,
    work_items: WorkItems,
    sessions: Sessions,
    inventory: Inventory,
    principal: Principal,
) -> Cited[Workers]:
    """Give those whom open items about it are assigned to, and who is in open sessions on it."""
    about = await find_ci(ci, inventory=inventory, principal=principal)
    query = WorkItemQuery(ci=about.id, statuses=OPEN, limit=MOST_OPEN)
    page = await work_items.page(query, principal=principal)
    going_on = await _going_on(about, projects=projects, principal=principal)
    held = await _open_sessions(going_on, sessions=sessions, principal=principal)
    value = Workers(
        ci=about,
        people=_people(page.items, held),
        unassigned=sum(one.assignee is None for one in page.items),
        items=page.items[:MOST_SHOWN],
        total=page.total,
        truncated=page.next_cursor is not None,
    )
    words = f"who works on {about.code}"
    read: list[Shown] = [*page.items, *held]
    count = page.total + len(held)
    return cited(value, read, unit="records", query=words, count=count, truncated=value.truncated)


async def _last_project(*, projects: Projects, sessions: Sessions, principal: Principal) -> int:
    mine = SessionQuery(participant=principal.name, limit=1)
    page = await sessions.page(mine, principal=principal)
    if page.sessions:
        return page.sessions[0].project
    newest = await projects.page(ProjectQuery(limit=1), principal=principal)
    if not newest.projects:
        raise no_project()
    return newest.projects[0].id


async def _last_session(
    project: int, *, sessions: Sessions, principal: Principal
) -> Session | None:
    """Return the session of a project to go on with: an open one of the asker, else the newest."""
    mine = SessionQuery(project=project, open_only=True, participant=principal.name, limit=1)
    for query in (mine, SessionQuery(project=project, limit=1)):
        page = await sessions.page(query, principal=principal)
        if page.sessions:
            return page.sessions[0]
    return None


async def _alerts(
    project: Project,
    items: Sequence[WorkItem],
    *,
    history: History,
    at: datetime,
    principal: Principal,
) -> list[HistoryEntry]:
    """Return what was raised on a project's configuration items of late and has not ended."""
    about = {one.id for one in project.items} | {one.id for item in items for one in item.items}
    if not about:
        return []
    query = HistoryQuery(
        window=Window(at - ALERTS_OF, at),
        ci_ids=tuple(sorted(about)),
        kinds=ALERT_KINDS,
        limit=100,
    )
    page = await history.recent(query, principal=principal)
    return [one for one in page.entries if one.ended_at is None][:MOST_SHOWN]


async def _runs_again(
    session: Session | None, *, run_log: RunLog, principal: Principal
) -> list[RunAgain]:
    """Return the last session's runs that left something open, the newest first; else the last."""
    if session is None or not session.runs:
        return []
    known: Mapping[str, RunRecord] = await read_runs(
        session.runs, run_log=run_log, principal=principal
    )
    open_ones = [one for one in known.values() if one.status in UNSATISFIED]
    wanted = open_ones or list(known.values())[-1:]
    return [
        RunAgain(
            run=one.run_id,
            text=one.text,
            status=one.status,
            asked_at=one.asked_at,
            why=f"its answer was {one.status}" if one.status in UNSATISFIED else "it was the last",
        )
        for one in wanted[::-1][:MOST_SHOWN]
    ]


async def _going_on(about: ItemName, *, projects: Projects, principal: Principal) -> list[Project]:
    page = await projects.page(ProjectQuery(ci=about.id, limit=MOST_SHOWN), principal=principal)
    return [one for one in page.projects if one.status in GOING_ON]


async def _open_sessions(
    going_on: Sequence[Project], *, sessions: Sessions, principal: Principal
) -> list[Session]:
    found: list[Session] = []
    for one in going_on:
        query = SessionQuery(project=one.id, open_only=True, limit=MOST_SHOWN)
        page = await sessions.page(query, principal=principal)
        found += page.sessions
    return found


def _people(items: Sequence[WorkItem], sessions: Sequence[Session]) -> list[Worker]:
    on: dict[str, Worker] = {}

    def worker(person: str) -> Worker:
        return on.setdefault(person, Worker(person=person, items=[], sessions=[]))

    for item in items:
        if item.assignee is not None:
            worker(item.assignee).items.append(item.id)
    for session in sessions:
        for person in session.participants:
            worker(person).sessions.append(session.id)
    return sorted(on.values(), key=lambda one: (-len(one.items) - len(one.sessions), one.person))

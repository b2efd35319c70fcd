"""How do rows become a session, and which are read? It writes none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, exists, func, select

from headwater.analysis.filtering import WHOLE
from headwater.analysis.instants import from_us
from headwater.analysis.records import text_problem
from headwater.analysis.work_refusals import unknown
from headwater.model.principal import Principal
from headwater.model.session import Note, Session, SessionPage, SessionQuery
from headwater.stores.sql.id_lists import among, listed
from headwater.stores.sql.team_rows import before_of, cursor_after
from headwater.stores.sql.work_access import OWN, SEEN_SESSION, SESSIONS, asker, check_ref
from headwater.stores.sql.work_tables import (
    project,
    session,
    session_note,
    session_person,
    session_run,
)

_SESSION = (
    session.c.id, session.c.project_id, session.c.goal, session.c.started_by,
    session.c.started_at, session.c.ended_at, session.c.summary, session.c.version,
)  # fmt: skip
_SEEN = select(*_SESSION, project.c.team_id, OWN.c.role).select_from(SESSIONS).where(*SEEN_SESSION)
_ONE = _SEEN.where(session.c.id == bindparam("ref"))
_COUNT = select(func.count()).select_from(SESSIONS).where(*SEEN_SESSION)
_PEOPLE = (
    select(session_person.c.session_id, session_person.c.person, session_person.c.left_at)
    .where(
        session_person.c.tenant_id == bindparam("tenant"),
        among(session_person.c.session_id, "ids"),
    )
    .order_by(session_person.c.joined_at, session_person.c.id)
)
_RUNS = (
    select(session_run.c.session_id, session_run.c.run_id)
    .where(session_run.c.tenant_id == bindparam("tenant"), among(session_run.c.session_id, "ids"))
    .order_by(session_run.c.id)
)
_NOTES = (
    select(
        session_note.c.session_id, session_note.c.at, session_note.c.by, session_note.c.text,
        session_note.c.done,
    )
    .where(
        session_note.c.tenant_id == bindparam("tenant"), among(session_note.c.session_id, "ids")
    )
    .order_by(session_note.c.id)
)  # fmt: skip
_TOOK_PART = exists().where(
    session_person.c.tenant_id == bindparam("tenant"),
    session_person.c.session_id == session.c.id,
    session_person.c.person == bindparam("person"),
)


class _Parts:
    """What belongs to some sessions, by their ids."""

    def __init__(self, connection: Connection, ids: Sequence[int], *, tenant: str) -> None:
        self.people: dict[int, list[tuple[str, bool]]] = defaultdict(list)
        self.runs: dict[int, list[str]] = defaultdict(list)
        self.notes: dict[int, list[Note]] = defaultdict(list)
        if not ids:
            return
        values = {"tenant": tenant, "ids": listed(ids)}
        for number, person, left_at in connection.execute(_PEOPLE, values):
            self.people[number].append((person, left_at is None))
        for number, run_id in connection.execute(_RUNS, values):
            self.runs[number].append(run_id)
        for number, at, by, text, done in connection.execute(_NOTES, values):
            self.notes[number].append(Note(at=from_us(at), by=by, text=text, done=bool(done)))


def find_session(
    connection: Connection, ref: int, *, principal: Principal
) -> tuple[Session, int, str | None]:
    """Return a session, its project's team and the asker's own role there.

    Raises:
        UsageError: `work.unknown`.
    """
    values = asker(principal) | {"ref": check_ref("session", ref)}
    row = connection.execute(_ONE, values).first()
    if row is None:
        raise unknown("session", ref)
    return _session_of(row, _Parts(connection, [ref], tenant=principal.tenant)), row[-2], row[-1]


def everyone_in(connection: Connection, ref: int, *, tenant: str) -> list[str]:
    """Return everyone who took part in a session at some time, in the order in which they came."""
    values = {"tenant": tenant, "ids": [ref]}
    return [person for _, person, _ in connection.execute(_PEOPLE, values)]


def page_of_sessions(
    connection: Connection, query: SessionQuery, *, principal: Principal
) -> SessionPage:
    """Return the sessions that match, the newest first.

    Raises:
        UsageError: `query.bad_cursor`.
    """
    limit = max(query.limit, 0)
    values = asker(principal) | {"before": before_of(query.cursor), "page_rows": limit + 1}
    conditions: list[ColumnElement[bool]] = []
    if query.project is not None:
        if query.project not in WHOLE:
            return SessionPage(sessions=[], total=0)
        conditions.append(session.c.project_id == bindparam("of_project"))
        values["of_project"] = query.project
    if query.open_only:
        conditions.append(session.c.ended_at.is_(None))
    if query.participant is not None:
        if text_problem(query.participant):
            return SessionPage(sessions=[], total=0)
        conditions.append(_TOOK_PART)
        values["person"] = query.participant
    page = _SEEN.where(*conditions, session.c.id < bindparam("before"))
    rows = connection.execute(
        page.order_by(session.c.id.desc()).limit(bindparam("page_rows")), values
    ).all()
    parts = _Parts(connection, [row[0] for row in rows[:limit]], tenant=principal.tenant)
    return SessionPage(
        sessions=[_session_of(row, parts) for row in rows[:limit]],
        total=connection.execute(_COUNT.where(*conditions), values).scalar_one(),
        next_cursor=cursor_after(rows, limit),
    )


def _session_of(row: Sequence[Any], parts: _Parts) -> Session:
    return Session(
        id=row[0],
        project=row[1],
        goal=row[2],
        started_by=row[3],
        participants=tuple(person for person, is_in in parts.people[row[0]] if is_in),
        started_at=from_us(row[4]),
        ended_at=None if row[5] is None else from_us(row[5]),
        runs=tuple(parts.runs[row[0]]),
        notes=tuple(parts.notes[row[0]]),
        summary=row[6],
        version=row[7],
    )

"""Which sessions of investigation there are, in SQL; it asks nothing itself."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from headwater.analysis.instants import to_us
from headwater.analysis.session_summary import summary_of
from headwater.analysis.work_records import check_goal, check_note, check_run
from headwater.analysis.work_refusals import ended
from headwater.model.activity import Written
from headwater.model.principal import Principal
from headwater.model.session import Note, Session, SessionEnd, SessionPage, SessionQuery
from headwater.stores.sql.database import Database
from headwater.stores.sql.id_lists import among, listed
from headwater.stores.sql.project_rows import find_project
from headwater.stores.sql.session_rows import everyone_in, find_session, page_of_sessions
from headwater.stores.sql.work_access import check_right
from headwater.stores.sql.work_tables import (
    activity,
    session_note,
    session_person,
    session_run,
)
from headwater.stores.sql.work_tables import session as session_table
from headwater.stores.sql.work_writing import ACTIVITY, WorkWriting, activity_of, write_work

_IS_OPEN = (
    session_table.c.tenant_id == bindparam("own_tenant"),
    session_table.c.id == bindparam("own_id"),
    session_table.c.ended_at.is_(None),
)
_TOUCH = update(session_table).where(*_IS_OPEN).values(version=session_table.c.version + 1)
_END = _TOUCH.values(ended_at=bindparam("at"), summary=bindparam("new_summary"))
_OF_PERSON = (
    session_person.c.tenant_id == bindparam("own_tenant"),
    session_person.c.session_id == bindparam("own_id"),
    session_person.c.person == bindparam("own_person"),
)
_WAS_IN = select(session_person.c.left_at).where(*_OF_PERSON)
_IN_AGAIN = update(session_person).where(*_OF_PERSON).values(left_at=None)
_LEAVE = update(session_person).where(*_OF_PERSON).values(left_at=bindparam("at"))
_MEANWHILE = (
    select(*ACTIVITY)
    .where(
        activity.c.tenant_id == bindparam("tenant"),
        activity.c.project_id == bindparam("of_project"),
        activity.c.at >= bindparam("from_us"),
        activity.c.object_type.in_(("item", "project", "dependency")),
        among(activity.c.actor, "people"),
    )
    .order_by(activity.c.seq)
)


class SqlSessions:
    """The sessions of a tenant's projects; those of one that the asker does not see are none."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def start(self, project: int, *, goal: str, principal: Principal) -> Written[Session]:
        """Start a session with the asker in it."""

        def work(connection: Connection) -> Written[Session]:
            check_goal(goal)
            writing = WorkWriting(connection, principal)
            held, role = find_project(connection, project, principal=principal)
            check_right("hold sessions", role, principal)
            made = writing.insert(
                session_table, project_id=project, goal=goal, started_by=principal.name,
                started_at=writing.now_us, version=1,
            )  # fmt: skip
            _let_in(writing, made)
            writing.note(
                "session.started", team=held.team, project=project, object_type="session",
                object_id=made, version=1, title=goal,
            )  # fmt: skip
            return _written(writing, made)

        return await write_work(self._database, work, principal=principal)

    async def page(self, query: SessionQuery, *, principal: Principal) -> SessionPage:
        """Return a page of the sessions that match and that the asker sees."""

        def work(connection: Connection) -> SessionPage:
            return page_of_sessions(connection, query, principal=principal)

        return await self._database.read(work, tenant=principal.tenant)

    async def find(self, session: int, *, principal: Principal) -> Session:
        """Return a session."""

        def work(connection: Connection) -> Session:
            return find_session(connection, session, principal=principal)[0]

        return await self._database.read(work, tenant=principal.tenant)

    async def note(
        self, session: int, *, text: str, done: bool, principal: Principal
    ) -> Written[Session]:
        """Write something down."""

        def work(connection: Connection) -> Written[Session]:
            writing, held, team = _held(connection, session, principal)
            check_note(Note(at=writing.now, by=principal.name, text=text, done=done))
            writing.insert(
                session_note, session_id=session, at=writing.now_us, by=principal.name,
                text=text, done=int(done),
            )  # fmt: skip
            _note(writing, "note.added", held, team=team, changes={"text": [None, text[:500]]})
            return _written(writing, session)

        return await write_work(self._database, work, principal=principal)

    async def join(self, session: int, *, principal: Principal) -> Written[Session]:
        """Take part in a session; again changes nothing."""

        def work(connection: Connection) -> Written[Session]:
            writing, held, team = _held(connection, session, principal)
            if principal.name not in held.participants:
                _let_in(writing, session)
                _note(writing, "participant.joined", held, team=team)
            return _written(writing, session)

        return await write_work(self._database, work, principal=principal)

    async def leave(self, session: int, *, principal: Principal) -> Written[Session]:
        """Take no part any more; what one did in it stays."""

        def work(connection: Connection) -> Written[Session]:
            writing, held, team = _held(connection, session, principal)
            if principal.name in held.participants:
                connection.execute(_LEAVE, _own(writing, session) | {"at": writing.now_us})
                _note(writing, "participant.left", held, team=team)
            return _written(writing, session)

        return await write_work(self._database, work, principal=principal)

    async def add_run(self, session: int, run_id: str, *, principal: Principal) -> Written[Session]:
        """Remember that a run was asked in a session; again changes nothing."""

        def work(connection: Connection) -> Written[Session]:
            check_run(run_id)
            writing, held, team = _held(connection, session, principal)
            if run_id not in held.runs:
                writing.insert(session_run, session_id=session, run_id=run_id)
                _note(writing, "run.added", held, team=team, changes={"run": [None, run_id]})
            return _written(writing, session)

        return await write_work(self._database, work, principal=principal)

    async def end(
        self, session: int, *, known: SessionEnd, principal: Principal
    ) -> Written[Session]:
        """End a session, once, with a summary of what happened in it."""

        def work(connection: Connection) -> Written[Session]:
            writing, held, team = _held(connection, session, principal)
            summary = _summary(writing, held, known)
            values = _own(writing, session) | {"at": writing.now_us, "new_summary": summary}
            if not connection.execute(_END, values).rowcount:
                raise ended(session)
            writing.note(
                "session.ended", team=team, project=held.project, object_type="session",
                object_id=session, version=held.version + 1, title=held.goal,
            )  # fmt: skip
            return _written(writing, session)

        return await write_work(self._database, work, principal=principal)


def _held(
    connection: Connection, ref: int, principal: Principal
) -> tuple[WorkWriting, Session, int]:
    """Begin to write a session that has not ended."""
    writing = WorkWriting(connection, principal)
    held, team, role = find_session(connection, ref, principal=principal)
    check_right("hold sessions", role, principal)
    if held.ended_at is not None:
        raise ended(ref)
    return writing, held, team


def _written(writing: WorkWriting, ref: int) -> Written[Session]:
    value, _, _ = find_session(writing.connection, ref, principal=writing.principal)
    return Written(value=value, activities=writing.record())


def _own(writing: WorkWriting, ref: int) -> dict[str, Any]:
    return {"own_tenant": writing.tenant, "own_id": ref, "own_person": writing.principal.name}


def _let_in(writing: WorkWriting, ref: int) -> None:
    own = _own(writing, ref)
    if writing.connection.execute(_WAS_IN, own).first() is not None:
        writing.connection.execute(_IN_AGAIN, own)
        return
    row = {
        "tenant_id": writing.tenant, "session_id": ref, "person": writing.principal.name,
        "joined_at": writing.now_us,
    }  # fmt: skip
    writing.connection.execute(insert(session_person), row)


def _note(writing: WorkWriting, kind: str, held: Session, *, team: int, **more: Any) -> None:
    """Raise a session's version for something done in it, and take note of that."""
    writing.connection.execute(_TOUCH, _own(writing, held.id))
    writing.note(
        kind, team=team, project=held.project, object_type="session", object_id=held.id,
        version=held.version + 1, title=held.goal, **more,
    )  # fmt: skip


def _summary(writing: WorkWriting, held: Session, known: SessionEnd) -> str:
    """Tell what happened in a session, of what is on record in this very moment."""
    people = everyone_in(writing.connection, held.id, tenant=writing.tenant)
    values = {
        "tenant": writing.tenant,
        "of_project": held.project,
        "from_us": to_us(held.started_at),
        "people": listed(people),
    }
    rows = writing.connection.execute(_MEANWHILE, values)
    changes = [activity_of(row, writing.tenant) for row in rows]
    return summary_of(held, people=people, runs=known.runs, changes=changes, ended_at=writing.now)

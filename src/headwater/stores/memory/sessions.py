"""Which sessions of investigation there are, in memory; it asks nothing itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from headwater.analysis.session_summary import summary_of
from headwater.analysis.work_records import check_goal, check_note, check_run
from headwater.analysis.work_refusals import ended
from headwater.model.activity import Written
from headwater.model.principal import Principal
from headwater.model.session import Note, Session, SessionEnd, SessionPage, SessionQuery
from headwater.stores.memory.estate import MemoryEstate
from headwater.stores.memory.work import StoredSession
from headwater.stores.memory.work_writing import (
    WorkView,
    WorkWriting,
    look,
    newest_first,
    next_session,
    write,
)

MEANWHILE = ("item", "project", "dependency")


class MemorySessions:
    """The sessions of a tenant's projects; those of one that the asker does not see are none."""

    def __init__(self, estate: MemoryEstate) -> None:
        self._estate = estate

    async def start(self, project: int, *, goal: str, principal: Principal) -> Written[Session]:
        """Start a session with the asker in it."""

        def work(writing: WorkWriting) -> Written[Session]:
            check_goal(goal)
            team = writing.project(project).project.team
            writing.check_right("hold sessions", team)
            number, person = writing.next_id("sessions"), principal.name
            made = Session(
                id=number, project=project, goal=goal, started_by=person,
                participants=(person,), started_at=writing.now, version=1,
            )  # fmt: skip
            writing.work.sessions[number] = StoredSession(session=made, everyone=(person,))
            _note(writing, "session.started", made)
            return Written(value=made, activities=writing.record())

        return await write(self._estate, work, principal=principal)

    async def page(self, query: SessionQuery, *, principal: Principal) -> SessionPage:
        """Return a page of the sessions that match and that the asker sees."""
        view = await look(self._estate, principal)
        found = {
            number: one.session
            for number, one in view.work.sessions.items()
            if _matches(view, one, query)
        }
        shown, after = newest_first(found, limit=query.limit, cursor=query.cursor)
        return SessionPage(sessions=shown, total=len(found), next_cursor=after)

    async def find(self, session: int, *, principal: Principal) -> Session:
        """Return a session."""
        view = await look(self._estate, principal)
        return view.session(session).session

    async def note(
        self, session: int, *, text: str, done: bool, principal: Principal
    ) -> Written[Session]:
        """Write something down."""

        def work(writing: WorkWriting) -> Written[Session]:
            held = _held(writing, session)
            new = Note(at=writing.now, by=principal.name, text=text, done=done)
            check_note(new)
            changes = {"text": [None, text[:500]]}
            notes = (*held.session.notes, new)
            return _done(writing, held, "note.added", changes=changes, notes=notes)

        return await write(self._estate, work, principal=principal)

    async def join(self, session: int, *, principal: Principal) -> Written[Session]:
        """Take part in a session; again changes nothing."""

        def work(writing: WorkWriting) -> Written[Session]:
            held, person = _held(writing, session), principal.name
            if person in held.session.participants:
                return Written(value=held.session)
            everyone = tuple(dict.fromkeys((*held.everyone, person)))
            here = {*held.session.participants, person}
            inside = tuple(one for one in everyone if one in here)
            again = replace(held, everyone=everyone)
            return _done(writing, again, "participant.joined", participants=inside)

        return await write(self._estate, work, principal=principal)

    async def leave(self, session: int, *, principal: Principal) -> Written[Session]:
        """Take no part any more; what one did in it stays."""

        def work(writing: WorkWriting) -> Written[Session]:
            held, person = _held(writing, session), principal.name
            if person not in held.session.participants:
                return Written(value=held.session)
            left = tuple(one for one in held.session.participants if one != person)
            return _done(writing, held, "participant.left", participants=left)

        return await write(self._estate, work, principal=principal)

    async def add_run(self, session: int, run_id: str, *, principal: Principal) -> Written[Session]:
        """Remember that a run was asked in a session; again changes nothing."""

        def work(writing: WorkWriting) -> Written[Session]:
            check_run(run_id)
            held = _held(writing, session)
            if run_id in held.session.runs:
                return Written(value=held.session)
            runs = (*held.session.runs, run_id)
            return _done(writing, held, "run.added", changes={"run": [None, run_id]}, runs=runs)

        return await write(self._estate, work, principal=principal)

    async def end(
        self, session: int, *, known: SessionEnd, principal: Principal
    ) -> Written[Session]:
        """End a session, once, with a summary of what happened in it."""

        def work(writing: WorkWriting) -> Written[Session]:
            held = _held(writing, session)
            summary = _summary(writing, held, known)
            return _done(writing, held, "session.ended", summary=summary, ended_at=writing.now)

        return await write(self._estate, work, principal=principal)


def _held(writing: WorkWriting, ref: int) -> StoredSession:
    held = writing.session(ref)
    writing.check_right("hold sessions", writing.team_of(held.session.project))
    if held.session.ended_at is not None:
        raise ended(ref)
    return held


def _done(
    writing: WorkWriting,
    held: StoredSession,
    kind: str,
    *,
    changes: dict[str, Any] | None = None,
    **fields: Any,
) -> Written[Session]:
    """Keep what was done in a session, and take note of it."""
    new = next_session(held, **fields)
    writing.work.sessions[new.session.id] = new
    _note(writing, kind, new.session, changes=changes or {})
    return Written(value=new.session, activities=writing.record())


def _matches(view: WorkView, held: StoredSession, query: SessionQuery) -> bool:
    one = held.session
    return (
        view.sees_project(one.project)
        and query.project in {None, one.project}
        and not (query.open_only and one.ended_at is not None)
        and (query.participant is None or query.participant in held.everyone)
    )


def _note(writing: WorkWriting, kind: str, one: Session, **more: Any) -> None:
    writing.note(
        kind, team=writing.team_of(one.project), project=one.project, object_type="session",
        object_id=one.id, version=one.version, title=one.goal, **more,
    )  # fmt: skip


def _summary(writing: WorkWriting, held: StoredSession, known: SessionEnd) -> str:
    """Tell what happened in a session, of what is on record in this very moment."""
    one = held.session
    changes = [
        each
        for each in writing.work.activities.values()
        if each.project == one.project
        and each.at >= one.started_at
        and each.object_type in MEANWHILE
        and each.actor in held.everyone
    ]
    return summary_of(
        one, people=held.everyone, runs=known.runs, changes=changes, ended_at=writing.now
    )

"""Sessions: investigations with what was asked, noted and done in them; `resuming.py` resumes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from headwater.model.principal import Principal
from headwater.model.session import Session, SessionEnd, SessionPage, SessionQuery
from headwater.packs.arguments import Cursor, Text
from headwater.packs.citing import told as shown
from headwater.packs.work.arguments import Limit, Line, Number
from headwater.packs.work.citing import cited, told
from headwater.packs.work.run_digests import digests_of
from headwater.ports.projects import Projects
from headwater.ports.rooms import Rooms
from headwater.ports.run_log import RunLog
from headwater.ports.sessions import Sessions
from headwater.ports.teams import Teams
from headwater.toolkit.cited import Cited
from headwater.toolkit.tool import tool

NoteText = Annotated[str, Field(min_length=1, max_length=20_000)]


@tool(
    name="work.start_session",
    description="Start a session of investigation in a project.",
    role="operator",
    personal=True,
)
async def start_session(
    project: Number,
    goal: Annotated[Line, Field(min_length=1)],
    *,
    sessions: Sessions,
    rooms: Rooms,
    principal: Principal,
) -> Cited[Session]:
    """Start a session with the asker in it."""
    written = await sessions.start(project, goal=goal, principal=principal)
    return await told(
        written, unit="sessions", query=f"start in project {project}", rooms=rooms,
        principal=principal,
    )  # fmt: skip


@tool(
    name="work.sessions",
    description="List the sessions that you see, the newest first.",
    role="reader",
    idempotent=True,
    cacheable=True,
    personal=True,
)
async def list_sessions(
    *,
    project: Number | None = None,
    open_only: bool = False,
    limit: Limit = 50,
    cursor: Cursor = None,
    sessions: Sessions,
    principal: Principal,
) -> Cited[SessionPage]:
    """Give a page of the sessions that match."""
    query = SessionQuery(project=project, open_only=open_only, limit=limit, cursor=cursor)
    page = await sessions.page(query, principal=principal)
    words = shown("sessions", of_project=project, open_only=open_only)
    return cited(
        page,
        page.sessions,
        unit="sessions",
        query=words,
        count=page.total,
        truncated=page.next_cursor is not None,
    )


@tool(
    name="work.session",
    description="Give a session with its runs and notes, and its summary once it has ended.",
    role="reader",
    idempotent=True,
    cacheable=True,
    personal=True,
)
async def get_session(
    session: Number, *, sessions: Sessions, principal: Principal
) -> Cited[Session]:
    """Give a session."""
    found = await sessions.find(session, principal=principal)
    return cited(found, [found], unit="sessions", query=f"session {session}")


@tool(
    name="work.note",
    description="Write something down in a session.",
    role="operator",
    personal=True,
)
async def note(
    session: Number,
    text: NoteText,
    *,
    done: Annotated[bool, Field(description="It tells of something done.")] = False,
    sessions: Sessions,
    rooms: Rooms,
    principal: Principal,
) -> Cited[Session]:
    """Write a note, which the session's summary tells again."""
    written = await sessions.note(session, text=text, done=done, principal=principal)
    return await told(
        written, unit="sessions", query=f"note in session {session}", rooms=rooms,
        principal=principal,
    )  # fmt: skip


@tool(
    name="work.join_session", description="Take part in a session.", role="operator", personal=True
)
async def join_session(
    session: Number, *, sessions: Sessions, rooms: Rooms, principal: Principal
) -> Cited[Session]:
    """Take part in a session that has not ended."""
    written = await sessions.join(session, principal=principal)
    return await told(
        written, unit="sessions", query=f"join session {session}", rooms=rooms,
        principal=principal,
    )  # fmt: skip


@tool(
    name="work.leave_session",
    description="Take no more part in a session.",
    role="operator",
    personal=True,
)
async def leave_session(
    session: Number, *, sessions: Sessions, rooms: Rooms, principal: Principal
) -> Cited[Session]:
    """Take no more part; what one did in it stays."""
    written = await sessions.leave(session, principal=principal)
    return await told(
        written, unit="sessions", query=f"leave session {session}", rooms=rooms,
        principal=principal,
    )  # fmt: skip


@tool(name="work.add_run", description="Add a run to a session.", role="operator", personal=True)
async def add_run(
    session: Number,
    run: Annotated[Text, Field(min_length=1, max_length=64, description="A run's id.")],
    *,
    sessions: Sessions,
    rooms: Rooms,
    principal: Principal,
) -> Cited[Session]:
    """Remember that a run was asked in a session."""
    written = await sessions.add_run(session, run, principal=principal)
    return await told(
        written, unit="sessions", query=f"run {run} in session {session}", rooms=rooms,
        principal=principal,
    )  # fmt: skip


@tool(
    name="work.end_session",
    description="End a session, with a summary of what happened in it.",
    role="operator",
    personal=True,
)
async def end_session(
    session: Number,
    *,
    sessions: Sessions,
    projects: Projects,
    teams: Teams,
    run_log: RunLog,
    rooms: Rooms,
    principal: Principal,
) -> Cited[Session]:
    """End a session, once; its summary tells what everyone in the project may know."""
    held = await sessions.find(session, principal=principal)
    project = await projects.find(held.project, principal=principal)
    team = await teams.find(project.team, principal=principal)
    runs = await digests_of(
        held,
        members=[one.person for one in team.members],
        run_log=run_log,
        principal=principal,
    )
    known = SessionEnd(runs=runs)
    written = await sessions.end(session, known=known, principal=principal)
    return await told(
        written, unit="sessions", query=f"end session {session}", rooms=rooms, principal=principal
    )

"""Sessions of investigation behave alike behind every adapter."""

from __future__ import annotations

from typing import Any

from contract.estates import Ports
from contract.work import (
    ADMIN,
    ANN,
    BOB,
    EVE,
    HOSTILE_REFS,
    STRANGER,
    a_project,
    an_item,
    kinds,
    refused,
    set_status,
)
from headwater.model.session import RunDigest, Session, SessionEnd, SessionQuery

NOTHING = SessionEnd()


async def a_session(ports: Ports, project: int, goal: str = "why slow", who: Any = ANN) -> Session:
    """Start a session."""
    return (await ports.sessions.start(project, goal=goal, principal=who)).value


async def test_who_starts_a_session_is_in_it(estate: Ports) -> None:
    project = await a_project(estate)
    written = await estate.sessions.start(project.id, goal="why slow", principal=ANN)
    session = written.value
    assert (session.goal, session.started_by, session.participants) == ("why slow", "ann", ("ann",))
    assert (session.ended_at, session.runs, session.notes, session.summary) == (None, (), (), None)
    assert [one.kind for one in written.activities] == ["session.started"]
    assert await estate.sessions.find(session.id, principal=ANN) == session


async def test_a_session_exists_for_its_team_and_admins_alone(estate: Ports) -> None:
    project = await a_project(estate, BOB)
    session = await a_session(estate, project.id)
    for who in (ANN, BOB, ADMIN):
        assert (await estate.sessions.find(session.id, principal=who)).id == session.id
    for who in (EVE, STRANGER):
        page = await estate.sessions.page(SessionQuery(), principal=who)
        assert (page.sessions, page.total) == ([], 0)
        for call in (
            estate.sessions.find(session.id, principal=who),
            estate.sessions.start(project.id, goal="x", principal=who),
            estate.sessions.note(session.id, text="x", done=False, principal=who),
            estate.sessions.join(session.id, principal=who),
            estate.sessions.leave(session.id, principal=who),
            estate.sessions.add_run(session.id, "r", principal=who),
            estate.sessions.end(session.id, known=NOTHING, principal=who),
        ):
            with refused("work.unknown"):
                await call
    for ref in HOSTILE_REFS:
        with refused("work.unknown"):
            await estate.sessions.find(ref, principal=ADMIN)
        query = SessionQuery(project=ref)
        assert (await estate.sessions.page(query, principal=ADMIN)).total == 0


async def test_what_is_done_in_a_session_is_kept_in_order(estate: Ports) -> None:
    project = await a_project(estate, BOB)
    session = await a_session(estate, project.id)
    await estate.sessions.join(session.id, principal=BOB)
    again = await estate.sessions.join(session.id, principal=BOB)
    await estate.sessions.add_run(session.id, "r-2", principal=BOB)
    await estate.sessions.add_run(session.id, "r-1", principal=ANN)
    await estate.sessions.add_run(session.id, "r-2", principal=ANN)
    await estate.sessions.note(session.id, text="pool is full", done=False, principal=ANN)
    noted = await estate.sessions.note(session.id, text="raised it", done=True, principal=BOB)
    left = await estate.sessions.leave(session.id, principal=ANN)
    gone = await estate.sessions.leave(session.id, principal=ANN)
    held = await estate.sessions.find(session.id, principal=ANN)
    assert (again.activities, gone.activities) == ((), ())
    assert (held.participants, held.runs) == (("bob",), ("r-2", "r-1"))
    assert [(one.by, one.text, one.done) for one in held.notes] == [
        ("ann", "pool is full", False),
        ("bob", "raised it", True),
    ]
    assert (noted.value.version, left.value.version, held.version) == (6, 7, 7)
    back = await estate.sessions.join(session.id, principal=ANN)
    assert back.value.participants == ("ann", "bob")
    assert await kinds(estate, project.id) == [
        "project.created", "session.started", "participant.joined", "run.added", "run.added",
        "note.added", "note.added", "participant.left", "participant.joined",
    ]  # fmt: skip


async def test_the_end_tells_what_really_happened(estate: Ports) -> None:
    project = await a_project(estate, BOB)
    before = await an_item(estate, project.id, "before")
    session = await a_session(estate, project.id, "why is checkout slow")
    await estate.sessions.join(session.id, principal=BOB)
    await estate.sessions.add_run(session.id, "r-1", principal=ANN)
    await estate.sessions.add_run(session.id, "r-2", principal=ANN)
    await estate.sessions.note(session.id, text="raised the pool", done=True, principal=BOB)
    await estate.sessions.note(session.id, text="watch it tonight", done=False, principal=BOB)
    await estate.sessions.leave(session.id, principal=BOB)
    await set_status(estate, before, "done")
    other = await estate.projects.find(project.id, principal=ADMIN)
    await estate.projects.update(
        project.id, version=other.version, changes={"name": "by somebody else"}, principal=ADMIN
    )
    known = SessionEnd(runs={"r-1": RunDigest(text="why?", status="partial", summary="a pool")})
    written = await estate.sessions.end(session.id, known=known, principal=ANN)
    ended = written.value
    assert ended.ended_at is not None
    assert (ended.summary or "").splitlines() == [
        "why is checkout slow: 0 min, by ann, bob.",
        "Asked (2):",
        "- why? (partial: a pool)",
        "- run r-2",
        "Done (1):",
        "- raised the pool (bob)",
        "Noted (1):",
        "- watch it tonight (bob)",
        "Changed (2):",
        f"- item.updated by ann: item {before.id} before (status new to done)",
        f"- project.updated by ann: project {project.id} Checkout (progress 0.0 to 1.0)",
    ]
    assert [one.kind for one in written.activities] == ["session.ended"]
    assert await estate.sessions.find(session.id, principal=BOB) == ended


async def test_a_session_ends_once_and_then_nothing_is_written_to_it(estate: Ports) -> None:
    project = await a_project(estate)
    session = await a_session(estate, project.id)
    first = await estate.sessions.end(session.id, known=NOTHING, principal=ANN)
    assert (first.value.summary or "").endswith("Nothing was asked, noted or changed.")
    for call in (
        estate.sessions.end(session.id, known=NOTHING, principal=ANN),
        estate.sessions.note(session.id, text="x", done=False, principal=ANN),
        estate.sessions.join(session.id, principal=ANN),
        estate.sessions.leave(session.id, principal=ANN),
        estate.sessions.add_run(session.id, "r", principal=ANN),
    ):
        with refused("work.ended"):
            await call
    assert await estate.sessions.find(session.id, principal=ANN) == first.value


async def test_sessions_are_found_by_project_person_and_being_open(estate: Ports) -> None:
    one, two = await a_project(estate, BOB), await a_project(estate)
    first, second = await a_session(estate, one.id), await a_session(estate, two.id)
    third = await a_session(estate, one.id, who=BOB)
    await estate.sessions.end(first.id, known=NOTHING, principal=ANN)
    await estate.sessions.join(third.id, principal=ANN)
    await estate.sessions.leave(third.id, principal=ANN)
    expected = [
        (SessionQuery(), [third.id, second.id, first.id]),
        (SessionQuery(project=one.id), [third.id, first.id]),
        (SessionQuery(open_only=True), [third.id, second.id]),
        (SessionQuery(participant="bob"), [third.id]),
        (SessionQuery(participant="ann", project=one.id), [third.id, first.id]),
        (SessionQuery(participant="\x00"), []),
    ]
    for query, ids in expected:
        page = await estate.sessions.page(query, principal=ANN)
        assert ([each.id for each in page.sessions], page.total) == (ids, len(ids)), query
    cut = await estate.sessions.page(SessionQuery(limit=2), principal=ANN)
    rest = SessionQuery(limit=2, cursor=cut.next_cursor)
    assert [each.id for each in (await estate.sessions.page(rest, principal=ANN)).sessions] == [
        first.id
    ]


async def test_bad_words_are_refused(estate: Ports) -> None:
    project = await a_project(estate)
    session = await a_session(estate, project.id)
    for text in ("", " \n", "\x00", "\ud800", "x" * 20_001):
        for call in (
            estate.sessions.start(project.id, goal=text, principal=ANN),
            estate.sessions.note(session.id, text=text, done=False, principal=ANN),
        ):
            with refused("work.bad"):
                await call
    for run in ("", "\x00", "x" * 65):
        with refused("work.bad"):
            await estate.sessions.add_run(session.id, run, principal=ANN)
    assert await estate.sessions.find(session.id, principal=ANN) == session

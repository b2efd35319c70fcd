"""A run asked in a session is remembered there, or refused before anything runs."""

import pytest

from headwater import AsyncHeadwater
from headwater.app.settings import Settings
from headwater.errors import UsageError
from headwater.model.principal import Principal
from headwater.model.project import ProjectDraft

OLGA = Principal(name="olga", roles=("operator",))
IVAN = Principal(name="ivan", roles=("operator",))
PLAN = {"steps": [{"id": "find", "tool": "ci.search", "args": {"keywords": ["orders"]}}]}


@pytest.fixture
async def hw(tmp_path):
    url = f"sqlite:///{tmp_path}/estate.db"
    async with AsyncHeadwater.open(url, settings=Settings(jobs=False)) as opened:
        yield opened


@pytest.fixture
async def session(hw):
    stores = hw._parts.stores
    team = (await stores.work.teams.create("on call", description=None, principal=OLGA)).value
    draft = ProjectDraft(team=team.id, name="checkout is slow")
    project = (await stores.work.projects.create(draft, principal=OLGA)).value
    return (await stores.work.sessions.start(project.id, goal="find out why", principal=OLGA)).value


async def runs_of(hw, session):
    return (await hw._parts.stores.work.sessions.find(session.id, principal=OLGA)).runs


async def test_what_is_asked_in_a_session_is_remembered_in_order(hw, session):
    run = await hw.run(PLAN, session=session.id, principal=OLGA)
    answer = await hw.ask("what is orders?", session=session.id, principal=OLGA)
    begun = await hw.live.begin(plan=PLAN, session=session.id, principal=OLGA)
    assert await runs_of(hw, session) == (run.run_id, answer.run_id, begun.run_id)


async def test_a_session_that_one_does_not_see_is_none_and_nothing_runs(hw, session):
    with pytest.raises(UsageError) as error:
        await hw.run(PLAN, session=session.id, principal=IVAN)
    assert error.value.code == "work.unknown"
    with pytest.raises(UsageError) as never_was:
        await hw.run(PLAN, session=10**6, principal=IVAN)
    assert never_was.value.message == error.value.message.replace(str(session.id), "1000000")
    assert await runs_of(hw, session) == ()


async def test_an_ended_session_takes_no_more(hw, session):
    from headwater.model.session import SessionEnd

    await hw._parts.stores.work.sessions.end(session.id, known=SessionEnd(), principal=OLGA)
    with pytest.raises(UsageError) as error:
        await hw.ask("what is orders?", session=session.id, principal=OLGA)
    assert error.value.code == "work.ended"


@pytest.mark.parametrize("session", ["7", 1.5, True])
async def test_a_session_is_a_whole_number(hw, session):
    with pytest.raises(UsageError) as error:
        await hw.ask("what is orders?", session=session, principal=OLGA)
    assert error.value.code == "ask.bad_session"

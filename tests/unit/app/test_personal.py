"""What depends on who asks is shared with nobody else, and its run is seen by its asker alone."""

import pytest
from anyio import fail_after
from patience import GUARD_S

from headwater import AsyncHeadwater, tool
from headwater.app.settings import Settings
from headwater.errors import UsageError
from headwater.model.evidence import Evidence
from headwater.model.principal import Principal
from headwater.toolkit.cited import Cited

OLGA = Principal(name="olga", roles=("reader",))
IVAN = Principal(name="ivan", roles=("reader",))
ADMIN = Principal(name="root", roles=("admin",))
HERS = {"steps": [{"id": "mine", "tool": "test.mine"}, {"id": "all", "tool": "test.all"}]}


class Notebooks:
    """Two tools: one gives each their own notes, the other gives the same to all."""

    def __init__(self):
        self.asked = []

    def tools(self):
        @tool(
            name="test.mine",
            description="Give own notes.",
            role="reader",
            idempotent=True,
            cacheable=True,
            personal=True,
        )
        async def mine(principal: Principal) -> Cited[list[str]]:
            self.asked.append(principal.name)
            notes = [] if principal.name == "ivan" else [f"canary-{principal.name}"]
            return Cited(notes, (Evidence(count=len(notes)),))

        @tool(name="test.all", description="Give what all see.", role="reader", idempotent=True)
        async def everybodys(principal: Principal) -> list[str]:
            return ["seen"]

        return [mine, everybodys]


@pytest.fixture
async def hw(tmp_path):
    self = Notebooks()
    settings = Settings(jobs=False)
    url = f"sqlite:///{tmp_path}/estate.db"
    async with AsyncHeadwater.open(url, packs=[self.tools()], settings=settings) as opened:
        yield opened


async def test_people_of_equal_roles_share_no_personal_result_from_the_cache(hw):
    for _ in range(2):
        assert (await hw.call("test.mine", principal=OLGA)).value == ["canary-olga"]
        assert (await hw.call("test.mine", principal=IVAN)).value == []
    again = await hw.call("test.mine", principal=OLGA)
    assert (again.via, again.value) == ("cache", ["canary-olga"])


async def test_a_run_that_shows_personal_records_exists_for_nobody_else(hw):
    run = await hw.run(HERS, principal=OLGA)
    open_run = await hw.run(HERS, principal=IVAN)  # it found nothing of his own
    assert [one.run_id for one in await hw.runs(principal=IVAN)] == [open_run.run_id]
    with pytest.raises(UsageError) as error:
        await hw.explain(run.run_id, principal=IVAN)
    assert error.value.code == "run.unknown"
    for who in (OLGA, ADMIN):
        assert len(await hw.runs(principal=who)) == 2
        assert (await hw.explain(run.run_id, principal=who)).run.private


async def test_who_hears_the_tenants_runs_hears_nothing_of_it(hw):
    async with hw.live.subscribe(principal=IVAN) as events:
        hers = await hw.run(HERS, principal=OLGA)
        his = await hw.run(HERS, principal=IVAN)
        told = []
        with fail_after(GUARD_S):
            async for event in events:
                told.append(event)
                if (event.run_id, event.kind) == (his.run_id, "run.answered"):
                    break
    assert "canary-olga" not in repr(told)
    last = [event.kind for event in told if event.run_id == hers.run_id][-1]
    assert last != "run.answered"


async def test_its_asker_hears_all_of_it(hw):
    async with hw.live.subscribe(principal=OLGA) as events:
        hers = await hw.run(HERS, principal=OLGA)
        with fail_after(GUARD_S):
            told = []
            async for event in events:
                told.append(event)
                if event.kind == "run.answered":
                    break
    assert "canary-olga" in repr(told)
    assert {event.run_id for event in told} == {hers.run_id}

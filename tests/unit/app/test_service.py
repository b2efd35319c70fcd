"""The one door: every method, as its users meet it."""

from datetime import UTC, datetime

import anyio
import pytest
from patience import GUARD_S

from headwater import AsyncHeadwater, HeadwaterError, Principal, tool
from headwater.errors import UsageError
from headwater.model.item import ItemPage
from headwater.testing import Script, scripted


async def test_tools_are_typed_functions_under_their_names(opened):
    async with opened() as hw:
        page = await hw.ci.search(keywords=["orders"], limit=5)
        item = await hw.ci.get_by_code(code="shop")
        assert isinstance(page, ItemPage)
        assert [one.code for one in page.items] == ["orders-db"]
        assert item.tags == {"tier": "1"}
        assert await hw.ci.get(id=10**9) is None
        assert "search" in dir(hw.ci)


async def test_a_tool_function_raises_what_call_gives_as_data(opened):
    async with opened() as hw:
        with pytest.raises(HeadwaterError) as caught:
            await hw.ci.search(keywords=["x"], limit=500)
        outcome = await hw.call("ci.search", {"keywords": ["x"], "limit": 500})
    assert caught.value.code == outcome.code == "tool.bad_arguments"
    assert "limit" in outcome.message


async def test_what_is_neither_method_nor_tool_is_an_attribute_error(opened):
    async with opened() as hw:
        with pytest.raises(AttributeError, match="weather"):
            _ = hw.weather
        with pytest.raises(AttributeError, match=r"ci\.serach"):
            _ = hw.ci.serach


async def test_a_plan_gives_outcomes_by_step_and_the_parts_of_an_answer(opened):
    async with opened() as hw:
        result = await hw.run(
            {
                "steps": [
                    {"id": "find", "tool": "ci.search", "args": {"keywords": ["shop"]}},
                    {
                        "id": "below",
                        "tool": "graph.expand",
                        "args": {"root": {"$": "find.items[0].id"}, "view": "dependency"},
                    },
                ]
            },
            budget_s=30,
        )
    assert result.status == "complete"
    assert [one["code"] for one in result.outcomes["below"].value["nodes"]] == [
        "shop",
        "orders-db",
        "host-1",
    ]
    assert result.evidence
    assert result.run_id.startswith("r-")


async def test_a_bad_plan_is_refused_and_leaves_no_run(opened):
    async with opened() as hw:
        with pytest.raises(UsageError) as caught:
            await hw.run({"steps": [{"id": "a", "tool": "ci.serach"}]})
        assert caught.value.code == "tool.unknown"
        assert await hw.runs() == []


@pytest.mark.parametrize("budget_s", [0, -1, 0.01, 61, float("nan"), float("inf"), "soon"])
async def test_a_budget_that_is_none_is_refused(opened, budget_s):
    async with opened() as hw:
        with pytest.raises(UsageError) as caught:
            await hw.ask("what is shop?", budget_s=budget_s)
    assert caught.value.code == "ask.bad_budget"


async def test_a_run_tells_of_itself_and_is_found_after_reopening(opened, url):
    async with opened() as hw:
        result = await hw.run(
            {"steps": [{"id": "a", "tool": "ci.get_by_code", "args": {"code": "shop"}}]}
        )
        told = await hw.explain(result.run_id)
        kinds = [event.kind for event in told.events]
        assert kinds == ["run.started", "run.planned", "step.started", "step.ended", "run.answered"]
        assert told.run.status == "complete"
        assert [event.seq for event in told.events] == list(range(5))
    if url != "memory:":
        async with AsyncHeadwater.open(url) as hw:
            assert [run.run_id for run in await hw.runs()] == [result.run_id]
            assert (await hw.explain(result.run_id)).events == told.events


async def test_an_unknown_run_is_refused(opened):
    async with opened() as hw:
        for ask in (hw.explain, hw.again, hw.replay):
            with pytest.raises(UsageError) as caught:
                await ask("r-nothing")
            assert caught.value.code == "run.unknown"


async def test_again_keeps_what_is_finished_and_asks_for_what_is_missing(opened):
    script = Script(gives=[UsageError("not yet", code="test.no"), "now"])
    counted = Script(gives=["kept"])
    pack = [scripted("t.flaky", script), scripted("t.counted", counted)]
    plan = {
        "steps": [
            {"id": "good", "tool": "t.counted"},
            {"id": "bad", "tool": "t.flaky"},
            {"id": "after", "tool": "t.counted", "args": {"value": {"$": "bad"}}},
        ]
    }
    async with opened(packs=[pack]) as hw:
        first = await hw.run(plan)
        assert first.status == "partial"
        assert {gap.step for gap in first.gaps} == {"bad", "after"}
        second = await hw.again(first.run_id)
        assert second.status == "complete"
        assert second.outcomes["good"].value == "kept"
        assert [one["value"] for one in counted.asked] == [None, "now"]
        with pytest.raises(UsageError, match="nowhere"):
            await hw.again(first.run_id, only=["nowhere"])
        third = await hw.again(second.run_id)
        assert third.status == "complete"
        assert len(script.asked) == 2


async def test_again_can_ask_for_one_step_only(opened):
    script = Script(gives=[UsageError("no", code="test.no")] * 2 + ["yes"])
    plan = {"steps": [{"id": "a", "tool": "t.x"}, {"id": "b", "tool": "t.x", "args": {"value": 2}}]}
    async with opened(packs=[[scripted("t.x", script)]]) as hw:
        first = await hw.run(plan)
        assert first.status == "failed"
        second = await hw.again(first.run_id, only=["b"])
    assert second.outcomes["b"].value == "yes"
    assert second.outcomes["a"].status == "failed"
    assert second.status == "partial"


async def test_replay_reports_no_difference_on_the_same_estate_and_each_one_on_another(
    opened, bundle
):
    plan = {"steps": [{"id": "all", "tool": "ci.search", "args": {"filters": []}}]}
    async with opened() as hw:
        first = await hw.run(plan)
        same = await hw.replay(first.run_id, sequential=True)
        assert (same.equal, same.mode, same.steps) == (True, "sequential", 1)
        (bundle / "items.jsonl").write_text(
            '{"code": "shop", "name": "the shop", "type": "service"}\n', "utf-8"
        )
        await hw.load(bundle / "items.jsonl")
        other = await hw.replay(first.run_id)
    assert not other.equal
    paths = {one.path for one in other.differences}
    assert "value.items[0].name" in paths


async def test_runs_of_one_tenant_are_nobody_elses(opened):
    other = Principal(tenant="other")
    async with opened() as hw:
        result = await hw.run(
            {"steps": [{"id": "a", "tool": "ci.get_by_code", "args": {"code": "shop"}}]}
        )
        assert await hw.runs(principal=other) == []
        with pytest.raises(UsageError) as caught:
            await hw.explain(result.run_id, principal=other)
        with pytest.raises(UsageError) as unknown:
            await hw.explain("r-nothing", principal=other)
    assert caught.value.code == unknown.value.code == "run.unknown"


async def test_a_cached_result_is_asked_again_once_the_data_changed(opened, bundle):
    args = {"group_by": ["type"]}
    async with opened() as hw:
        first = await hw.call("ci.aggregate", args)
        again = await hw.call("ci.aggregate", args)
        (bundle / "items.jsonl").write_text(
            '{"code": "new", "name": "new", "type": "queue"}\n', "utf-8"
        )
        await hw.load(bundle / "items.jsonl")
        later = await hw.call("ci.aggregate", args)
    assert (first.via, again.via, later.via) == ("direct", "cache", "direct")
    assert first.value == again.value
    assert later.value["total_items"] == first.value["total_items"] + 1


async def test_what_another_process_loads_is_seen_when_the_lease_ends(bundle, tmp_path):
    url, args = f"sqlite:///{tmp_path}/shared.db", {"group_by": ["type"]}
    async with AsyncHeadwater.open(url) as ours, AsyncHeadwater.open(url) as theirs:
        await theirs.load(bundle)
        first = await ours.call("ci.aggregate", args)
        (bundle / "items.jsonl").write_text(
            '{"code": "new", "name": "new", "type": "queue"}\n', "utf-8"
        )
        await theirs.load(bundle / "items.jsonl")
        with anyio.fail_after(GUARD_S):
            while (later := await ours.call("ci.aggregate", args)).value == first.value:
                await anyio.lowlevel.checkpoint()
    assert later.value["total_items"] == first.value["total_items"] + 1


async def test_a_pack_is_a_list_of_tools_or_a_module_of_them(opened):
    @tool(name="weather.now", description="What the weather is.", idempotent=True)
    async def now(city: str) -> str:
        return f"rain in {city}"

    import types

    module = types.ModuleType("weather")
    module.later = tool(name="weather.later", description="Later.")(_later)
    async with opened(packs=[[now], module]) as hw:
        assert await hw.weather.now(city="Bonn") == "rain in Bonn"
        assert await hw.weather.later(hours=3) == 6
        names = {one.name for one in await hw.tools()}
    assert {"weather.now", "weather.later", "ci.search"} <= names


def _later(hours: int) -> int:
    return 2 * hours


async def test_two_tools_of_one_name_are_refused(url):
    with pytest.raises(UsageError, match=r"ci\.search"):
        async with AsyncHeadwater.open(url, packs=[[scripted("ci.search")]]):
            pass


async def test_what_the_block_raises_comes_out_as_it_is(opened):
    with pytest.raises(KeyError, match="mine"):
        async with opened():
            raise KeyError("mine")


@pytest.mark.parametrize("bad", ["estate.db", "oracle://x", "sqlite:///", "", "sqlite://x"])
async def test_a_bad_url_is_refused_with_the_form_that_is_due(bad):
    with pytest.raises(UsageError) as caught:
        async with AsyncHeadwater.open(bad or "x"):
            pass
    assert caught.value.code == "database.bad_url"
    assert "sqlite:///PATH" in caught.value.message


async def test_a_question_given_up_by_its_asker_leaves_a_failed_run_and_no_task(opened):
    script = Script(hangs=True)
    async with opened(packs=[[scripted("t.hang", script)]]) as hw:
        with anyio.fail_after(GUARD_S):
            async with anyio.create_task_group() as group:
                group.start_soon(hw.run, {"steps": [{"id": "a", "tool": "t.hang"}]})
                while not script.under_way:  # noqa: ASYNC110 (it tells nobody)
                    await anyio.sleep(0.001)
                group.cancel_scope.cancel()
        assert script.under_way == 0
        (run,) = await hw.runs()
    assert run.status == "failed"


async def test_windows_of_a_replay_read_the_same_span(opened):
    plan = {
        "steps": [
            {
                "id": "m",
                "tool": "metric.aggregate",
                "args": {"metric": "latency_ms", "window": "last_1h", "aggregate": "count"},
            }
        ]
    }
    async with opened() as hw:
        first = await hw.run(plan)
        assert first.status == "complete"
        assert (await hw.replay(first.run_id)).equal
    assert datetime.fromisoformat(first.outcomes["m"].value["window"]["end"]).tzinfo == UTC

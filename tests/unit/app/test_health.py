"""Readiness and numbers, as probes and scrapers ask for them."""

from collections import Counter

import pytest
from prometheus_client.parser import text_string_to_metric_families

from headwater import AsyncHeadwater
from headwater.app.settings import Settings
from headwater.errors import LimitError
from headwater.model.principal import Principal
from headwater.toolkit.tool import tool

pytestmark = pytest.mark.parametrize("anyio_backend", ["asyncio"])


@tool(name="test.fails", description="Fails.", idempotent=False)
async def fails() -> int:
    """Fail."""
    raise ValueError("on purpose")


async def test_an_open_estate_is_ready(tmp_path):
    async with AsyncHeadwater.open(f"sqlite:///{tmp_path / 'e.db'}") as hw:
        found = await hw.health.ready()
        assert found.ready
        assert [one.name for one in found.checks] == ["estate", "runs"]


async def test_readiness_is_looked_at_once_a_second(tmp_path):
    async with AsyncHeadwater.open(f"sqlite:///{tmp_path / 'e.db'}") as hw:
        first = await hw.health.ready()
        assert await hw.health.ready() is first


async def test_a_service_that_stops_is_not_ready():
    async with AsyncHeadwater.open("memory:") as hw:
        hw.health.drain()
        assert not (await hw.health.ready()).ready


async def test_calls_runs_and_the_state_of_each_tool_are_in_the_numbers():
    settings = Settings(watch_loop=True, prepare=False)
    async with AsyncHeadwater.open("memory:", packs=[[fails]], settings=settings) as hw:
        await hw.call("ci.search", {})
        await hw.call("test.fails", {})
        await hw.run({"steps": [{"id": "a", "tool": "ci.search", "args": {}}]})
        await hw.runs()
        families = {one.name: one for one in text_string_to_metric_families(hw.health.metrics())}
    calls: Counter[tuple[str, str]] = Counter()
    for one in families["headwater_call_seconds"].samples:
        if one.name.endswith("_count"):
            calls[one.labels["tool"], one.labels["status"]] += int(one.value)
    assert calls["ci.search", "succeeded"] == 2
    assert calls["test.fails", "failed"] == 1
    runs = [one for one in families["headwater_run_seconds"].samples if one.name.endswith("_count")]
    assert [(one.labels["status"], one.value) for one in runs] == [("complete", 1)]
    assert families["headwater_breaker_state"].samples[0].value == 0
    assert "headwater_loop_lag_seconds" in families
    assert families["headwater_abandoned_threads"].samples[0].value == 0


async def test_what_waits_at_the_way_in_and_who_was_turned_away_are_in_the_numbers():
    settings = Settings(runs_per_tenant=1, prepare=False)
    async with AsyncHeadwater.open("memory:", settings=settings) as hw:
        who = Principal("default")
        async with hw.admission.admitted(who):
            with pytest.raises(LimitError):
                async with hw.admission.admitted(who):
                    pytest.fail("let in")
            told = list(text_string_to_metric_families(hw.health.metrics()))
    samples = {(one.name, *one.labels.values()): one.value for of in told for one in of.samples}
    assert samples["headwater_turned_away_total", "runs"] == 1
    assert samples["headwater_turned_away_total", "overload"] == 0
    assert samples["headwater_admission_in_work", "question"] == 1
    assert samples["headwater_admission_waiting", "read"] == 0


async def test_a_tool_that_is_not_there_makes_no_label():
    async with AsyncHeadwater.open("memory:") as hw:
        await hw.call("no.such_tool", {})
        assert "no.such_tool" not in hw.health.metrics()

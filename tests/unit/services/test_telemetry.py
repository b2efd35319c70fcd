"""Calls and runs are tallied, and shown as a scraper reads them."""

from datetime import UTC, datetime

from prometheus_client.parser import text_string_to_metric_families

from headwater.model.event import Event, RunRecord
from headwater.model.gauge import Gauge
from headwater.model.outcome import Failed, Succeeded
from headwater.services.telemetry import ServiceTelemetry


def samples_of(text):
    return {
        (one.name, tuple(sorted(one.labels.items()))): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


def event(seq, kind, offset_s, step=None, **data):
    return Event(
        run_id="r-1",
        seq=seq,
        offset_s=offset_s,
        kind=kind,
        where="engine.run",
        step=step,
        data=data,
    )


def a_run(elapsed_s):
    return RunRecord(
        run_id="r-1",
        tenant="default",
        principal="local",
        kind="ask",
        text="?",
        asked_at=datetime(2026, 11, 21, tzinfo=UTC),
        budget_s=2.0,
        status="complete",
        elapsed_s=elapsed_s,
    )


def test_calls_are_counted_by_tool_status_and_way():
    telemetry = ServiceTelemetry()
    telemetry.called("ci.get", Succeeded(value=1, elapsed_s=0.003))
    telemetry.called("ci.get", Succeeded(value=1, elapsed_s=0.2, attempts=3))
    telemetry.called("ci.get", Failed(code="x.y", fault="tool", message="no", elapsed_s=0.1))
    found = samples_of(telemetry.render([]))
    good = (("status", "succeeded"), ("tool", "ci.get"), ("via", "direct"))
    bad = (("status", "failed"), ("tool", "ci.get"), ("via", "none"))
    assert found["headwater_call_seconds_count", good] == 2
    assert found["headwater_call_seconds_sum", good] == 0.203
    assert found["headwater_call_seconds_bucket", (("le", "0.005"), *good)] == 1
    assert found["headwater_call_seconds_bucket", (("le", "+Inf"), *good)] == 2
    assert found["headwater_call_seconds_count", bad] == 1
    assert found["headwater_retries_total", (("tool", "ci.get"),)] == 2


def test_parallel_efficiency_is_the_longest_chain_over_the_wall_time():
    telemetry = ServiceTelemetry()
    events = [
        event(0, "step.started", 0.0, "a", tool="x.y"),
        event(1, "step.started", 0.0, "b", tool="x.y"),
        event(2, "step.ended", 1.0, "a", outcome={"status": "succeeded"}),
        event(3, "step.ended", 0.5, "b", outcome={"status": "succeeded"}),
        event(4, "step.started", 1.0, "c", tool="x.y", after=["a"]),
        event(5, "step.ended", 1.5, "c", outcome={"status": "succeeded"}),
    ]
    telemetry.ran(a_run(elapsed_s=2.0), events)
    found = samples_of(telemetry.render([]))
    assert found["headwater_run_parallel_efficiency_sum", ()] == 0.75
    run = (("kind", "ask"), ("status", "complete"))
    assert found["headwater_run_seconds_sum", run] == 2.0


def test_gauges_of_one_name_are_one_family_with_their_labels():
    gauges = [
        Gauge(name="headwater_pool_size", value=2, help="h", labels={"pool": "b"}),
        Gauge(name="headwater_drops_total", value=7, help="d", kind="counter"),
        Gauge(name="headwater_pool_size", value=1, help="h", labels={"pool": "a"}),
    ]
    text = ServiceTelemetry().render(gauges)
    found = samples_of(text)
    assert found["headwater_pool_size", (("pool", "a"),)] == 1
    assert found["headwater_pool_size", (("pool", "b"),)] == 2
    assert found["headwater_drops_total", ()] == 7
    assert text.count("# TYPE headwater_pool_size gauge") == 1


def test_a_label_cannot_break_the_text():
    telemetry = ServiceTelemetry()
    telemetry.called('a.b"\n} 1', Succeeded(value=1))
    tools = {dict(labels).get("tool") for _, labels in samples_of(telemetry.render([]))}
    assert 'a.b"\n} 1' in tools


def test_jobs_are_timed_and_what_the_cache_answered_is_counted():
    telemetry = ServiceTelemetry()
    telemetry.worked("load", "succeeded", 12.0)
    telemetry.worked("load", "failed", 0.2)
    for via in ("cache", "direct", "cache"):
        telemetry.called("a.b", Succeeded(value=1, via=via))
    found = samples_of(telemetry.render([]))
    load = (("kind", "load"), ("status", "succeeded"))
    assert found["headwater_job_seconds_sum", load] == 12.0
    assert found["headwater_cache_hits_total", (("tool", "a.b"),)] == 2

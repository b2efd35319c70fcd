"""A run becomes spans named as the verbs, from its events."""

from datetime import UTC, datetime

from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from headwater.model.event import Event, RunRecord
from headwater.services.spans import Spans
from headwater.services.telemetry import ServiceTelemetry

ASKED_AT = datetime(2026, 11, 21, tzinfo=UTC)
ASKED_NS = int(ASKED_AT.timestamp() * 1e9)


def event(seq, kind, offset_s, step=None, where="engine.run", **data):
    return Event(
        run_id="r-1", seq=seq, offset_s=offset_s, kind=kind, where=where, step=step, data=data
    )


def spans_of(events, *, status="complete"):
    exporter = InMemorySpanExporter()
    telemetry = ServiceTelemetry(Spans(exporter, service="test"))
    run = RunRecord(
        run_id="r-1",
        tenant="acme",
        principal="local",
        kind="ask",
        text="?",
        asked_at=ASKED_AT,
        budget_s=2.0,
        status=status,
        summary="nothing answered",
        elapsed_s=0.5,
    )
    telemetry.ran(run, events)
    telemetry.close()
    return exporter.get_finished_spans()


EVENTS = [
    event(0, "run.planned", 0.01, where="engine.plan", steps=[], round=1, intent="review"),
    event(1, "step.started", 0.02, "a", tool="ci.get"),
    event(2, "attempt.failed", 0.05, "a", where="engine.call", code="tool.raised", attempt=1),
    event(3, "step.ended", 0.1, "a", outcome={"status": "succeeded", "via": "direct"}),
    event(4, "step.started", 0.1, "b", tool="ci.get"),
    event(5, "step.ended", 0.4, "b", outcome={"status": "late", "message": "too late"}),
]


def test_spans_are_named_as_the_verbs_and_say_where():
    found = {(one.name, one.attributes.get("step")): one for one in spans_of(EVENTS)}
    assert set(found) == {("ask", None), ("plan", None), ("call", "a"), ("call", "b")}
    assert found["call", "a"].attributes["where"] == "engine.run"
    assert found["plan", None].attributes["where"] == "engine.plan"
    assert found["call", "a"].attributes["tool"] == "ci.get"
    assert found["ask", None].attributes["headwater.tenant"] == "acme"


def test_spans_have_the_times_of_the_events_and_one_parent():
    found = {(one.name, one.attributes.get("step")): one for one in spans_of(EVENTS)}
    root, call = found["ask", None], found["call", "a"]
    assert root.start_time == ASKED_NS
    assert root.end_time - root.start_time == 500_000_000
    assert call.start_time - ASKED_NS == 20_000_000
    assert call.end_time - ASKED_NS == 100_000_000
    assert call.parent.span_id == root.context.span_id
    assert [one.name for one in call.events] == ["attempt.failed"]


def test_a_late_call_and_a_failed_run_are_errors():
    found = {(one.name, one.attributes.get("step")): one for one in spans_of(EVENTS)}
    assert not found["call", "b"].status.is_ok
    assert found["call", "a"].status.is_unset
    root = next(one for one in spans_of(EVENTS, status="failed") if one.name == "ask")
    assert not root.status.is_ok


def test_a_step_without_an_end_ends_with_its_run():
    calls = [one for one in spans_of(EVENTS[:2]) if one.name == "call"]
    assert calls[0].end_time - ASKED_NS == 500_000_000

"""How does a run become spans? From its events, once it has ended; it runs nothing.

Spans are named as the verbs and carry `where`, the module that the event names: one of `ask` or
`run`, below it a `plan` for each round and a `call` for each step, with its failed attempts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Span, Status, StatusCode

from headwater.model.event import Event, RunRecord

NS_A_SECOND = 1_000_000_000
MOST_WAITING = 8192
EXPORT_S = 5.0


class Spans:
    """Makes spans of runs and hands them to an exporter, in batches, from a thread of its own.

    Args:
        exporter: Where they go.
        service: The name under which they are shown.
    """

    def __init__(self, exporter: SpanExporter, *, service: str) -> None:
        resource = Resource.create({"service.name": service})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(
            BatchSpanProcessor(
                exporter,
                max_queue_size=MOST_WAITING,
                export_timeout_millis=EXPORT_S * 1000,
            )
        )
        self._tracer = self._provider.get_tracer("headwater")

    def tell(self, run: RunRecord, events: Sequence[Event]) -> None:
        """Make the spans of a run that has ended."""
        began_ns = int(run.asked_at.timestamp() * NS_A_SECOND)
        root = self._tracer.start_span(
            run.kind,
            start_time=began_ns,
            attributes={
                "where": "engine.ask" if run.kind == "ask" else "engine.run",
                "headwater.run_id": run.run_id,
                "headwater.tenant": run.tenant,
                "headwater.status": run.status or "failed",
                "headwater.budget_s": run.budget_s,
            },
        )
        if run.status == "failed":
            root.set_status(Status(StatusCode.ERROR, run.summary or "failed"))
        steps = _Steps(self._tracer, trace.set_span_in_context(root), began_ns)
        for event in events:
            steps.take(event)
        end_ns = began_ns + int((run.elapsed_s or 0.0) * NS_A_SECOND)
        steps.end(end_ns)
        root.end(end_time=end_ns)

    def close(self) -> None:
        """Send what is still to be sent, for some seconds at the most, and end the thread."""
        self._provider.force_flush(int(EXPORT_S * 1000))
        self._provider.shutdown()


class _Steps:
    """The spans below a run's own."""

    def __init__(self, tracer: trace.Tracer, below: Context, began_ns: int) -> None:
        self._tracer = tracer
        self._below = below
        self._began_ns = began_ns
        self._open: dict[str, Span] = {}

    def take(self, event: Event) -> None:
        """Begin or end the span that an event tells of."""
        at_ns = self._began_ns + int(event.offset_s * NS_A_SECOND)
        if event.kind == "run.planned":
            self._begin("plan", event, at_ns).end(end_time=at_ns)
        elif event.kind == "step.started" and event.step is not None:
            self._open[event.step] = self._begin("call", event, at_ns)
        elif event.step in self._open:
            span = self._open[event.step]
            if event.kind == "step.ended":
                del self._open[event.step]
                _end(span, event.data.get("outcome") or {}, at_ns)
            else:
                span.add_event(event.kind, _flat(event.data), at_ns)

    def end(self, at_ns: int) -> None:
        """End the spans of steps of which no end was told."""
        for span in self._open.values():
            _end(span, {"status": "late"}, at_ns)

    def _begin(self, name: str, event: Event, at_ns: int) -> Span:
        facts = {"where": event.where, **_flat(event.data)}
        if event.step is not None:
            facts["step"] = event.step
        return self._tracer.start_span(name, self._below, start_time=at_ns, attributes=facts)


def otlp_exporter(endpoint: str) -> SpanExporter:
    """Return an exporter to a collector's HTTP address, such as `http://127.0.0.1:4318`."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", timeout=EXPORT_S)


def _end(span: Span, outcome: Mapping[str, Any], at_ns: int) -> None:
    status = str(outcome.get("status", ""))
    span.set_attribute("headwater.status", status)
    for name in ("via", "attempts", "code"):
        if outcome.get(name) is not None:
            span.set_attribute(f"headwater.{name}", outcome[name])
    if status in {"failed", "late"}:
        span.set_status(Status(StatusCode.ERROR, str(outcome.get("message", status))))
    span.end(end_time=at_ns)


def _flat(data: Mapping[str, Any]) -> dict[str, str | int | float | bool]:
    return {key: one for key, one in data.items() if isinstance(one, str | int | float | bool)}

"""Which numbers does the app itself show? Read off at the moment of asking; it keeps none."""

from __future__ import annotations

from collections.abc import Iterator

from headwater.app.run_writer import RunWriter
from headwater.engine.call import Caller
from headwater.engine.gate import Gate
from headwater.engine.journal import Outlet
from headwater.engine.reaper import Reaper
from headwater.model.gauge import Gauge

BREAKER_STATES = ("closed", "half_open", "open")


def engine_gauges(
    caller: Caller, reaper: Reaper, *, outlet: Outlet, writer: RunWriter
) -> Iterator[Gauge]:
    """Give the state of the engine: who waits where, what is broken, what was left behind."""
    for gate in caller.gates:
        yield from _of_gate(gate, caller.now())
    yield Gauge(
        name="headwater_abandoned_threads",
        value=caller.threads.abandoned,
        help="Threads of blocking tools that run on after their deadline.",
    )
    yield Gauge(
        name="headwater_left_behind_tasks",
        value=reaper.left_behind,
        help="Tasks of runs that outlived their run's grace.",
    )
    yield Gauge(
        name="headwater_events_waiting",
        value=outlet.waiting,
        help="Events that wait to be written to the run log.",
    )
    yield Gauge(
        name="headwater_events_dropped_total",
        value=outlet.dropped,
        help="Events dropped because too many waited.",
        kind="counter",
    )
    yield Gauge(
        name="headwater_run_log_faults_total",
        value=writer.faults,
        help="Times that the run log could not be written.",
        kind="counter",
    )


def _of_gate(gate: Gate, now: float) -> Iterator[Gauge]:
    labels = {"tool": gate.tool}
    yield Gauge(
        name="headwater_calls_running",
        value=gate.limiter.taken,
        help="Calls under way, by tool.",
        labels=labels,
    )
    yield Gauge(
        name="headwater_calls_waiting",
        value=gate.limiter.waiting,
        help="Calls that wait for a place of their tool.",
        labels=labels,
    )
    yield Gauge(
        name="headwater_breaker_state",
        value=BREAKER_STATES.index(gate.breaker.state(now)),
        help="0 closed, 1 half open, 2 open, by tool.",
        labels=labels,
    )

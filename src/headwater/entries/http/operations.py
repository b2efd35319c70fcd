"""Which routes there are, with what each takes and gives: the one table; it answers none.

`docs/reference/http.md` has a heading for each.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from headwater.app.service import AsyncHeadwater
from headwater.entries.http.asking import Asking
from headwater.entries.http.bodies import (
    AgainBody,
    AskBody,
    JobList,
    PlanBody,
    ReplayBody,
    ToolList,
)
from headwater.entries.http.describing import Operation, Parameter
from headwater.entries.http.health import Health
from headwater.entries.http.loads import Loads
from headwater.entries.http.runs import Runs
from headwater.entries.wire.opening import Opening
from headwater.model.answer import Answer, RunResult
from headwater.model.event import RunRecord
from headwater.model.explanation import Explanation
from headwater.model.job import Job
from headwater.model.outcome import Succeeded
from headwater.model.readiness import Readiness
from headwater.model.replay import ReplayReport
from headwater.model.run_state import RunPage, RunState

TEXT = {"type": "string"}
RUN = Parameter("run_id", "path", "The run's id.", TEXT, "r-01K7YF71K4H9423GE1CMBW9FZ6")
JOB = Parameter("job_id", "path", "The job's id.", TEXT, "j-01K7YF71K4H9423GE1CMBW9FZ6")
TOOL = Parameter("name", "path", "The tool's name.", TEXT, "ci.search")
LIMIT = Parameter("limit", "query", "How many at the most.", {"type": "integer", "default": 20}, 20)
BUDGET = Parameter(
    "X-Budget",
    "header",
    "Seconds from now to the answer, where the body gives none.",
    {"type": "number", "minimum": 0.05, "maximum": 60},
    2.0,
)
WEIGHT = Parameter(
    "X-Criticality",
    "header",
    "What is turned away last, or first, where more is asked than can be done.",
    {"type": "string", "enum": ["critical", "normal", "sheddable"], "default": "normal"},
)
FLAG = {"type": "boolean", "default": False}
BACKGROUND = Parameter("background", "query", "Answer at once, and go on behind.", FLAG)
CURSOR = Parameter("cursor", "query", "Where the page before ended.", TEXT)
STATUSES = {"type": "string", "enum": ["running", "complete", "partial", "failed"]}
LAST = Parameter("Last-Event-ID", "header", "The last event seen.", {"type": "integer"}, 7)
PLAN = {"steps": [{"id": "find", "tool": "ci.search", "args": {"keywords": ["orders"]}}]}
QUESTION = {"question": "what breaks if orders-db fails?", "budget_s": 2}
UPLOADS = {
    "application/zip": {"schema": {"type": "string", "format": "binary"}},
    "application/x-ndjson": {"schema": {"type": "string"}},
}
RAN = (404, 405, 409, 415, 422, 502, 504)


def operations(
    hw: AsyncHeadwater, opening: Opening, *, described: Callable[[], dict[str, Any]]
) -> list[Operation]:
    """Return every operation over an app; `described` writes what OpenAPI says of them."""
    asking, runs, loads = Asking(hw), Runs(hw, opening), Loads(hw)
    return [*_asking(asking), *_runs(runs), *_loads(loads), *_health(Health(hw, described))]


def _asking(asking: Asking) -> list[Operation]:
    return [
        Operation(
            method="POST",
            path="/v1/ask",
            endpoint=asking.ask,
            tag="questions",
            gives={200: Answer, 202: RunRecord},
            takes=AskBody,
            example=QUESTION,
            parameters=(BACKGROUND, BUDGET, WEIGHT),
            refuses=RAN,
            events=True,
            name="ask",
        ),
        Operation(
            method="POST",
            path="/v1/runs",
            endpoint=asking.run,
            tag="runs",
            gives={200: RunResult, 202: RunRecord},
            takes=PlanBody,
            example=PLAN,
            parameters=(BACKGROUND, BUDGET, WEIGHT),
            refuses=RAN,
            events=True,
            name="run",
        ),
        Operation(
            method="GET",
            path="/v1/tools",
            endpoint=asking.tools,
            tag="tools",
            gives={200: ToolList},
            name="list_tools",
        ),
        Operation(
            method="POST",
            path="/v1/tools/{name}",
            endpoint=asking.call,
            tag="tools",
            gives={200: Succeeded},
            takes="ToolArguments",
            example={"keywords": ["orders"], "limit": 10},
            parameters=(TOOL, BUDGET, WEIGHT),
            refuses=RAN,
            name="call_tool",
        ),
    ]


def _runs(runs: Runs) -> list[Operation]:
    one = "/v1/runs/{run_id}"
    return [
        Operation(
            method="GET",
            path="/v1/runs",
            endpoint=runs.recent,
            tag="runs",
            gives={200: RunPage},
            parameters=(
                LIMIT,
                CURSOR,
                Parameter("status", "query", "Only those of this status.", STATUSES),
                Parameter("kind", "query", "Only `ask`, or only `run`.", TEXT),
                Parameter("text", "query", "Only those whose text contains this.", TEXT),
            ),
            refuses=(422,),
            name="list_runs",
        ),
        Operation(
            method="GET",
            path=one,
            endpoint=runs.find,
            tag="runs",
            gives={200: RunState},
            parameters=(RUN,),
            refuses=(404,),
            name="find_run",
        ),
        Operation(
            method="GET",
            path=f"{one}/events",
            endpoint=runs.events,
            tag="runs",
            gives={200: None},
            parameters=(RUN, LAST),
            refuses=(404,),
            events=True,
            name="follow_run",
        ),
        Operation(
            method="GET",
            path=f"{one}/explain",
            endpoint=runs.explain,
            tag="runs",
            gives={200: Explanation},
            parameters=(RUN,),
            refuses=(404,),
            name="explain_run",
        ),
        Operation(
            method="POST",
            path=f"{one}/finish",
            endpoint=runs.finish,
            tag="runs",
            gives={200: RunRecord},
            parameters=(RUN,),
            refuses=(404,),
            name="finish_run",
        ),
        Operation(
            method="POST",
            path=f"{one}/cancel",
            endpoint=runs.cancel,
            tag="runs",
            gives={200: RunRecord},
            parameters=(RUN,),
            refuses=(404,),
            name="cancel_run",
        ),
        Operation(
            method="POST",
            path=f"{one}/again",
            endpoint=runs.again,
            tag="runs",
            gives={200: "AnswerOrResult"},
            takes=AgainBody,
            example={"budget_s": 10},
            parameters=(RUN, BUDGET, WEIGHT),
            refuses=RAN,
            events=True,
            name="ask_again",
        ),
        Operation(
            method="POST",
            path=f"{one}/replay",
            endpoint=runs.replay,
            tag="runs",
            gives={200: ReplayReport},
            takes=ReplayBody,
            example={"sequential": True},
            parameters=(RUN, WEIGHT),
            refuses=RAN,
            name="replay_run",
        ),
    ]


def _loads(loads: Loads) -> list[Operation]:
    return [
        Operation(
            method="POST",
            path="/v1/load",
            endpoint=loads.load,
            tag="loads",
            gives={202: Job},
            takes=UPLOADS,
            parameters=(
                Parameter("kind", "query", "`bundle` or `netbox`; else told by its looks.", TEXT),
                Parameter("replace", "query", "Remove what the source no longer has.", FLAG),
                Parameter("skip_bad", "query", "Leave bad lines out and list them.", FLAG),
            ),
            refuses=(415, 422),
            name="load",
        ),
        Operation(
            method="GET",
            path="/v1/jobs",
            endpoint=loads.recent,
            tag="loads",
            gives={200: JobList},
            parameters=(LIMIT,),
            refuses=(422,),
            name="list_jobs",
        ),
        Operation(
            method="GET",
            path="/v1/jobs/{job_id}",
            endpoint=loads.find,
            tag="loads",
            gives={200: Job},
            parameters=(JOB,),
            refuses=(404,),
            name="find_job",
        ),
        Operation(
            method="POST",
            path="/v1/jobs/{job_id}/cancel",
            endpoint=loads.cancel,
            tag="loads",
            gives={200: Job},
            parameters=(JOB,),
            refuses=(404, 409),
            name="cancel_job",
        ),
    ]


def _health(health: Health) -> list[Operation]:
    return [
        Operation(
            method="GET",
            path="/livez",
            endpoint=health.live,
            tag="health",
            gives={200: "Alive"},
            open=True,
            name="live",
        ),
        Operation(
            method="GET",
            path="/readyz",
            endpoint=health.ready,
            tag="health",
            gives={200: Readiness, 503: Readiness},
            open=True,
            name="ready",
        ),
        Operation(
            method="GET",
            path="/metrics",
            endpoint=health.metrics,
            tag="health",
            gives={200: None},
            open=True,
            name="metrics",
        ),
        Operation(
            method="GET",
            path="/openapi.json",
            endpoint=health.openapi,
            tag="health",
            gives={200: "Document"},
            open=True,
            name="describe",
        ),
    ]

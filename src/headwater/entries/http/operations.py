"""Which routes there are, with what each takes and gives: the one table; it answers none.

`docs/reference/http.md` has a heading for each.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from headwater.app.service import AsyncHeadwater
from headwater.entries.http.asking import Asking
from headwater.entries.http.bodies import (
    AgainBody,
    AskBody,
    JobList,
    PlanBody,
    ReplayBody,
    ScheduleBody,
    ScheduleList,
    ToolList,
)
from headwater.entries.http.describing import Operation, Parameter
from headwater.entries.http.github_ways import github_operations
from headwater.entries.http.health import Health
from headwater.entries.http.library import Library
from headwater.entries.http.loads import Loads
from headwater.entries.http.rooms import Rooms
from headwater.entries.http.routing import Endpoint
from headwater.entries.http.runs import Runs
from headwater.entries.http.schedules import Schedules
from headwater.entries.http.work_ways import work_operations
from headwater.entries.wire.opening import Opening
from headwater.entries.wire.paths import DOCUMENTS, LIVEZ, READYZ, UPLOAD
from headwater.model.answer import Answer, RunResult
from headwater.model.document import Document, DocumentPage
from headwater.model.event import RunRecord
from headwater.model.explanation import Explanation
from headwater.model.job import Job
from headwater.model.outcome import Succeeded
from headwater.model.readiness import Readiness
from headwater.model.replay import ReplayReport
from headwater.model.run_state import RunPage, RunState
from headwater.model.schedule import Schedule

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
SENT = {
    kind: {"schema": {"type": "string", "format": "binary"}}
    for kind in ("text/markdown", "text/plain", "text/html", "application/pdf", "application/zip")
}
MANY = {"type": "array", "items": TEXT}
SAID = (
    Parameter("title", "query", "The document's title, instead of its own.", TEXT),
    Parameter("source", "query", "What it is known by; its content without it.", TEXT),
    Parameter("tag", "query", "A tag, as `key=value`; may be given again.", MANY),
    Parameter("item", "query", "The code of an item it is about; may be given again.", MANY),
)
DOCUMENT = Parameter("document_id", "path", "The document's id.", TEXT, "17")
PROJECT = Parameter("project", "path", "The project's id.", TEXT, "7")
SCHEDULE = Parameter("name", "path", "The schedule's name.", TEXT, "nightly")
ONE = "/v1/runs/{run_id}"
RAN = (404, 405, 409, 415, 422, 502, 504)


def operations(
    hw: AsyncHeadwater, opening: Opening, *, described: Callable[[], dict[str, Any]]
) -> list[Operation]:
    """Return every operation over an app; `described` writes what OpenAPI says of them."""
    asking, runs, loads = Asking(hw), Runs(hw, opening), Loads(hw)
    return [
        *_asking(asking),
        *_runs(runs),
        *_changes(runs),
        *_loads(loads),
        *_schedules(Schedules(hw)),
        *_library(Library(hw)),
        *work_operations(hw),
        _room(Rooms(hw, opening)),
        *github_operations(hw),
        *_health(Health(hw, described)),
    ]


def _asking(asking: Asking) -> list[Operation]:
    asks = partial(Operation, method="POST", refuses=RAN)
    freely = (BACKGROUND, BUDGET, WEIGHT)
    return [
        asks(
            path="/v1/ask",
            endpoint=asking.ask,
            tag="questions",
            gives={200: Answer, 202: RunRecord},
            takes=AskBody,
            example=QUESTION,
            parameters=freely,
            events=True,
            name="ask",
        ),
        asks(
            path="/v1/runs",
            endpoint=asking.run,
            tag="runs",
            gives={200: RunResult, 202: RunRecord},
            takes=PlanBody,
            example=PLAN,
            parameters=freely,
            events=True,
            name="run",
        ),
        asks(
            path="/v1/tools/{name}",
            endpoint=asking.call,
            tag="tools",
            gives={200: Succeeded},
            takes="ToolArguments",
            example={"keywords": ["orders"], "limit": 10},
            parameters=(TOOL, BUDGET, WEIGHT),
            name="call_tool",
        ),
        _reads("/v1/tools", asking.tools, gives=ToolList, tag="tools", name="list_tools"),
    ]


def _runs(runs: Runs) -> list[Operation]:
    reads = partial(_reads, tag="runs")
    wanted = (
        LIMIT,
        CURSOR,
        Parameter("status", "query", "Only those of this status.", STATUSES),
        Parameter("kind", "query", "Only `ask`, or only `run`.", TEXT),
        Parameter("text", "query", "Only those whose text contains this.", TEXT),
    )
    return [
        reads("/v1/runs", runs.recent, gives=RunPage, parameters=wanted, name="list_runs"),
        reads(ONE, runs.find, gives=RunState, parameters=(RUN,), name="find_run"),
        reads(
            f"{ONE}/events",
            runs.events,
            gives=None,
            parameters=(RUN, LAST),
            events=True,
            name="follow_run",
        ),
        reads(
            f"{ONE}/explain", runs.explain, gives=Explanation, parameters=(RUN,), name="explain_run"
        ),
    ]


def _changes(runs: Runs) -> list[Operation]:
    changes = partial(Operation, method="POST", tag="runs")
    ends = partial(changes, gives={200: RunRecord}, parameters=(RUN,), refuses=(404,))
    return [
        ends(path=f"{ONE}/finish", endpoint=runs.finish, name="finish_run"),
        ends(path=f"{ONE}/cancel", endpoint=runs.cancel, name="cancel_run"),
        changes(
            path=f"{ONE}/again",
            endpoint=runs.again,
            gives={200: "AnswerOrResult"},
            takes=AgainBody,
            example={"budget_s": 10},
            parameters=(RUN, BUDGET, WEIGHT),
            refuses=RAN,
            events=True,
            name="ask_again",
        ),
        changes(
            path=f"{ONE}/replay",
            endpoint=runs.replay,
            gives={200: ReplayReport},
            takes=ReplayBody,
            example={"sequential": True},
            parameters=(RUN, WEIGHT),
            refuses=RAN,
            name="replay_run",
        ),
    ]


def _reads(path: str, endpoint: Endpoint, *, gives: Any, **more: Any) -> Operation:
    """Return an operation that only reads."""
    return Operation(
        method="GET", path=path, endpoint=endpoint, gives={200: gives}, refuses=(404, 422), **more
    )


def _loads(loads: Loads) -> list[Operation]:
    one = "/v1/jobs/{job_id}"
    how = (
        Parameter("kind", "query", "`bundle` or `netbox`; else told by its looks.", TEXT),
        Parameter("replace", "query", "Remove what the source no longer has.", FLAG),
        Parameter("skip_bad", "query", "Leave bad lines out and list them.", FLAG),
    )
    reads, changes = partial(_reads, tag="loads"), partial(Operation, method="POST", tag="loads")
    return [
        changes(
            path=UPLOAD,
            endpoint=loads.load,
            gives={202: Job},
            takes=UPLOADS,
            parameters=how,
            refuses=(415, 422),
            name="load",
        ),
        reads("/v1/jobs", loads.recent, gives=JobList, parameters=(LIMIT,), name="list_jobs"),
        reads(one, loads.find, gives=Job, parameters=(JOB,), name="find_job"),
        changes(
            path=f"{one}/cancel",
            endpoint=loads.cancel,
            gives={200: Job},
            parameters=(JOB,),
            refuses=(404, 409),
            name="cancel_job",
        ),
    ]


def _schedules(schedules: Schedules) -> list[Operation]:
    changes = partial(Operation, tag="schedules")
    what = {"ask": "how is orders-db?", "budget_s": 10}
    return [
        changes(
            method="POST",
            path="/v1/schedules",
            endpoint=schedules.create,
            gives={201: Schedule},
            takes=ScheduleBody,
            example={"name": "nightly", "cron": "0 3 * * *", "do": what},
            refuses=(409, 415, 422),
            name="create_schedule",
        ),
        _reads(
            "/v1/schedules",
            schedules.all_,
            gives=ScheduleList,
            tag="schedules",
            name="list_schedules",
        ),
        changes(
            method="DELETE",
            path="/v1/schedules/{name}",
            endpoint=schedules.remove,
            gives={200: Schedule},
            parameters=(SCHEDULE,),
            refuses=(404, 422),
            name="remove_schedule",
        ),
    ]


def _library(library: Library) -> list[Operation]:
    one = f"{DOCUMENTS}/{{document_id}}"
    reads, changes = partial(_reads, tag="documents"), partial(Operation, tag="documents")
    return [
        changes(
            method="POST",
            path=DOCUMENTS,
            endpoint=library.ingest,
            gives={202: Job},
            takes=SENT,
            parameters=SAID,
            refuses=(415, 422),
            name="ingest",
        ),
        reads(
            DOCUMENTS,
            library.recent,
            gives=DocumentPage,
            parameters=(LIMIT,),
            name="list_documents",
        ),
        reads(one, library.find, gives=Document, parameters=(DOCUMENT,), name="find_document"),
        changes(
            method="DELETE",
            path=one,
            endpoint=library.forget,
            gives={200: Document},
            parameters=(DOCUMENT,),
            refuses=(404, 422),
            name="forget_document",
        ),
    ]


def _room(rooms: Rooms) -> Operation:
    return _reads(
        "/v1/projects/{project}/events",
        rooms.events,
        gives=None,
        parameters=(PROJECT, LAST),
        tag="projects",
        events=True,
        name="follow_project",
    )


def _health(health: Health) -> list[Operation]:
    free = partial(Operation, method="GET", tag="health", open=True)
    return [
        free(path=LIVEZ, endpoint=health.live, gives={200: "Alive"}, name="live"),
        free(
            path=READYZ,
            endpoint=health.ready,
            gives={200: Readiness, 503: Readiness},
            name="ready",
        ),
        free(path="/metrics", endpoint=health.metrics, gives={200: None}, name="metrics"),
        free(
            path="/openapi.json", endpoint=health.openapi, gives={200: "Document"}, name="describe"
        ),
    ]

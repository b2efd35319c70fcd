"""What the OpenAPI document says; it is written on the first request for it."""

from __future__ import annotations

from importlib import metadata
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter

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
from headwater.entries.http.describing import REF
from headwater.entries.http.work_ways import WAYS
from headwater.errors import Fault
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

TAKEN: tuple[Any, ...] = (
    AskBody, PlanBody, AgainBody, ReplayBody, ScheduleBody,
    *dict.fromkeys(one.takes for one in WAYS if one.takes),
)  # fmt: skip
GIVEN: tuple[Any, ...] = (
    Answer, RunResult, RunRecord, RunPage, RunState, Explanation, ReplayReport, Readiness, Job,
    Succeeded, ToolList, JobList, Schedule, ScheduleList, Document, DocumentPage,
    *dict.fromkeys(one.gives for one in WAYS if isinstance(one.gives, type)),
)  # fmt: skip
WORDS = """Answers operational questions on a deadline: typed, cited, complete or honestly partial.

Every request but those on health needs `Authorization: Bearer KEY`. What is refused is a problem
document (RFC 9457) with a `code`, a `fault` and what to change. `WS /v1/live` tells a tenant's runs
as they happen; `/mcp` is for agents.
"""
PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "Why a request was refused, and what to change (RFC 9457).",
    "required": ["type", "title", "status", "detail", "code", "fault"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "description": "Stable; see the reference of errors."},
        "fault": TypeAdapter(Fault).json_schema(),
        "retry_after_s": {"type": "number"},
        "answer": {"description": "The failed answer, where a question was asked."},
        "result": {"description": "The failed result, where a plan was run."},
        "outcome": {"description": "The outcome, where a tool was called."},
        "current": {"description": "What is there now, where it was changed meanwhile."},
    },
    "example": {
        "type": "urn:headwater:error:tool.unknown",
        "title": "Not Found",
        "status": 404,
        "detail": "there is no tool called 'ci.serch'; did you mean ci.search?",
        "code": "tool.unknown",
        "fault": "asker",
    },
}
OTHERS: dict[str, Any] = {
    "Problem": PROBLEM,
    "Alive": {
        "type": "object",
        "required": ["status"],
        "properties": {"status": {"type": "string", "const": "alive"}},
    },
    "ToolArguments": {
        "type": "object",
        "description": "A tool's arguments; `GET /v1/tools` has the JSON Schema of each tool's.",
        "additionalProperties": True,
    },
    "Told": {
        "type": "object",
        "description": "One server-sent event: an event of the run, or its answer at the end.",
        "required": ["event", "data"],
        "properties": {
            "event": {"type": "string"},
            "data": {"type": "string", "contentMediaType": "application/json"},
            "id": {"type": "string", "description": "What `Last-Event-ID` resumes after."},
        },
    },
    "Value": {"type": "object", "description": "What the tool gives; see `GET /v1/tools`."},
    "Document": {"type": "object", "description": "This document."},
    "AnswerOrResult": {
        "anyOf": [{"$ref": REF.format(model=one)} for one in ("Answer", "RunResult")]
    },
}
KEY = {"type": "http", "scheme": "bearer", "description": "A key of `headwater keys create`."}


def write_openapi(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document of an app; it takes its time."""
    version = metadata.version("headwater")
    document = get_openapi(title=app.title, version=version, description=WORDS, routes=app.routes)
    document["components"] = {"schemas": schemas(), "securitySchemes": {"key": KEY}}
    return document


def schemas() -> dict[str, Any]:
    """Return the schemas of everything that is taken and given, by name."""
    adapters = [
        *((one, "validation", TypeAdapter(one)) for one in TAKEN),
        *((one, "serialization", TypeAdapter(one)) for one in GIVEN),
    ]
    named, rest = TypeAdapter.json_schemas(adapters, ref_template=REF)  # type: ignore[arg-type]
    found: dict[str, Any] = dict(rest.get("$defs", {}))
    for (kind, _), schema in named.items():
        if "$ref" not in schema:
            found[kind.__name__] = schema
    return dict(sorted((found | OTHERS).items()))

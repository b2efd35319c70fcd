"""What bodies hold, of requests and of lists; it reads and writes none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import Field

from headwater.entries.wire.decode import Body
from headwater.model.explanation import ToolInfo
from headwater.model.job import Job
from headwater.model.schedule import Schedule


class AskBody(Body):
    """A question in plain words."""

    question: str = Field(description="One question.", examples=["what breaks if orders-db fails?"])
    budget_s: float | None = Field(
        default=None, description="Seconds from now to the answer.", ge=0.05, le=60, examples=[2.0]
    )
    zone: str | None = Field(
        default=None,
        description='Where "yesterday 14:00" is meant; the zone of the server without it.',
        examples=["Europe/Berlin"],
    )
    session: int | None = Field(
        default=None, description="The session of investigation in which it is asked."
    )


class PlanBody(Body):
    """A plan: steps as `docs/reference/plan.md` describes them."""

    steps: list[dict[str, Any]] = Field(
        description="What to call, with which arguments, and what waits for what.",
        examples=[[{"id": "find", "tool": "ci.search", "args": {"keywords": ["orders"]}}]],
    )
    budget_s: float | None = Field(
        default=None, description="Seconds from now to the result.", ge=0.05, le=60, examples=[5.0]
    )
    session: int | None = Field(
        default=None, description="The session of investigation in which it is asked."
    )


class AgainBody(Body):
    """What of an earlier run to ask again."""

    only: list[str] = Field(default=[], description="The missing steps wanted; empty means all.")
    budget_s: float | None = Field(
        default=None, description="Seconds from now to the answer.", ge=0.05, le=60
    )


class ReplayBody(Body):
    """How to carry a stored plan out again."""

    sequential: bool = Field(default=False, description="One step after the other.")


class ScheduleBody(Body):
    """What is to be done again and again, and when."""

    name: str = Field(description="What it is called.", examples=["nightly"])
    cron: str = Field(
        description="Minute, hour, day of the month, month, day of the week.",
        examples=["0 3 * * *"],
    )
    zone: str = Field(default="UTC", description="The zone in which the line is read.")
    do: dict[str, Any] = Field(
        description="One of `scan`, `ask`, `run`, `load`, `ingest`, and how.",
        examples=[{"ask": "how is orders-db?", "budget_s": 10}],
    )


@dataclass(frozen=True, slots=True)
class ScheduleList:
    """Schedules by name."""

    schedules: tuple[Schedule, ...]


@dataclass(frozen=True, slots=True)
class ToolList:
    """The tools by name."""

    tools: tuple[ToolInfo, ...]


@dataclass(frozen=True, slots=True)
class JobList:
    """Jobs, newest first."""

    jobs: tuple[Job, ...]

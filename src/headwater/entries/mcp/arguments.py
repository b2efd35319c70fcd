"""What an agent gives: decoded, or refused by the path that is wrong; it asks nobody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from anyio import to_thread
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from headwater.entries.mcp.bounding import MOST_ROWS, ROWS
from headwater.errors import UsageError

MOST_LISTED = 5
MOST_FIELDS = 100


class Given(BaseModel):
    """What a tool may be given: nothing else, and no text where a number is wanted."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Budgeted(Given):
    """The time there is."""

    budget_s: float | None = Field(
        default=None,
        ge=0.05,
        le=60,
        description="Seconds from now to the result; the server's default without it.",
    )


class Rows(Given):
    """How many rows come back."""

    rows: int | None = Field(
        default=None,
        ge=1,
        le=MOST_ROWS,
        description=f"The most rows of each list to come back; {ROWS}, or `limit`, without it.",
    )
    skip: int = Field(default=0, ge=0, description="Rows of each list to leave out first.")


class Fields(Given):
    """What of a row comes back."""

    fields: list[str] = Field(
        default=[],
        max_length=MOST_FIELDS,
        description="The fields of a row to come back, such as code or tags.env; all without it.",
    )


class Extras(Budgeted, Rows, Fields):
    """Everything that we may add to what a tool takes."""


class InSession(Budgeted):
    """An investigation that a run may belong to."""

    session: int | None = Field(
        default=None,
        description="The session of investigation in which it is asked (work_start_session).",
    )


class AskArguments(InSession):
    """A question."""

    question: str = Field(
        description="One question in plain words, such as: what breaks if orders-db fails?"
    )
    zone: str | None = Field(
        default=None,
        description='Where "yesterday 14:00" is meant, such as Europe/Berlin; the server\'s zone '
        "without it.",
    )
    rows: int = Field(default=ROWS, ge=1, le=MOST_ROWS, description="The most rows of each list.")


class RunArguments(InSession):
    """A plan."""

    plan: dict[str, Any] = Field(
        description='{"steps": [{"id", "tool", "args", "after"?, "for_each"?, "when"?, '
        '"fallback"?, "required"?, "within_s"?}]}: tools by their dotted names (ci.search); '
        '{"$": "find.items[*].id"} refers to an earlier step\'s result. Independent steps run in '
        "parallel."
    )
    rows: int = Field(default=ROWS, ge=1, le=MOST_ROWS, description="The most rows of each list.")


class ExplainArguments(Given):
    """A run."""

    run_id: str = Field(description="The run's id, as its answer shows it.")
    rows: int = Field(default=ROWS, ge=1, le=MOST_ROWS, description="The most events.")


class RunsArguments(Given):
    """How many runs."""

    limit: int = Field(default=20, ge=1, le=200, description="How many of the newest runs.")


GivenT = TypeVar("GivenT", bound=Given)


def decoded(model: type[GivenT], arguments: Mapping[str, Any]) -> GivenT:
    """Return arguments as what they should be.

    Raises:
        UsageError: `mcp.bad_arguments`, naming each path that is wrong and why.
    """
    try:
        return model.model_validate(dict(arguments))
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)
        told = "; ".join(
            f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}"
            for one in wrong[:MOST_LISTED]
        )
        message = f"the arguments: {told}; see the tool's input schema"
        raise UsageError(message, code="mcp.bad_arguments") from error


async def zone_called(name: str | None) -> ZoneInfo | None:
    """Return a zone by its name, or None for none.

    Raises:
        UsageError: `mcp.bad_arguments`.
    """
    if name is None:
        return None
    try:
        return await to_thread.run_sync(ZoneInfo, name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        message = f"zone: there is no zone {ascii(name)[:80]}; write one such as Europe/Berlin"
        raise UsageError(message, code="mcp.bad_arguments") from error

"""What a client may send over a line: which messages there are, and what each holds."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from headwater.entries.wire.decode import Body, checked
from headwater.errors import UsageError


class Message(Body):
    """What every message has: `id` comes back with what answers it."""

    id: int | str | None = None


class Ask(Message):
    """Answer a question."""

    do: Literal["ask"]
    question: str
    budget_s: float | None = None
    zone: str | None = None
    session: int | None = None


class Run(Message):
    """Run a plan."""

    do: Literal["run"]
    steps: list[dict[str, Any]]
    budget_s: float | None = None
    session: int | None = None


class Call(Message):
    """Call one tool."""

    do: Literal["call"]
    tool: str
    args: dict[str, Any] = Field(default={})
    budget_s: float | None = None


class Follow(Message):
    """Tell a run's events, those after a number, and its answer."""

    do: Literal["follow"]
    run_id: str
    after: int = -1


class Finish(Message):
    """Ask a run for its answer now."""

    do: Literal["finish"]
    run_id: str


class Cancel(Message):
    """End a run without an answer."""

    do: Literal["cancel"]
    run_id: str


class Subscribe(Message):
    """Tell the events of all runs of the tenant, as at first, or no longer."""

    do: Literal["subscribe", "unsubscribe"]


class Join(Message):
    """Tell what happens in a project's room, after an event where a number is given."""

    do: Literal["join"]
    project: int
    after: int | None = None


class Leave(Message):
    """Tell no longer what happens in a project's room."""

    do: Literal["leave"]
    project: int


class Ping(Message):
    """Answer with a pong."""

    do: Literal["ping"]


Request = Ask | Run | Call | Follow | Finish | Cancel | Subscribe | Join | Leave | Ping
BY_WORD: dict[str, type[Request]] = {
    "ask": Ask,
    "run": Run,
    "call": Call,
    "follow": Follow,
    "finish": Finish,
    "cancel": Cancel,
    "subscribe": Subscribe,
    "unsubscribe": Subscribe,
    "join": Join,
    "leave": Leave,
    "ping": Ping,
}


def request_of(data: dict[str, Any]) -> Request:
    """Return what a message asks for.

    Raises:
        UsageError: `http.bad_body`, naming what is wrong and why.
    """
    model = BY_WORD.get(str(data.get("do")))
    if model is None:
        message = f"the message: do: write one of {', '.join(sorted(BY_WORD))}"
        raise UsageError(message, code="http.bad_body")
    return checked(model, data)


def key_of(data: dict[str, Any]) -> str | None:
    """Return the key that a first message shows, or None."""
    key = data.get("key")
    return key if isinstance(key, str) else None

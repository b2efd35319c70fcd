"""How SignalR's JSON protocol writes and reads its messages; it answers none.

Source: the hub protocol specification of ASP.NET Core SignalR, version 1: each message is JSON and
ends with the character 0x1E; the first one is the handshake.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import Any

from pydantic_core import to_json

from headwater.entries.wire.decode import read_object
from headwater.entries.wire.encode import compact
from headwater.entries.ws.messages import Request, request_of
from headwater.errors import UsageError
from headwater.model.room import RoomEvent

END = "\x1e"
MOST_WRITTEN = 1024
"""Events of rooms that are kept as they were written."""


class Kind(IntEnum):
    """What a message is."""

    INVOCATION = 1
    STREAM_ITEM = 2
    COMPLETION = 3
    STREAM_INVOCATION = 4
    CANCEL_INVOCATION = 5
    PING = 6
    CLOSE = 7


METHODS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "joinproject": ("join", ("project", "after")),
    "leaveproject": ("leave", ("project",)),
    "ask": ("ask", ("question", "budget_s", "zone")),
    "run": ("run", ("steps", "budget_s")),
    "call": ("call", ("tool", "args", "budget_s")),
    "finish": ("finish", ("run_id",)),
    "cancel": ("cancel", ("run_id",)),
}
"""What a client may call, in lower case: which message of `/v1/live` that is, and its arguments."""
BY_KIND: Mapping[str, str] = {
    "session.started": "SessionStarted",
    "session.ended": "SessionEnded",
    "participant.joined": "ParticipantJoined",
    "participant.left": "ParticipantLeft",
    "presence.joined": "PresenceJoined",
    "presence.left": "PresenceLeft",
    "presence.list": "PresenceList",
    "alert": "Alert",
}
BY_OBJECT: Mapping[str, str] = {"item": "ItemChanged", "project": "ProjectChanged"}
OTHERWISE = "Activity"
"""What a client is told by: the kind, what stands before its dot, or this."""

PING = to_json({"type": Kind.PING}).decode() + END
SHAKEN = "{}" + END


def written(message: Mapping[str, Any]) -> str:
    """Return a message as it is sent."""
    return compact(message).decode() + END


def records(text: str) -> Iterator[bytes]:
    """Give the messages in what came at once.

    Raises:
        UsageError: `hub.bad_message`.
    """
    if text and not text.endswith(END):
        raise bad("it does not end with the character 0x1E")
    for one in text.split(END)[:-1]:
        yield one.encode()


def check_handshake(raw: bytes) -> None:
    """Refuse a handshake of another protocol.

    Raises:
        UsageError: `hub.bad_handshake`.
    """
    said = read_object(raw)
    if said.get("protocol") != "json" or said.get("version") not in {1, 2}:
        message = "the protocol is json, version 1; other protocols are not spoken here"
        raise UsageError(message, code="hub.bad_handshake")


def request_in(said: Mapping[str, Any]) -> Request:
    """Return what an invocation asks for.

    Raises:
        UsageError: `hub.unknown_method`, `hub.bad_message`, `http.bad_body`.
    """
    target, given = said.get("target"), said.get("arguments", [])
    if not isinstance(target, str) or target.lower() not in METHODS:
        message = (
            f"there is no method {ascii(target)[:80]}; there are JoinProject, LeaveProject, Ask, "
            "Run, Call, Finish and Cancel"
        )
        raise UsageError(message, code="hub.unknown_method")
    word, names = METHODS[target.lower()]
    if not isinstance(given, list) or len(given) > len(names):
        raise bad(f"{target} takes a list of up to {len(names)} arguments: {', '.join(names)}")
    named = {name: one for name, one in zip(names, given, strict=False) if one is not None}
    return request_of({"do": word, "id": said.get("invocationId"), **named})


def told_by(kind: str) -> str:
    """Return which method of a client is called for a kind of event."""
    return BY_KIND.get(kind) or BY_OBJECT.get(kind.partition(".")[0]) or OTHERWISE


@functools.lru_cache(maxsize=MOST_WRITTEN)
def written_event(event: RoomEvent) -> str:
    """Return what happened in a room as it is sent: written once for all who are there."""
    target = told_by(event.kind)
    return written({"type": Kind.INVOCATION, "target": target, "arguments": [event]})


def completion(number: str, *, result: Any = None, error: str | None = None) -> str:
    """Return what answers an invocation."""
    ended = {"result": result} if error is None else {"error": error}
    return written({"type": Kind.COMPLETION, "invocationId": number, **ended})


def closing(error: str | None, *, again: bool) -> str:
    """Return the last words; `again` lets the client connect anew by itself."""
    told = {} if error is None else {"error": error}
    return written({"type": Kind.CLOSE, **told, "allowReconnect": again})


def bad(problem: str) -> UsageError:
    """Make the error of what is no message."""
    return UsageError(f"the message: {problem}", code="hub.bad_message")

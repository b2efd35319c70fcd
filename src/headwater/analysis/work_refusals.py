"""In which words is a request about work refused? The same from every store; it decides nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic_core import to_jsonable_python

from headwater.errors import UsageError
from headwater.model.team import Invitation

SHOWN = 80


def unknown(what: str, ref: object) -> UsageError:
    """Make the error of what is not there, or not for whoever asks: nobody can tell which."""
    shown = ascii(ref)[:SHOWN] if isinstance(ref, str) else str(ref)[:SHOWN]
    message = f"there is no {what} {shown} that you can see; list what there is, or ask to join"
    return UsageError(message, code="work.unknown")


def no_project() -> UsageError:
    """Make the error of one who would go on where there is nothing to go on with."""
    message = "there is no project that you can see; make one, or join a team by a code"
    return UsageError(message, code="work.unknown")


def not_allowed(action: str, least: str) -> UsageError:
    """Make the error of what a member sees but may not do."""
    message = f"only a {least} of the team may {action}; ask one of them to, or for that role"
    return UsageError(message, code="work.not_allowed")


def conflict(what: str, ref: int, *, version: int, current: Any) -> UsageError:
    """Make the error of a change to what others have changed; it carries what is there now."""
    facts: Mapping[str, Any] = {"current": to_jsonable_python(current)}
    message = (
        f"{what} {ref} is no longer at version {version}, but at {current.version}: "
        "look at what it is now, and change that version"
    )
    return UsageError(message, code="work.conflict", facts=facts)


def bad(what: str, problem: str) -> UsageError:
    """Make the error of what cannot be kept."""
    return UsageError(f"{what}: {problem}", code="work.bad")


def bad_invitation(problem: str) -> UsageError:
    """Make the error of a code by which nobody can join."""
    message = f"this invitation {problem}; ask a leader of the team for another"
    return UsageError(message, code="work.bad_invitation")


def why_spent(held: Invitation, *, now: datetime) -> str:
    """Say why nobody can join by an invitation any more."""
    if held.revoked_at is not None:
        return "was revoked"
    return "has expired" if held.expires_at <= now else "was used as often as it may be"


def last_leader(person: str) -> UsageError:
    """Make the error of taking a team's last leader away."""
    message = f"{ascii(person)[:SHOWN]} is the team's only leader; make somebody else one first"
    return UsageError(message, code="work.last_leader")


def not_empty(team: int, count: int) -> UsageError:
    """Make the error of deleting a team that still has projects."""
    message = f"team {team} has projects ({count}); delete these first"
    return UsageError(message, code="work.not_empty")


def cycle(path: Sequence[int]) -> UsageError:
    """Make the error of what would wait for itself, naming the circle."""
    way = " before ".join(str(one) for one in [*path[:SHOWN], path[0]])
    message = f"this would close a circle: {way}; take one of these dependencies away first"
    return UsageError(message, code="work.cycle")


def within_itself(item: int, parent: int) -> UsageError:
    """Make the error of moving an item below itself."""
    message = f"item {parent} is item {item} or part of it; name another parent"
    return UsageError(message, code="work.cycle")


def too_deep(most: int) -> UsageError:
    """Make the error of items within items beyond the bound."""
    message = f"items are at most {most} levels deep; name a parent further up"
    return UsageError(message, code="work.too_deep")


def follows_children(item: int, children: int) -> UsageError:
    """Make the error of setting what follows from the children."""
    message = f"the status of item {item} follows from its {children} children; change theirs"
    return UsageError(message, code="work.rolled_up")


def not_an_idea(item: int, kind: str) -> UsageError:
    """Make the error of promoting what is no idea."""
    message = f"item {item} is of kind {kind}; only an idea becomes a project"
    return UsageError(message, code="work.not_an_idea")


def promoted(item: int, current: Any) -> UsageError:
    """Make the error of promoting an idea again; it carries what is there now."""
    message = f"idea {item} became project {current.became} already; work on that one"
    facts = {"current": to_jsonable_python(current)}
    return UsageError(message, code="work.promoted", facts=facts)


def ended(session: int) -> UsageError:
    """Make the error of writing to a session that has ended."""
    message = f"session {session} has ended; start another in its project"
    return UsageError(message, code="work.ended")

"""Who may do what: the one table of actions, and what a role is enough for; it refuses nobody."""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType

from headwater.model.access import ROLES, Role

ACTIONS = MappingProxyType[str, Role](
    {
        "ask": "reader",
        "run": "reader",
        "call": "reader",
        "tools": "reader",
        "runs": "reader",
        "explain": "reader",
        "follow": "reader",
        "join": "reader",
        "finish": "reader",
        "cancel": "reader",
        "again": "reader",
        "replay": "reader",
        "sessions": "operator",
        "finish_others": "operator",
        "cancel_others": "operator",
        "again_others": "operator",
        "replay_others": "operator",
        "load": "operator",
        "scan": "operator",
        "export": "operator",
        "documents": "reader",
        "ingest": "operator",
        "forget": "operator",
        "jobs": "operator",
        "schedules": "operator",
        "keys": "admin",
        "credentials": "admin",
        "tenants": "admin",
    }
)
"""The least role for each action. `X_others` is X with a run that somebody else asked for;
`sessions` is asking in one, which writes there."""
_ENOUGH: dict[str, frozenset[str]] = {
    role: frozenset(ROLES[rank:]) for rank, role in enumerate(ROLES)
}
_NOBODY = frozenset[str]()


def enough(roles: Iterable[str], least: str) -> bool:
    """Tell whether one of the roles is this one or more; a role that is unknown is none."""
    return not _ENOUGH.get(least, _NOBODY).isdisjoint(roles)


def may(roles: Iterable[str], action: str) -> bool:
    """Tell whether someone with these roles may do this; what is not in the table nobody may."""
    least = ACTIONS.get(action)
    return least is not None and enough(roles, least)


def sees_all(roles: Iterable[str]) -> bool:
    """Tell whether someone with these roles sees what else only its owner does."""
    return enough(roles, "admin")


def known_roles(names: Iterable[str]) -> tuple[Role, ...]:
    """Return those names that are roles, the least first."""
    given = set(names)
    return tuple(role for role in ROLES if role in given)

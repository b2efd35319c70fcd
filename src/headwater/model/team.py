"""What a team, its members and its invitations are; it lets nobody in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypedDict

TeamRole = Literal["leader", "member"]
TEAM_ROLES: tuple[TeamRole, ...] = ("member", "leader")
"""Each may do what the one before it may, and more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """A team; `name` need not be its alone, for teams do not know of each other."""

    id: int
    name: str
    description: str | None = None
    created_at: datetime
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody in a team, by the name that they ask with."""

    person: str
    role: TeamRole
    email: str | None = None
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamView:
    """A team with its members, leaders first, then by name."""

    id: int
    name: str
    description: str | None = None
    created_at: datetime
    version: int
    members: tuple[Member, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamPage:
    """Teams, the newest first; `total` is the true count of those that the asker sees."""

    teams: list[Team]
    total: int
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A code by which so many people may join a team; only its leaders are shown it.

    `used` counts those who joined by it, at most `uses`.
    """

    id: int
    team: int
    code: str
    role: TeamRole
    email: str | None = None
    uses: int
    used: int
    expires_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationDraft:
    """An invitation to be made; `code` is as hard to guess as a key."""

    team: int
    code: str
    role: TeamRole = "member"
    email: str | None = None
    uses: int = 1
    expires_at: datetime


class TeamChanges(TypedDict, total=False):
    """What to change of a team: what is absent stays, null clears."""

    name: str
    description: str | None

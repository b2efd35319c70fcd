"""Teams, who is in them and how one comes in; what they work on is in `projects.py`."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, cast

from pydantic import Field

from headwater.model.principal import Principal
from headwater.model.team import (
    Invitation,
    InvitationDraft,
    TeamChanges,
    TeamPage,
    TeamView,
)
from headwater.packs.arguments import Cursor, Text
from headwater.packs.work.arguments import (
    Limit,
    Name,
    Number,
    Person,
    Prose,
    Role,
    TeamFields,
    Version,
)
from headwater.packs.work.citing import cited, told
from headwater.ports.rooms import Rooms
from headwater.ports.teams import Teams
from headwater.toolkit.cited import Cited
from headwater.toolkit.tool import tool

WEEK_S = 604_800
MOST_S = 52 * WEEK_S
CODE_BYTES = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitations:
    """A team's invitations, the newest first, spent ones too."""

    invitations: list[Invitation]
    total: int


@tool(
    name="work.create_team",
    description="Make a team that you lead.",
    role="operator",
    personal=True,
)
async def create_team(
    name: Name,
    *,
    description: Prose | None = None,
    teams: Teams,
    rooms: Rooms,
    principal: Principal,
) -> Cited[TeamView]:
    """Make a team whose leader is the asker."""
    written = await teams.create(name, description=description, principal=principal)
    return await told(
        written, unit="teams", query=f"make team {name}", rooms=rooms, principal=principal
    )


@tool(
    name="work.teams",
    description="List the teams that you are in, the newest first.",
    role="reader",
    idempotent=True,
    cacheable=True,
    personal=True,
)
async def list_teams(
    *, limit: Limit = 50, cursor: Cursor = None, teams: Teams, principal: Principal
) -> Cited[TeamPage]:
    """Give a page of the teams that the asker sees."""
    page = await teams.page(limit=limit, cursor=cursor, principal=principal)
    return cited(
        page,
        page.teams,
        unit="teams",
        query="teams",
        count=page.total,
        truncated=page.next_cursor is not None,
    )


@tool(
    name="work.team",
    description="Give a team with its members.",
    role="reader",
    idempotent=True,
    cacheable=True,
    personal=True,
)
async def get_team(team: Number, *, teams: Teams, principal: Principal) -> Cited[TeamView]:
    """Give a team with its members."""
    found = await teams.find(team, principal=principal)
    return cited(found, [found], unit="teams", query=f"team {team}")


@tool(
    name="work.update_team",
    description="Change the name or description of a team, as its leader.",
    role="operator",
    personal=True,
)
async def update_team(
    team: Number,
    version: Version,
    changes: TeamFields,
    *,
    teams: Teams,
    rooms: Rooms,
    principal: Principal,
) -> Cited[TeamView]:
    """Change a team that is still at the version given."""
    fields = cast("TeamChanges", changes.model_dump(exclude_unset=True))
    written = await teams.update(team, version=version, changes=fields, principal=principal)
    return await told(
        written, unit="teams", query=f"change team {team}", rooms=rooms, principal=principal
    )


@tool(
    name="work.delete_team",
    description="Delete a team that has no projects, as its leader.",
    role="operator",
    personal=True,
)
async def delete_team(
    team: Number, version: Version, *, teams: Teams, rooms: Rooms, principal: Principal
) -> Cited[TeamView]:
    """Delete a team that is still at the version given; give what it was."""
    written = await teams.delete(team, version=version, principal=principal)
    return await told(
        written, unit="teams", query=f"delete team {team}", rooms=rooms, principal=principal
    )


@tool(
    name="work.invite",
    description="Make a code by which people join a team, as its leader.",
    role="operator",
    personal=True,
    secret=True,
)
async def invite(
    team: Number,
    *,
    role: Role = "member",
    email: Annotated[Text, Field(max_length=320)] | None = None,
    uses: Annotated[int, Field(ge=1, le=10_000, strict=True)] = 1,
    expires_in_s: Annotated[int, Field(ge=1, le=MOST_S, strict=True)] = WEEK_S,
    teams: Teams,
    rooms: Rooms,
    principal: Principal,
) -> Cited[Invitation]:
    """Make an invitation; whoever has its code may join, as many as there are uses."""
    draft = InvitationDraft(
        team=team,
        code=secrets.token_urlsafe(CODE_BYTES),
        role=role,
        email=email,
        uses=uses,
        expires_at=datetime.now(UTC) + timedelta(seconds=expires_in_s),
    )
    written = await teams.invite(draft, principal=principal)
    return await told(
        written, unit="invitations", query=f"invite to team {team}", rooms=rooms,
        principal=principal,
    )  # fmt: skip


@tool(
    name="work.invitations",
    description="List the invitations to a team with their codes, as its leader.",
    role="reader",
    idempotent=True,
    personal=True,
    secret=True,
)
async def invitations(team: Number, *, teams: Teams, principal: Principal) -> Cited[Invitations]:
    """Give a team's invitations; they are kept in no cache, for they hold codes."""
    found = await teams.invitations(team, principal=principal)
    value = Invitations(invitations=found, total=len(found))
    return cited(value, found, unit="invitations", query=f"invitations to team {team}")


@tool(
    name="work.revoke_invitation",
    description="Let nobody join by an invitation any more, as the team's leader.",
    role="operator",
    personal=True,
)
async def revoke_invitation(
    invitation: Number, *, teams: Teams, rooms: Rooms, principal: Principal
) -> Cited[Invitation]:
    """Revoke an invitation; whoever joined by it stays."""
    written = await teams.revoke(invitation, principal=principal)
    return await told(
        written, unit="invitations", query=f"revoke invitation {invitation}", rooms=rooms,
        principal=principal,
    )  # fmt: skip


@tool(
    name="work.join",
    description="Join a team by an invitation's code.",
    role="reader",
    personal=True,
    secret=True,
)
async def join(
    code: Annotated[Text, Field(min_length=1, max_length=64)],
    *,
    teams: Teams,
    rooms: Rooms,
    principal: Principal,
) -> Cited[TeamView]:
    """Become a member of the team that the code is for."""
    written = await teams.join(code, principal=principal)
    return await told(
        written, unit="teams", query="join by a code", rooms=rooms, principal=principal
    )


@tool(
    name="work.set_member",
    description="Give a person a role in a team, as its leader.",
    role="operator",
    personal=True,
)
async def set_member(
    team: Number,
    person: Person,
    role: Role,
    *,
    teams: Teams,
    rooms: Rooms,
    principal: Principal,
) -> Cited[TeamView]:
    """Give a role to somebody, who is in the team from then on."""
    written = await teams.set_member(team, person, role=role, principal=principal)
    return await told(
        written, unit="teams", query=f"set a member of team {team}", rooms=rooms,
        principal=principal,
    )  # fmt: skip


@tool(
    name="work.remove_member",
    description="Take a person out of a team, as its leader; anyone may take themselves out.",
    role="operator",
    personal=True,
)
async def remove_member(
    team: Number, person: Person, *, teams: Teams, rooms: Rooms, principal: Principal
) -> Cited[TeamView]:
    """Take somebody out of a team; it and all that is in it exists for them no more."""
    written = await teams.remove_member(team, person, principal=principal)
    return await told(
        written, unit="teams", query=f"remove a member of team {team}", rooms=rooms,
        principal=principal,
    )  # fmt: skip

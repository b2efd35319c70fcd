"""How does a row become a team or an invitation, and which are read? It writes none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, case, func, select

from headwater.analysis.instants import from_us
from headwater.analysis.paging import read_cursor, write_cursor
from headwater.analysis.work_refusals import unknown
from headwater.model.principal import Principal
from headwater.model.query import Sort
from headwater.model.team import Invitation, Member, Team, TeamPage, TeamView
from headwater.stores.sql.work_access import OWN, SEEN_TEAM, TEAMS, asker, check_ref
from headwater.stores.sql.work_tables import invitation, team, team_member

NEWEST = (Sort("id", descending=True),)
_TEAM = (team.c.id, team.c.name, team.c.description, team.c.created_at, team.c.version)
_SEEN = select(*_TEAM, OWN.c.role).select_from(TEAMS).where(*SEEN_TEAM)
_ONE = _SEEN.where(team.c.id == bindparam("ref"))
_PAGE = (
    _SEEN.where(team.c.id < bindparam("before"))
    .order_by(team.c.id.desc())
    .limit(bindparam("page_rows"))
)
_COUNT = select(func.count()).select_from(TEAMS).where(*SEEN_TEAM)
_MEMBERS = (
    select(team_member.c.person, team_member.c.role, team_member.c.email, team_member.c.since)
    .where(
        team_member.c.tenant_id == bindparam("tenant"), team_member.c.team_id == bindparam("ref")
    )
    .order_by(case((team_member.c.role == "leader", 0), else_=1), team_member.c.person)
)
INVITATION = (
    invitation.c.id, invitation.c.team_id, invitation.c.code, invitation.c.role,
    invitation.c.email, invitation.c.uses, invitation.c.used, invitation.c.expires_at,
    invitation.c.revoked_at,
)  # fmt: skip
_END = 2**63 - 1


def find_team(
    connection: Connection, ref: int, *, principal: Principal
) -> tuple[TeamView, str | None]:
    """Return a team with its members, and the asker's own role in it.

    Raises:
        UsageError: `work.unknown`.
    """
    values = asker(principal) | {"ref": check_ref("team", ref)}
    row = connection.execute(_ONE, values).first()
    if row is None:
        raise unknown("team", ref)
    return _view_of(row, members_of(connection, ref, principal.tenant)), row[5]


def members_of(connection: Connection, ref: int, tenant: str) -> tuple[Member, ...]:
    """Return a team's members, leaders first, then by name."""
    rows = connection.execute(_MEMBERS, {"tenant": tenant, "ref": ref})
    return tuple(
        Member(person=person, role=role, email=email, since=from_us(since))
        for person, role, email, since in rows
    )


def page_of_teams(
    connection: Connection, *, limit: int, before: int, principal: Principal
) -> TeamPage:
    """Return teams with ids below one, the newest first."""
    values = asker(principal) | {"before": before, "page_rows": limit + 1}
    rows = connection.execute(_PAGE, values).all()
    teams = [
        Team(id=row[0], name=row[1], description=row[2], created_at=from_us(row[3]), version=row[4])
        for row in rows[:limit]
    ]
    return TeamPage(
        teams=teams,
        total=connection.execute(_COUNT, values).scalar_one(),
        next_cursor=cursor_after(rows, limit),
    )


def before_of(cursor: str | None) -> int:
    """Return below which id a page begins.

    Raises:
        UsageError: `query.bad_cursor`.
    """
    if cursor is None:
        return _END
    return int(read_cursor(cursor, NEWEST)[-1] or 0)


def cursor_after(rows: Sequence[Any], limit: int) -> str | None:
    """Return where the next page begins, if more rows than its limit were found."""
    if len(rows) <= limit or limit < 1:
        return None
    last = rows[limit - 1][0]
    return write_cursor(NEWEST, (last, last))


def invitation_of(row: Sequence[Any]) -> Invitation:
    """Make an invitation of a row of `INVITATION`."""
    return Invitation(
        id=row[0],
        team=row[1],
        code=row[2],
        role=row[3],
        email=row[4],
        uses=row[5],
        used=row[6],
        expires_at=from_us(row[7]),
        revoked_at=None if row[8] is None else from_us(row[8]),
    )


def _view_of(row: Sequence[Any], members: tuple[Member, ...]) -> TeamView:
    return TeamView(
        id=row[0],
        name=row[1],
        description=row[2],
        created_at=from_us(row[3]),
        version=row[4],
        members=members,
    )

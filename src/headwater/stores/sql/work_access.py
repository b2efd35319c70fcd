"""Which rows of work does somebody see? Decided in the very statement that reads them.

A team is seen by its members, and by the tenant's admins; a project, an item of work or a session
by whoever sees its team. What was deleted nobody sees, nor anything that belongs to it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, BindParameter, and_, bindparam, or_

from headwater.analysis.filtering import WHOLE
from headwater.analysis.records import text_problem
from headwater.analysis.work_refusals import not_allowed, unknown
from headwater.model.principal import Principal
from headwater.policy.permissions import sees_all
from headwater.policy.work_rights import ACTIONS, may_in_team
from headwater.stores.sql.work_tables import (
    PERSON_CHARS,
    project,
    session,
    team,
    team_member,
    work_item,
)

OWN = team_member.alias("own")
"""The asker's own membership of the team at hand; none for an admin from elsewhere."""
_OF_TENANT: BindParameter[str] = bindparam("tenant")
_IS_OWN = and_(
    OWN.c.tenant_id == _OF_TENANT, OWN.c.team_id == team.c.id, OWN.c.person == bindparam("me")
)
TEAMS = team.outerjoin(OWN, _IS_OWN)
PROJECTS = project.join(team, team.c.id == project.c.team_id).outerjoin(OWN, _IS_OWN)
ITEMS = (
    work_item.join(project, project.c.id == work_item.c.project_id)
    .join(team, team.c.id == project.c.team_id)
    .outerjoin(OWN, _IS_OWN)
)
SESSIONS = (
    session.join(project, project.c.id == session.c.project_id)
    .join(team, team.c.id == project.c.team_id)
    .outerjoin(OWN, _IS_OWN)
)
SEEN_TEAM = (
    team.c.tenant_id == _OF_TENANT,
    team.c.deleted_at.is_(None),
    or_(bindparam("sees_all", type_=BigInteger) == 1, OWN.c.person.is_not(None)),
)
"""Conditions on a statement over `TEAMS`; the next ones likewise over what they are named for."""
SEEN_PROJECT = (*SEEN_TEAM, project.c.tenant_id == _OF_TENANT, project.c.deleted_at.is_(None))
SEEN_ITEM = (*SEEN_PROJECT, work_item.c.tenant_id == _OF_TENANT, work_item.c.deleted_at.is_(None))
SEEN_SESSION = (*SEEN_PROJECT, session.c.tenant_id == _OF_TENANT)


def asker(principal: Principal) -> dict[str, Any]:
    """Return the parameters that every such statement takes."""
    return {
        "tenant": principal.tenant,
        "me": name_of(principal),
        "sees_all": int(sees_all(principal.roles)),
    }


def name_of(principal: Principal) -> str:
    """Return by which name somebody may be a member; empty for one who can be none."""
    name = principal.name
    return name if len(name) <= PERSON_CHARS and text_problem(name) is None else ""


def check_ref(what: str, ref: int) -> int:
    """Return an id that a column can hold.

    Raises:
        UsageError: `work.unknown`.
    """
    if ref not in WHOLE:
        raise unknown(what, ref)
    return ref


def check_right(action: str, role: str | None, principal: Principal) -> None:
    """Refuse what somebody with a role in a team may not do there.

    Raises:
        UsageError: `work.not_allowed`.
    """
    if not may_in_team(action, role, roles=principal.roles):
        raise not_allowed(action, ACTIONS[action])

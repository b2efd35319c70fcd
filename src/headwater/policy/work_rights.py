"""Who may do what in a team: the one table of it; it refuses nobody.

Whoever is not in a team does not see it, nor anything of it. An admin of the tenant may everything.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType

from headwater.model.team import TEAM_ROLES, TeamRole
from headwater.policy.permissions import sees_all

ACTIONS = MappingProxyType[str, TeamRole](
    {
        "see": "member",
        "update the team": "leader",
        "delete the team": "leader",
        "invite": "leader",
        "see invitations": "leader",
        "revoke invitations": "leader",
        "set members": "leader",
        "remove members": "leader",
        "see webhooks": "leader",
        "keep webhooks": "leader",
        "see notices": "leader",
        "create projects": "member",
        "update projects": "member",
        "delete projects": "leader",
        "work on items": "member",
        "hold sessions": "member",
    }
)
"""The least role in the team for each action."""


def may_in_team(action: str, role: str | None, *, roles: Iterable[str] = ()) -> bool:
    """Tell whether someone may do this in a team.

    Args:
        action: Of the table; what is not in it nobody may.
        role: Their role in the team, None where they have none.
        roles: Their roles in the tenant.
    """
    least = ACTIONS.get(action)
    if least is None:
        return False
    if sees_all(roles):
        return True
    return role in TEAM_ROLES[TEAM_ROLES.index(least) :]

"""What the inside needs of teams, members and invitations; it stores none itself."""

from __future__ import annotations

from typing import Protocol

from headwater.model.activity import Written
from headwater.model.principal import Principal
from headwater.model.team import (
    Invitation,
    InvitationDraft,
    TeamChanges,
    TeamPage,
    TeamRole,
    TeamView,
)


class Teams(Protocol):
    """A tenant's teams; one that the asker is not in does not exist for them, but for admins.

    What is asked of it in its absence raises `work.unknown`, in the same words as for an id that
    never was; what a member may not do raises `work.not_allowed`.
    """

    async def create(
        self, name: str, *, description: str | None, principal: Principal
    ) -> Written[TeamView]:
        """Make a team whose leader is the asker.

        Raises:
            UsageError: `work.bad`.
        """
        ...

    async def page(self, *, limit: int, cursor: str | None, principal: Principal) -> TeamPage:
        """Return a page of the teams that the asker is in, or of all for an admin.

        Raises:
            UsageError: `query.bad_cursor`.
        """
        ...

    async def find(self, team: int, *, principal: Principal) -> TeamView:
        """Return a team with its members.

        Raises:
            UsageError: `work.unknown`.
        """
        ...

    async def update(
        self, team: int, *, version: int, changes: TeamChanges, principal: Principal
    ) -> Written[TeamView]:
        """Change a team that is still as it was at that version. A leader may.

        Raises:
            UsageError: `work.unknown`, `work.not_allowed`, `work.conflict`, `work.bad`.
        """
        ...

    async def delete(self, team: int, *, version: int, principal: Principal) -> Written[TeamView]:
        """Delete a team that has no projects any more, softly. A leader may.

        Raises:
            UsageError: `work.unknown`, `work.not_allowed`, `work.conflict`, `work.not_empty`.
        """
        ...

    async def invite(self, draft: InvitationDraft, *, principal: Principal) -> Written[Invitation]:
        """Make an invitation. A leader may.

        Raises:
            UsageError: `work.unknown`, `work.not_allowed`, `work.bad`.
        """
        ...

    async def invitations(self, team: int, *, principal: Principal) -> list[Invitation]:
        """Return a team's invitations, the newest first, spent ones too. A leader may.

        Raises:
            UsageError: `work.unknown`, `work.not_allowed`.
        """
        ...

    async def revoke(self, invitation: int, *, principal: Principal) -> Written[Invitation]:
        """Let nobody join by an invitation any more. A leader may; again changes nothing.

        Raises:
            UsageError: `work.unknown`, `work.not_allowed`.
        """
        ...

    async def join(self, code: str, *, principal: Principal) -> Written[TeamView]:
        """Become a member by an invitation's code: of n uses n succeed, whoever asks at once.

        Who is a member of that role already uses nothing up.

        Raises:
            UsageError: `work.bad_invitation`.
        """
        ...

    async def set_member(
        self, team: int, person: str, *, role: TeamRole, principal: Principal
    ) -> Written[TeamView]:
        """Give somebody a role in a team, and let them in who was not. A leader may.

        Raises:
            UsageError: `work.unknown`, `work.not_allowed`, `work.last_leader`, `work.bad`.
        """
        ...

    async def remove_member(
        self, team: int, person: str, *, principal: Principal
    ) -> Written[TeamView]:
        """Take somebody out of a team. A leader may, and everyone for themselves.

        Raises:
            UsageError: `work.unknown`, `work.not_allowed`, `work.last_leader`.
        """
        ...

"""What the inside needs to remember of projects' repositories; it fetches nothing of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from headwater.model.principal import Principal
from headwater.model.repository_link import (
    Linked,
    LinkState,
    RepositoryLink,
    SealedHook,
    SeenIssue,
)


class Repositories(Protocol):
    """Links of a tenant's projects, and how far each project is in step with its repository.

    Who may see a project is found out before; here the tenant alone is looked at.
    """

    async def link(self, link: RepositoryLink, *, principal: Principal) -> RepositoryLink:
        """Link a project, in the place of its link before, and return the link as it is kept.

        To the same repository, its state, its hook and what was seen stay; to another one all of
        that begins anew. It is due at once.
        """
        ...

    async def get(self, project: int, *, principal: Principal) -> RepositoryLink | None:
        """Return a project's link, or None."""
        ...

    async def unlink(self, project: int, *, principal: Principal) -> RepositoryLink | None:
        """Forget a project's link, its hook and what was seen, and return it, or None."""
        ...

    async def keep_state(
        self, project: int, state: LinkState, *, repository: str, principal: Principal
    ) -> bool:
        """Keep how far a project is in step; False where it is linked to another by now."""
        ...

    async def seen(
        self, project: int, numbers: Sequence[int], *, milestones: bool, principal: Principal
    ) -> dict[int, SeenIssue]:
        """Return what was seen of these issues, or milestones, by number."""
        ...

    async def keep_seen(
        self, project: int, rows: Sequence[SeenIssue], *, principal: Principal
    ) -> None:
        """Keep what was seen, each in the place of what it was before."""
        ...

    async def keep_hook(
        self, project: int, *, hook: str, sealed: str, principal: Principal
    ) -> bool:
        """Keep the name and secret of a project's webhook; False where there is no link."""
        ...

    async def by_hook(self, hook: str) -> SealedHook | None:
        """Return whose webhook that is, of any tenant, or None."""
        ...

    async def due(self, *, now: datetime, limit: int) -> list[Linked]:
        """Return links of any tenant that are to be looked after, those due longest first."""
        ...

    async def claim(self, linked: Linked, *, now: datetime, until: datetime) -> bool:
        """Take a link that is due upon oneself until then; False where somebody else has."""
        ...

    async def settle(self, linked: Linked, *, began: datetime, due_at: datetime) -> None:
        """Give a claim back and say when it is due again.

        What has made it due since the claim `began` leaves it due as it is.
        """
        ...

    async def hurry(self, project: int, *, now: datetime, principal: Principal) -> None:
        """Make a link due now."""
        ...

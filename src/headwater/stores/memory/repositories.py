"""How projects are linked to repositories, in memory; it fetches nothing of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from anyio.lowlevel import checkpoint

from headwater.model.principal import Principal
from headwater.model.repository_link import (
    Linked,
    LinkState,
    RepositoryLink,
    SealedHook,
    SeenIssue,
)

LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class _Kept:
    """All of one link."""

    link: RepositoryLink
    secret: str = ""
    seen: dict[tuple[bool, int], SeenIssue] = field(default_factory=dict)
    due_at: datetime = LONG_AGO
    claimed_until: datetime = LONG_AGO


class MemoryRepositories:
    """Links of a tenant's projects, and how far each project is in step with its repository."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, int], _Kept] = {}

    async def link(self, link: RepositoryLink, *, principal: Principal) -> RepositoryLink:
        """Link a project, in the place of its link before, and return the link as it is kept."""
        await checkpoint()
        key = (principal.tenant, link.project)
        before = self._kept.get(key)
        if before is None or before.link.repository != link.repository:
            self._kept[key] = _Kept(link=replace(link, hook=None), due_at=link.linked_at)
        else:
            before.link = replace(link, state=before.link.state, hook=before.link.hook)
            before.due_at = link.linked_at
        return self._kept[key].link

    async def get(self, project: int, *, principal: Principal) -> RepositoryLink | None:
        """Return a project's link, or None."""
        await checkpoint()
        found = self._kept.get((principal.tenant, project))
        return None if found is None else found.link

    async def unlink(self, project: int, *, principal: Principal) -> RepositoryLink | None:
        """Forget a project's link, its hook and what was seen, and return it, or None."""
        await checkpoint()
        found = self._kept.pop((principal.tenant, project), None)
        return None if found is None else found.link

    async def keep_state(
        self, project: int, state: LinkState, *, repository: str, principal: Principal
    ) -> bool:
        """Keep how far a project is in step; False where it is linked to another by now."""
        await checkpoint()
        found = self._kept.get((principal.tenant, project))
        if found is None or found.link.repository != repository:
            return False
        found.link = replace(found.link, state=state)
        return True

    async def seen(
        self, project: int, numbers: Sequence[int], *, milestones: bool, principal: Principal
    ) -> dict[int, SeenIssue]:
        """Return what was seen of these issues, or milestones, by number."""
        await checkpoint()
        kept = self._kept.get((principal.tenant, project))
        rows = {} if kept is None else kept.seen
        return {one: rows[milestones, one] for one in numbers if (milestones, one) in rows}

    async def keep_seen(
        self, project: int, rows: Sequence[SeenIssue], *, principal: Principal
    ) -> None:
        """Keep what was seen, each in the place of what it was before."""
        await checkpoint()
        kept = self._kept.get((principal.tenant, project))
        if kept is not None:
            kept.seen.update({(one.is_milestone, one.number): one for one in rows})

    async def keep_hook(
        self, project: int, *, hook: str, sealed: str, principal: Principal
    ) -> bool:
        """Keep the name and secret of a project's webhook; False where there is no link."""
        await checkpoint()
        found = self._kept.get((principal.tenant, project))
        if found is None:
            return False
        found.link, found.secret = replace(found.link, hook=hook), sealed
        return True

    async def by_hook(self, hook: str) -> SealedHook | None:
        """Return whose webhook that is, of any tenant, or None."""
        await checkpoint()
        for (tenant, project), kept in self._kept.items():
            if kept.link.hook == hook:
                return SealedHook(linked=Linked(tenant, project), sealed=kept.secret)
        return None

    async def due(self, *, now: datetime, limit: int) -> list[Linked]:
        """Return links of any tenant that are to be looked after, those due longest first."""
        await checkpoint()
        found = [
            (kept.due_at, key)
            for key, kept in self._kept.items()
            if kept.due_at <= now and kept.claimed_until <= now
        ]
        return [Linked(*key) for _, key in sorted(found)[:limit]]

    async def claim(self, linked: Linked, *, now: datetime, until: datetime) -> bool:
        """Take a link that is due upon oneself until then; False where somebody else has."""
        await checkpoint()
        kept = self._kept.get((linked.tenant, linked.project))
        if kept is None or kept.due_at > now or kept.claimed_until > now:
            return False
        kept.claimed_until = until
        return True

    async def settle(self, linked: Linked, *, began: datetime, due_at: datetime) -> None:
        """Give a claim back and say when it is due again."""
        await checkpoint()
        kept = self._kept.get((linked.tenant, linked.project))
        if kept is not None:
            kept.claimed_until = LONG_AGO
            kept.due_at = kept.due_at if kept.due_at > began else due_at

    async def hurry(self, project: int, *, now: datetime, principal: Principal) -> None:
        """Make a link due now."""
        await checkpoint()
        kept = self._kept.get((principal.tenant, project))
        if kept is not None:
            kept.due_at = now

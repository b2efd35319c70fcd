"""What the inside needs of sessions of investigation; it stores none itself."""

from __future__ import annotations

from typing import Protocol

from headwater.model.activity import Written
from headwater.model.principal import Principal
from headwater.model.session import Session, SessionEnd, SessionPage, SessionQuery


class Sessions(Protocol):
    """The sessions of a tenant's projects; those of a project that the asker does not see are none.

    Every member of the project's team may write. What was ended is not written any more.
    """

    async def start(self, project: int, *, goal: str, principal: Principal) -> Written[Session]:
        """Start a session with the asker in it.

        Raises:
            UsageError: `work.unknown`, `work.bad`.
        """
        ...

    async def page(self, query: SessionQuery, *, principal: Principal) -> SessionPage:
        """Return a page of the sessions that match and that the asker sees.

        Raises:
            UsageError: `query.bad_cursor`.
        """
        ...

    async def find(self, session: int, *, principal: Principal) -> Session:
        """Return a session.

        Raises:
            UsageError: `work.unknown`.
        """
        ...

    async def note(
        self, session: int, *, text: str, done: bool, principal: Principal
    ) -> Written[Session]:
        """Write something down.

        Raises:
            UsageError: `work.unknown`, `work.ended`, `work.bad`.
        """
        ...

    async def join(self, session: int, *, principal: Principal) -> Written[Session]:
        """Take part in a session; again changes nothing.

        Raises:
            UsageError: `work.unknown`, `work.ended`.
        """
        ...

    async def leave(self, session: int, *, principal: Principal) -> Written[Session]:
        """Take no part any more; what one did in it stays.

        Raises:
            UsageError: `work.unknown`, `work.ended`.
        """
        ...

    async def add_run(self, session: int, run_id: str, *, principal: Principal) -> Written[Session]:
        """Remember that a run was asked in a session; again changes nothing.

        Raises:
            UsageError: `work.unknown`, `work.ended`, `work.bad`.
        """
        ...

    async def end(
        self, session: int, *, known: SessionEnd, principal: Principal
    ) -> Written[Session]:
        """End a session, once, with a summary of what happened in it.

        That are its runs and notes, and what those who took part changed in the project meanwhile.

        Raises:
            UsageError: `work.unknown`, `work.ended`.
        """
        ...

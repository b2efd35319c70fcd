"""What the inside needs so that notices are sent, whoever dies; it sends none."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from headwater.model.notice import Notice, Posted
from headwater.model.principal import Principal


class Sending(Protocol):
    """A notice that this process is to send now: exactly one is alive anywhere.

    A process that is killed leaves it to another, or to its own restart: the same try again.
    """

    @property
    def id(self) -> str:
        """Return the notice's id."""
        ...

    @property
    def notice(self) -> Notice:
        """Return what is to be sent."""
        ...

    @property
    def principal(self) -> Principal:
        """Return for whom."""
        ...

    @property
    def tries(self) -> int:
        """Return which try it is, 1 and up."""
        ...

    def sent(self) -> None:
        """Say that it has been sent."""
        ...

    def refused(self, error: Mapping[str, Any], *, gave_up: bool = False) -> None:
        """Say that it never will be."""
        ...

    def again(self, error: Mapping[str, Any], *, after_s: float) -> None:
        """Say that it has not been sent, and is to be tried again no sooner than so."""
        ...


class Outbox(Protocol):
    """Notices to be sent, each tenant's own: the most urgent first, of these the first posted."""

    async def post(self, notice: Notice, *, principal: Principal) -> None:
        """Keep a notice to be sent; it is durable on return, and once however often it is posted.

        Raises:
            StoreFault: `jobs.unreachable`.
        """
        ...

    def sendings(self) -> AbstractAsyncContextManager[AsyncIterator[Sending]]:
        """Take notices to be sent here, until the block is left; what is not ended stays."""
        ...

    async def recent(self, *, limit: int, principal: Principal) -> list[Posted]:
        """Return the tenant's newest notices, newest first.

        Raises:
            StoreFault: `jobs.unreachable`.
        """
        ...

"""What sends notices, put together; it sends none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from headwater.errors import UsageError
from headwater.model.notice import Notice, Posted
from headwater.model.principal import Principal
from headwater.ports.courier import Courier
from headwater.ports.mailer import Mailer
from headwater.ports.outbox import Outbox, Sending
from headwater.ports.sealer import Sealer


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Where notices are kept, and who carries them; nobody carries mail where none is set."""

    outbox: Outbox
    mailer: Mailer | None
    courier: Courier
    sealer: Sealer

    @property
    def supplies(self) -> dict[type, Any]:
        """Return what tools may ask for, by the port's Protocol."""
        return {Outbox: self.outbox, Courier: self.courier, Sealer: self.sealer}


class NoOutbox:
    """Stands where there are no background jobs: nothing is posted, and nothing shown."""

    async def post(self, notice: Notice, *, principal: Principal) -> None:
        """Refuse.

        Raises:
            UsageError: `jobs.off`.
        """
        raise _off()

    def sendings(self) -> AbstractAsyncContextManager[AsyncIterator[Sending]]:
        """Refuse.

        Raises:
            UsageError: `jobs.off`.
        """
        raise _off()

    async def recent(self, *, limit: int, principal: Principal) -> list[Posted]:
        """Refuse.

        Raises:
            UsageError: `jobs.off`.
        """
        raise _off()


def _off() -> UsageError:
    message = (
        "notices are kept where background jobs are, and these are off here; `headwater serve` "
        "has them, or HEADWATER_JOBS"
    )
    return UsageError(message, code="jobs.off")

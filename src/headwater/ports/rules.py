"""What the inside needs of stored rules; it stores none itself."""

from __future__ import annotations

from typing import Protocol

from headwater.model.load import LoadCount, Rows
from headwater.model.principal import Principal
from headwater.model.rule import Rule, RuleRecord


class Rules(Protocol):
    """A tenant's rules of complex event processing."""

    async def get(self, ref: int | str, *, principal: Principal) -> Rule | None:
        """Return the rule with this id, code or name (in that order), or None."""
        ...

    async def every(self, *, principal: Principal) -> list[Rule]:
        """Return all rules by code."""
        ...

    async def load(
        self, rows: Rows[RuleRecord], *, replace: bool, principal: Principal
    ) -> LoadCount:
        """Add and update rules by code, all or nothing."""
        ...

"""What the inside needs to know of what language models cost; it asks no model."""

from __future__ import annotations

from datetime import date
from typing import Protocol

from headwater.model.principal import Principal
from headwater.model.spending import Amount, Bounds, Spent, Used


class Spending(Protocol):
    """Each tenant's account of models: by day in UTC and by run, for every process the same.

    What a request may take at the most is set aside before it is sent, and what it took put in
    the place of that after. What is set aside for a request whose end nobody tells, as where the
    process is killed, stays so: the budget is never passed, at the price of what was lost.
    """

    async def reserve(
        self,
        amount: Amount,
        *,
        bounds: Bounds,
        day: date,
        run_id: str | None,
        principal: Principal,
    ) -> str:
        """Set an amount aside in the day's account and the run's, or in neither.

        Returns:
            Nothing where it is set aside, else the bound that it would pass: `tokens_per_day`,
            `cost_per_day`, `tokens_per_run` or `cost_per_run`.
        """
        ...

    async def settle(
        self,
        reserved: Amount,
        used: Used,
        *,
        day: date,
        run_id: str | None,
        principal: Principal,
    ) -> None:
        """Put what was used in the place of what was set aside, once, on the day of that."""
        ...

    async def of_day(self, day: date, *, principal: Principal) -> Spent:
        """Return what the tenant has used on a day."""
        ...

    async def of_run(self, run_id: str, *, principal: Principal) -> Spent:
        """Return what a run of the tenant has used."""
        ...

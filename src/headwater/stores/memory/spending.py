"""What have language models cost, counted in memory? It asks no model."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from headwater.model.principal import Principal
from headwater.model.spending import Amount, Bounds, Spent, Used
from headwater.policy.spending_bounds import bound_passed, scopes_of

KEPT = timedelta(days=31)
"""How long the account of a run or a day is kept."""


class MemorySpending:
    """Accounts by tenant and by day or run, in this process alone."""

    def __init__(self) -> None:
        self._accounts: dict[tuple[str, str], tuple[date, Spent]] = {}

    async def reserve(
        self,
        amount: Amount,
        *,
        bounds: Bounds,
        day: date,
        run_id: str | None,
        principal: Principal,
    ) -> str:
        """Set an amount aside in the day's account and the run's, or in neither."""
        scopes = scopes_of(day, run_id)
        accounts = [self._spent(principal, one) for one in scopes]
        passed = bound_passed(accounts[0], accounts[1] if run_id else None, amount, bounds=bounds)
        if passed:
            return passed
        if not accounts[0].requests:
            self._forget(principal.tenant, before=day - KEPT)
        for scope, spent in zip(scopes, accounts, strict=True):
            more = replace(
                spent,
                requests=spent.requests + 1,
                reserved_tokens=spent.reserved_tokens + amount.tokens,
                reserved_micros=spent.reserved_micros + amount.micros,
            )
            self._accounts[principal.tenant, scope] = day, more
        return ""

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
        for scope in scopes_of(day, run_id):
            since, spent = self._accounts.get((principal.tenant, scope), (day, None))
            if spent is not None:
                self._accounts[principal.tenant, scope] = since, _settled(spent, reserved, used)

    async def of_day(self, day: date, *, principal: Principal) -> Spent:
        """Return what the tenant has used on a day."""
        return self._spent(principal, day.isoformat())

    async def of_run(self, run_id: str, *, principal: Principal) -> Spent:
        """Return what a run of the tenant has used."""
        return self._spent(principal, run_id)

    def _spent(self, principal: Principal, scope: str) -> Spent:
        return self._accounts.get((principal.tenant, scope), (None, Spent()))[1]

    def _forget(self, tenant: str, *, before: date) -> None:
        old = [key for key, (day, _) in self._accounts.items() if key[0] == tenant and day < before]
        for key in old:
            del self._accounts[key]


def _settled(spent: Spent, reserved: Amount, used: Used) -> Spent:
    return replace(
        spent,
        input_tokens=spent.input_tokens + used.input_tokens,
        output_tokens=spent.output_tokens + used.output_tokens,
        reserved_tokens=spent.reserved_tokens - reserved.tokens,
        micros=spent.micros + used.micros,
        reserved_micros=spent.reserved_micros - reserved.micros,
    )

"""What have language models cost, in SQL? For every process the same; it asks no model."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, text, update

from headwater.model.principal import Principal
from headwater.model.spending import Amount, Bounds, Spent, Used
from headwater.policy.spending_bounds import bound_passed, scopes_of
from headwater.stores.sql.database import Database
from headwater.stores.sql.run_tables import model_spending

KEPT = timedelta(days=31)
"""How long the account of a run or a day is kept."""
_COUNTS = (
    "requests",
    "input_tokens",
    "output_tokens",
    "reserved_tokens",
    "micros",
    "reserved_micros",
)
_IS_OURS = (
    model_spending.c.tenant_id == bindparam("tenant"),
    model_spending.c.scope == bindparam("of_scope"),
)
_GET = select(*(model_spending.c[name] for name in _COUNTS)).where(*_IS_OURS)
_HELD = _GET.with_for_update()
_ADD = (
    update(model_spending)
    .where(*_IS_OURS)
    .values({name: model_spending.c[name] + bindparam(f"more_{name}") for name in _COUNTS})
)
_FORGET = delete(model_spending).where(
    model_spending.c.tenant_id == bindparam("tenant"), model_spending.c.day < bindparam("before")
)
_FIRST = (
    "INSERT INTO model_spending (tenant_id, scope, day, requests, input_tokens, output_tokens, "
    "reserved_tokens, micros, reserved_micros) VALUES (:tenant, :of_scope, :day, 0, 0, 0, 0, 0, 0) "
)
_OPEN = text(f"{_FIRST} ON CONFLICT (tenant_id, scope) DO NOTHING")
_OPEN_ON_MARIADB = text(f"{_FIRST} ON DUPLICATE KEY UPDATE requests = requests")


class SqlSpending:
    """Accounts by tenant and by day or run.

    A row of an account is held while it is decided on, the day's before the run's: so those who
    ask at the same time are let in one after the other, in whatever process they are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

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
        tenant = principal.tenant
        more = {"requests": 1, "reserved_tokens": amount.tokens, "reserved_micros": amount.micros}

        def work(connection: Connection) -> str:
            held = [_hold(connection, tenant, scope=one, day=day) for one in scopes_of(day, run_id)]
            passed = bound_passed(held[0], held[1] if run_id else None, amount, bounds=bounds)
            if passed:
                return passed
            for scope in scopes_of(day, run_id):
                _add(connection, tenant, scope=scope, more=more)
            if not held[0].requests:
                before = (day - KEPT).isoformat()
                connection.execute(_FORGET, {"tenant": tenant, "before": before})
            return ""

        return await self._database.write(work, tenant=tenant)

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
        tenant = principal.tenant
        more = {
            "input_tokens": used.input_tokens,
            "output_tokens": used.output_tokens,
            "reserved_tokens": -reserved.tokens,
            "micros": used.micros,
            "reserved_micros": -reserved.micros,
        }

        def work(connection: Connection) -> None:
            for scope in scopes_of(day, run_id):
                _add(connection, tenant, scope=scope, more=more)

        await self._database.write(work, tenant=tenant)

    async def of_day(self, day: date, *, principal: Principal) -> Spent:
        """Return what the tenant has used on a day."""
        return await self._of(day.isoformat(), principal=principal)

    async def of_run(self, run_id: str, *, principal: Principal) -> Spent:
        """Return what a run of the tenant has used."""
        return await self._of(run_id, principal=principal)

    async def _of(self, scope: str, *, principal: Principal) -> Spent:
        values = {"tenant": principal.tenant, "of_scope": scope}

        def work(connection: Connection) -> Spent:
            row = connection.execute(_GET, values).first()
            return Spent() if row is None else Spent(**dict(zip(_COUNTS, row, strict=True)))

        return await self._database.read(work, tenant=principal.tenant)


def _hold(connection: Connection, tenant: str, *, scope: str, day: date) -> Spent:
    """Return an account, opened where there is none, and keep others from it until the end."""
    values: dict[str, Any] = {"tenant": tenant, "of_scope": scope}
    statement = _OPEN_ON_MARIADB if connection.dialect.name == "mysql" else _OPEN
    connection.execute(statement, values | {"day": day.isoformat()})
    row = connection.execute(_HELD, values).one()
    return Spent(**dict(zip(_COUNTS, row, strict=True)))


def _add(connection: Connection, tenant: str, *, scope: str, more: dict[str, int]) -> None:
    counts = {f"more_{name}": more.get(name, 0) for name in _COUNTS}
    connection.execute(_ADD, {"tenant": tenant, "of_scope": scope, **counts})

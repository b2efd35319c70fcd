"""Which rules a tenant has stored, in SQL; it does not understand their triggers."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, delete, insert, select, update

from headwater.analysis.filtering import WHOLE
from headwater.analysis.records import rule_problem, text_problem
from headwater.model.load import LoadCount, Rows
from headwater.model.principal import Principal
from headwater.model.rule import Rule, RuleRecord
from headwater.stores.sql.database import Database, check_wanted
from headwater.stores.sql.tables import rule
from headwater.stores.sql.versions import raise_version

ROWS_BETWEEN_CHECKS = 500
_FIELDS = ("code", "name", "description", "severity", "enabled", "trigger", "attributes")

_EVERY = (
    select(rule.c.id, *(rule.c[name] for name in _FIELDS))
    .where(rule.c.tenant_id == bindparam("tenant"))
    .order_by(rule.c.code)
)
_BY_ID = _EVERY.where(rule.c.id == bindparam("ref"))
_BY_CODE = _EVERY.where(rule.c.code == bindparam("ref"))
_BY_NAME = _EVERY.where(rule.c.name == bindparam("ref")).limit(1)
_IS_OWN = (rule.c.id == bindparam("own_id"), rule.c.tenant_id == bindparam("own_tenant"))
_UPDATE = update(rule).where(*_IS_OWN).values({name: bindparam(name) for name in _FIELDS})
_DELETE = delete(rule).where(*_IS_OWN)


class SqlRules:
    """A tenant's rules of complex event processing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, ref: int | str, *, principal: Principal) -> Rule | None:
        """Return the rule with this id, code or name (in that order), or None."""
        values = {"tenant": principal.tenant, "ref": ref}
        statements = (_BY_CODE, _BY_NAME) if isinstance(ref, str) else (_BY_ID,)

        def work(connection: Connection) -> Rule | None:
            for statement in statements:
                if row := connection.execute(statement, values).mappings().first():
                    return _rule_of(row)
            return None

        known = text_problem(ref) is None if isinstance(ref, str) else ref in WHOLE
        if not known:
            return None
        return await self._database.read(work, tenant=principal.tenant)

    async def every(self, *, principal: Principal) -> list[Rule]:
        """Return all rules by code."""

        def work(connection: Connection) -> list[Rule]:
            return _every(connection, principal)

        return await self._database.read(work, tenant=principal.tenant)

    async def load(
        self, rows: Rows[RuleRecord], *, replace: bool, principal: Principal
    ) -> LoadCount:
        """Add and update rules by code, all or nothing."""

        def work(connection: Connection) -> LoadCount:
            return _load(connection, rows, replace=replace, principal=principal)

        return await self._database.load(work, tenant=principal.tenant)


def _every(connection: Connection, principal: Principal) -> list[Rule]:
    rows = connection.execute(_EVERY, {"tenant": principal.tenant}).mappings()
    return [_rule_of(row) for row in rows]


def _load(
    connection: Connection, rows: Rows[RuleRecord], *, replace: bool, principal: Principal
) -> LoadCount:
    raise_version(connection, "rules", principal=principal)
    old = {each.code: each for each in _every(connection, principal)}
    new: dict[str, RuleRecord] = {}
    for number, (line, record) in enumerate(rows):
        if number % ROWS_BETWEEN_CHECKS == 0:
            check_wanted(connection)
        if problem := rule_problem(record):
            rows.bad(line, problem)
        else:
            new[record.code] = record
    fresh = [record for code, record in new.items() if code not in old]
    altered = [
        {"own_id": old[code].id, "own_tenant": principal.tenant, **_values(record)}
        for code, record in new.items()
        if code in old and _values(old[code]) != _values(record)
    ]
    gone = [
        {"own_id": each.id, "own_tenant": principal.tenant}
        for code, each in old.items()
        if replace and code not in new
    ]
    added = [{"tenant_id": principal.tenant, **_values(record)} for record in fresh]
    for statement, values in ((insert(rule), added), (_UPDATE, altered), (_DELETE, gone)):
        if values:
            connection.execute(statement, values)
    return LoadCount(read=rows.read, added=len(added), changed=len(altered), removed=len(gone))


def _values(record: Rule | RuleRecord) -> dict[str, Any]:
    return {name: getattr(record, name) for name in _FIELDS}


def _rule_of(row: RowMapping) -> Rule:
    values: dict[str, Any] = {str(name): row[name] for name in row}
    return Rule(**values)

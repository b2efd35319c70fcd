"""Which rules a tenant has stored, in memory; it does not understand their triggers."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import asdict, replace

from anyio.lowlevel import checkpoint

from headwater.analysis.records import rule_problem
from headwater.model.load import LoadCount, Rows
from headwater.model.principal import Principal
from headwater.model.rule import Rule, RuleRecord
from headwater.stores.memory.estate import MemoryEstate, Tenant, watched


class MemoryRules:
    """A tenant's rules of complex event processing."""

    def __init__(self, estate: MemoryEstate) -> None:
        self._estate = estate

    async def get(self, ref: int | str, *, principal: Principal) -> Rule | None:
        """Return the rule with this id, code or name (in that order), or None."""
        await checkpoint()
        rules = sorted(self._estate.of(principal).rules.values(), key=lambda rule: rule.code)
        for field in ("id", "code", "name"):
            for rule in rules:
                if getattr(rule, field) == ref:
                    return deepcopy(rule)
        return None

    async def every(self, *, principal: Principal) -> list[Rule]:
        """Return all rules by code."""
        await checkpoint()
        rules = self._estate.of(principal).rules
        return [deepcopy(rules[code]) for code in sorted(rules)]

    async def load(
        self, rows: Rows[RuleRecord], *, replace: bool, principal: Principal
    ) -> LoadCount:
        """Add and update rules by code, all or nothing."""

        def work(tenant: Tenant) -> LoadCount:
            return self._load(tenant, rows, replace=replace)

        return await self._estate.write("rules", work, principal=principal)

    def _load(self, tenant: Tenant, rows: Rows[RuleRecord], *, replace: bool) -> LoadCount:
        new: dict[str, RuleRecord] = {}
        for line, record in watched(rows):
            if problem := rule_problem(record):
                rows.bad(line, problem)
            else:
                new[record.code] = record
        old = tenant.rules
        rules = {} if replace else dict(old)
        for code, record in new.items():
            number = old[code].id if code in old else self._estate.next_id("rules")
            rules[code] = _stored(record, number)
        tenant.rules = rules
        changed = sum(code in old and old[code] != rules[code] for code in new)
        return LoadCount(
            read=rows.read,
            added=len(rules.keys() - old.keys()),
            changed=changed,
            removed=len(old.keys() - rules.keys()),
        )


def _stored(record: RuleRecord, rule_id: int) -> Rule:
    return Rule(id=rule_id, **asdict(replace(record)))

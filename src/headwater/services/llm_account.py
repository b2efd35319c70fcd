"""May this request of a language model be sent, and what did it take? It sends none."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from headwater.errors import HeadwaterError, LimitError
from headwater.model.gauge import Gauge
from headwater.model.principal import Principal
from headwater.model.spending import Amount, Bounds, Spent, Used
from headwater.ports.spending import Spending
from headwater.services.llm_prices import FREE, Price

LOG = logging.getLogger(__name__)
SETTINGS = {
    "tokens_per_day": "HEADWATER_LLM_TOKENS_PER_DAY",
    "tokens_per_run": "HEADWATER_LLM_TOKENS_PER_RUN",
    "cost_per_day": "HEADWATER_LLM_COST_PER_DAY",
    "cost_per_run": "HEADWATER_LLM_COST_PER_RUN",
}
"""Which setting is the bound that would be passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What was set aside for one request, and where it is booked."""

    model: str
    amount: Amount
    at: datetime
    run_id: str | None
    principal: Principal


class Account:
    """Sets aside what a request may take at the most, and books what it took.

    Args:
        spending: Where that is counted, for every process.
        bounds: What may be used.
        prices: By model; one without a price is free.
    """

    def __init__(
        self, spending: Spending, *, bounds: Bounds, prices: Mapping[str, Price] | None = None
    ) -> None:
        self.bounds = bounds
        self._spending = spending
        self._prices = prices or {}
        self._counts: dict[tuple[str, str], int] = {}

    async def reserve(
        self,
        model: str,
        *,
        most_read: int,
        most_written: int,
        at: datetime,
        run_id: str | None,
        principal: Principal,
    ) -> Entry:
        """Set aside what a request may take.

        Raises:
            LimitError: `llm.over_budget`, naming the bound.
        """
        tokens = most_read + most_written
        price = self._prices.get(model, FREE)
        amount = Amount(tokens=tokens, micros=price.most_micros(tokens, most_written=most_written))
        passed = await self._spending.reserve(
            amount, bounds=self.bounds, day=at.date(), run_id=run_id, principal=principal
        )
        if passed:
            self._count(model, "refused", 1)
            raise _over(passed, amount, at=at)
        return Entry(model=model, amount=amount, at=at, run_id=run_id, principal=principal)

    async def settle(self, entry: Entry, *, input_tokens: int, output_tokens: int) -> Used:
        """Book what a request took; where that cannot be, all that was set aside stays so."""
        micros = self._prices.get(entry.model, FREE).micros(input_tokens, output_tokens)
        used = Used(input_tokens=input_tokens, output_tokens=output_tokens, micros=micros)
        self._count(entry.model, "input", input_tokens)
        self._count(entry.model, "output", output_tokens)
        self._count(entry.model, "micros", micros)
        try:
            await self._spending.settle(
                entry.amount,
                used,
                day=entry.at.date(),
                run_id=entry.run_id,
                principal=entry.principal,
            )
        except HeadwaterError as error:
            LOG.warning("the tokens of a language model were not booked: %s", error.message)
        return used

    def asked(self, model: str) -> None:
        """Count a request that is sent."""
        self._count(model, "requests", 1)

    async def of_day(self, at: datetime, *, principal: Principal) -> Spent:
        """Return what the principal's tenant has used on a day in UTC."""
        return await self._spending.of_day(at.date(), principal=principal)

    def gauges(self) -> list[Gauge]:
        """Return what this process has sent and what it took, by model."""
        return [_gauge(model, what, count) for (model, what), count in sorted(self._counts.items())]

    def _count(self, model: str, what: str, more: int) -> None:
        self._counts[model, what] = self._counts.get((model, what), 0) + more


def _over(passed: str, amount: Amount, *, at: datetime) -> LimitError:
    span = "day" if passed.endswith("day") else "run"
    cost = f" and cost up to {amount.micros / 1e6:g}" if passed.startswith("cost") else ""
    when = "ask tomorrow (UTC) or raise" if span == "day" else "raise"
    message = (
        f"language model: this needs up to {amount.tokens} tokens{cost}, and the {span} has less "
        f"left of its budget; {when} {SETTINGS[passed]}"
    )
    midnight = datetime.combine(at.date() + timedelta(days=1), time(), tzinfo=at.tzinfo)
    wait_s = (midnight - at).total_seconds() if span == "day" else None
    return LimitError(message, code="llm.over_budget", retry_safe=False, retry_after_s=wait_s)


def _gauge(model: str, what: str, count: int) -> Gauge:
    if what == "micros":
        name, value, text = "cost", count / 1e6, "What language models cost, as prices are set."
    elif what in {"input", "output"}:
        name, value, text = "tokens", float(count), "Tokens of language models read and written."
    else:
        name, value, text = what, float(count), f"Requests to language models {_how(what)}."
    labels = {"model": model} | ({"kind": what} if name == "tokens" else {})
    return Gauge(
        name=f"headwater_model_{name}_total", value=value, help=text, kind="counter", labels=labels
    )


def _how(what: str) -> str:
    return "sent" if what == "requests" else "not sent, as a budget would be passed"

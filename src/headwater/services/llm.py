"""Has texts written by a model behind an OpenAI-compatible service; it gives a model no tools.

pydantic-ai takes seconds to import, so that happens in a thread when a model is first asked.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import anyio
from anyio import to_thread
from pydantic import SecretStr

from headwater.errors import HeadwaterError, LimitError, StoreFault, UsageError
from headwater.model.principal import Principal
from headwater.policy.token_budget import TokenBudget
from headwater.ports.llm import Completion
from headwater.ports.probed import Probed
from headwater.services.llm_wire import NoReply, Reply, Wire, look_at, open_wire

OVERHEAD_TOKENS = 128
"""What a service may put round the texts: roles, templates, the name of the schema."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the models are.

    Args:
        url: The service, such as `https://host/v1`.
        models: Their names, in the order in which they are asked.
        key: What the service knows us by; None where it asks for nothing.
    """

    url: str
    models: tuple[str, ...]
    key: SecretStr | None = None


def _utc_now() -> datetime:
    return datetime.now(UTC)


class ServiceLlm:
    """Models behind one service, asked in order until one answers.

    Args:
        place: Where they are.
        tokens_per_day: What each tenant may use from midnight to midnight UTC, in this process.
        now: Gives the time, aware.
    """

    def __init__(
        self, place: Place, *, tokens_per_day: int = 0, now: Callable[[], datetime] = _utc_now
    ) -> None:
        self._place = place
        self._budget = TokenBudget(most=tokens_per_day)
        self._now = now
        self._wire: Wire | None = None
        self._one_opens = anyio.Lock()

    @classmethod
    @asynccontextmanager
    async def open(
        cls, place: Place, *, tokens_per_day: int = 0, now: Callable[[], datetime] = _utc_now
    ) -> AsyncIterator[ServiceLlm]:
        """Open a pool of connections for the models' lifetime; none is made yet.

        Raises:
            UsageError: `settings.bad` where the URL is none or no model is named.
        """
        check_place(place)
        llm = cls(place, tokens_per_day=tokens_per_day, now=now)
        try:
            yield llm
        finally:
            if llm._wire is not None:
                with anyio.CancelScope(shield=True), anyio.move_on_after(1):
                    await llm._wire.close()

    @property
    def models(self) -> tuple[str, ...]:
        """Return the models in the order in which they are asked."""
        return self._place.models

    @property
    def probed(self) -> dict[str, Probed]:
        """Return what looks whether the models are there."""
        return {"language model": self}

    def used_today(self, *, principal: Principal) -> int:
        """Return the tokens that the principal's tenant has used since midnight UTC."""
        return self._budget.used(principal.tenant, day=self._now().date())

    async def check(self) -> None:
        """Ask the service which models it has.

        Raises:
            StoreFault: `llm.unreachable`, `llm.refused`.
        """
        await look_at(self._place.url, self._place.key)

    async def complete(
        self,
        system: str,
        user: str,
        *,
        schema: Mapping[str, Any] | None = None,
        most_tokens: int,
        principal: Principal,
    ) -> Completion:
        """Return what the first model that can writes; see `ports/llm.py`."""
        errors: list[HeadwaterError] = []
        for model in self.models:
            ask = partial(self._ask, model, system, user, schema=schema, most_tokens=most_tokens)
            try:
                return await ask(principal=principal)
            except HeadwaterError as error:
                if error.code == "llm.over_budget":
                    raise
                errors.append(error)
        raise errors[-1]

    async def _ask(
        self,
        model: str,
        system: str,
        user: str,
        *,
        schema: Mapping[str, Any] | None,
        most_tokens: int,
        principal: Principal,
    ) -> Completion:
        wire = await self._opened()
        now = self._now()
        most = most_input_tokens((system, user, json.dumps(schema or {}))) + most_tokens
        self._reserve(principal.tenant, most, now=now)
        used = most  # of an answer that is left or lost nobody knows what it took
        try:
            reply = await wire.ask(model, system, user, schema=schema, most_tokens=most_tokens)
            if isinstance(reply, NoReply):
                used = most if reply.owes else 0
                raise reply.error
            used = reply.input_tokens + reply.output_tokens or most
            return _completion(reply, model, wants_data=schema is not None)
        finally:
            self._budget.settle(principal.tenant, reserved=most, used=used, day=now.date())

    def _reserve(self, tenant: str, tokens: int, *, now: datetime) -> None:
        if self._budget.reserve(tenant, tokens, day=now.date()):
            return
        midnight = datetime.combine(now.date() + timedelta(days=1), time(), tzinfo=now.tzinfo)
        message = (
            f"language model: this needs up to {tokens} tokens, and the tenant has fewer left "
            "today; ask tomorrow (UTC) or raise HEADWATER_LLM_TOKENS_PER_DAY"
        )
        wait_s = (midnight - now).total_seconds()
        raise LimitError(message, code="llm.over_budget", retry_safe=False, retry_after_s=wait_s)

    async def _opened(self) -> Wire:
        async with self._one_opens:
            if self._wire is None:
                self._wire = await to_thread.run_sync(
                    open_wire, self._place.url, self._place.key, abandon_on_cancel=True
                )
            return self._wire


def check_place(place: Place) -> None:
    """Refuse a place at which no model can be.

    Raises:
        UsageError: `settings.bad`.
    """
    parts = urlsplit(place.url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or not place.models:
        message = (
            "a language model needs HEADWATER_LLM_URL, such as https://host/v1, and its name in "
            "HEADWATER_LLM_MODELS; set both, or neither"
        )
        raise UsageError(message, code="settings.bad")


def most_input_tokens(texts: Sequence[str]) -> int:
    """Return what texts take at the most: tokenizers make no more tokens than there are bytes."""
    return OVERHEAD_TOKENS + sum(len(one.encode("utf-8", "replace")) for one in texts)


def _completion(reply: Reply, model: str, *, wants_data: bool) -> Completion:
    """Return a whole answer, or refuse it.

    Raises:
        StoreFault: `llm.refused`, `llm.bad_answer`.
    """
    if reply.declined:
        message = f"language model {model}: it declined to answer; ask something else"
        raise StoreFault(message, code="llm.refused", retry_safe=False)
    problem = reply.problem or ("it is empty" if not reply.text.strip() else "")
    data = None
    if wants_data and not problem:
        data = _object_of(reply.text)
        problem = "" if data is not None else "it is no JSON object"
    if problem:
        message = f"language model {model}: its answer is not used, {problem}"
        raise StoreFault(message, code="llm.bad_answer", retry_safe=True)
    return Completion(
        text=reply.text,
        data=data,
        model=model,
        input_tokens=reply.input_tokens,
        output_tokens=reply.output_tokens,
    )


def _object_of(text: str) -> dict[str, Any] | None:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


class NoLlm:
    """What stands behind the port where no model is set."""

    models: tuple[str, ...] = ()

    @property
    def probed(self) -> dict[str, Probed]:
        """Return nothing that could be there or not."""
        return {}

    async def complete(
        self,
        system: str,
        user: str,
        *,
        schema: Mapping[str, Any] | None = None,
        most_tokens: int,
        principal: Principal,
    ) -> Completion:
        """Refuse.

        Raises:
            UsageError: `llm.none`.
        """
        del system, user, schema, most_tokens, principal
        message = "no language model is set; set HEADWATER_LLM_URL and HEADWATER_LLM_MODELS"
        raise UsageError(message, code="llm.none")


@asynccontextmanager
async def open_llm(
    url: str, *, models: tuple[str, ...], key: SecretStr | None, tokens_per_day: int
) -> AsyncIterator[ServiceLlm | NoLlm]:
    """Open the models that are set, or what stands in where neither URL nor name is.

    Raises:
        UsageError: `settings.bad`.
    """
    if not url and not models:
        yield NoLlm()
        return
    place = Place(url=url, models=models, key=key)
    async with ServiceLlm.open(place, tokens_per_day=tokens_per_day) as llm:
        yield llm

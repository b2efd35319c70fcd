"""Has texts written by a model behind an OpenAI-compatible service; it gives a model no tools.

pydantic-ai takes seconds to import, so that happens in a thread when a model is first asked.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import anyio
from anyio import to_thread
from pydantic import SecretStr

from headwater.errors import HeadwaterError, StoreFault, UsageError
from headwater.model.gauge import Gauge
from headwater.model.principal import Principal
from headwater.model.remark import Remarks
from headwater.model.spending import Spent
from headwater.ports.llm import Completion
from headwater.ports.probed import Probed
from headwater.services.llm_account import Account
from headwater.services.llm_wire import NoReply, Reply, Wire, look_at, open_wire

HERE = "services.llm"

OVERHEAD_TOKENS = 128
"""What a service may put round the texts: roles, templates, the name of the schema."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the models are.

    Args:
        url: The service, such as `https://host/v1`; empty for models of the providers that
            pydantic-ai knows, named as `provider:model`.
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
        account: What they may take, and what they took.
        open_wire: Imports what speaks to them and opens a pool; it may block for seconds.
        now: Gives the time, aware.
        checks: Whether a model may be asked to check what was written.
    """

    def __init__(
        self,
        place: Place,
        account: Account,
        *,
        open_wire: Callable[[str, SecretStr | None], Wire] = open_wire,
        now: Callable[[], datetime] = _utc_now,
        checks: bool = False,
    ) -> None:
        self.checks = checks
        self._place = place
        self._account = account
        self._now = now
        self._open_wire = open_wire
        self._wire: Wire | None = None
        self._one_opens = anyio.Lock()

    @classmethod
    @asynccontextmanager
    async def open(cls, place: Place, account: Account, **given: Any) -> AsyncIterator[ServiceLlm]:
        """Open a pool of connections for the models' lifetime; none is made yet.

        Raises:
            UsageError: `settings.bad` where the URL is none or no model is named.
        """
        check_place(place)
        llm = cls(place, account, **given)
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
        """Return what looks whether the models are there, where that is one service."""
        return {"language model": self} if self._place.url else {}

    async def prepare(self) -> None:
        """Import what speaks to the models now, so that the first question does not wait for it."""
        await self._opened()

    def gauges(self) -> list[Gauge]:
        """Return what this process has sent to models and what it took."""
        return self._account.gauges()

    async def used_today(self, *, principal: Principal) -> Spent:
        """Return what the principal's tenant has used since midnight UTC."""
        return await self._account.of_day(self._now(), principal=principal)

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
        remarks: Remarks,
        principal: Principal,
    ) -> Completion:
        """Return what the first model that can writes; see `ports/llm.py`."""
        errors: list[HeadwaterError] = []
        for model in self.models:
            ask = partial(self._ask, model, (system, user), schema=schema, most_tokens=most_tokens)
            try:
                return await ask(remarks=remarks, principal=principal)
            except HeadwaterError as error:
                remarks.note("model.failed", HERE, model=model, code=error.code)
                errors.append(error)
        raise errors[-1]

    async def _ask(
        self,
        model: str,
        texts: tuple[str, str],
        *,
        schema: Mapping[str, Any] | None,
        most_tokens: int,
        remarks: Remarks,
        principal: Principal,
    ) -> Completion:
        wire = await self._opened()
        entry = await self._account.reserve(
            model,
            most_read=most_input_tokens((*texts, json.dumps(schema or {}))),
            most_written=most_tokens,
            at=self._now(),
            run_id=remarks.run_id,
            principal=principal,
        )
        remarks.note("model.asked", HERE, model=model, most_tokens=entry.amount.tokens)
        self._account.asked(model)
        reply = await wire.ask(
            model, texts, schema=schema, most_tokens=most_tokens, remarks=remarks
        )
        # Of an answer that is left or lost nobody knows what it took: it stays set aside.
        if isinstance(reply, NoReply):
            if not reply.owes:
                await self._account.settle(entry, input_tokens=0, output_tokens=0)
            raise reply.error
        counts = {"input_tokens": reply.input_tokens, "output_tokens": reply.output_tokens}
        cost = (await self._account.settle(entry, **counts)).micros if any(counts.values()) else 0
        remarks.note("model.answered", HERE, model=model, kept=False, cost=cost / 1e6, **counts)
        return replace(_completion(reply, model, wants_data=schema is not None), micros=cost)

    async def _opened(self) -> Wire:
        async with self._one_opens:
            if self._wire is None:
                self._wire = await to_thread.run_sync(
                    self._open_wire, self._place.url, self._place.key, abandon_on_cancel=True
                )
            return self._wire


def check_place(place: Place) -> None:
    """Refuse a place at which no model can be.

    Raises:
        UsageError: `settings.bad`.
    """
    parts = urlsplit(place.url)
    if place.models and not place.url and all(":" in one for one in place.models):
        return
    if parts.scheme not in {"http", "https"} or not parts.hostname or not place.models:
        message = (
            "a language model needs HEADWATER_LLM_URL, such as https://host/v1, and its name in "
            "HEADWATER_LLM_MODELS, or there alone a name such as anthropic:MODEL; "
            "set both, or neither"
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
    checks = False

    @property
    def probed(self) -> dict[str, Probed]:
        """Return nothing that could be there or not."""
        return {}

    def gauges(self) -> list[Gauge]:
        """Return no numbers."""
        return []

    async def complete(
        self,
        system: str,
        user: str,
        *,
        schema: Mapping[str, Any] | None = None,
        most_tokens: int,
        remarks: Remarks,
        principal: Principal,
    ) -> Completion:
        """Refuse.

        Raises:
            UsageError: `llm.none`.
        """
        del system, user, schema, most_tokens, remarks, principal
        message = "no language model is set; set HEADWATER_LLM_URL and HEADWATER_LLM_MODELS"
        raise UsageError(message, code="llm.none")

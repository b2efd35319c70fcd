"""Which language models are set, and what may they cost? It asks none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from pydantic import SecretStr

from headwater.model.spending import Bounds
from headwater.ports.cache import Cache
from headwater.ports.gauged import Gauged
from headwater.ports.llm import Llm
from headwater.ports.probed import Probed
from headwater.ports.spending import Spending
from headwater.services.llm import NoLlm, Place, ServiceLlm
from headwater.services.llm_account import Account
from headwater.services.llm_kept import KeptLlm
from headwater.services.llm_prices import check_priced, read_prices


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What is set: `url`, `models` and `key` as of a `Place`, `prices` as they were written.

    `checks` says whether a model may be asked to check what was written, `prepare` whether what
    speaks to models is imported now: that takes seconds, which are else the first question's.
    """

    url: str
    models: tuple[str, ...]
    key: SecretStr | None
    bounds: Bounds
    prices: str
    checks: bool = False
    prepare: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The models, and what looks at them and reads numbers off them."""

    llm: Llm
    probed: dict[str, Probed] = field(default_factory=dict)
    gauged: tuple[Gauged, ...] = ()


@asynccontextmanager
async def open_llm(chosen: Chosen, *, spending: Spending, cache: Cache) -> AsyncIterator[Opened]:
    """Open the models that are set, or what stands in where neither URL nor name is.

    Raises:
        UsageError: `settings.bad`.
    """
    if not chosen.url and not chosen.models:
        yield Opened(llm=NoLlm())
        return
    prices = read_prices(chosen.prices)
    if chosen.bounds.micros_per_day or chosen.bounds.micros_per_run:
        check_priced(chosen.models, prices)
    place = Place(url=chosen.url, models=chosen.models, key=chosen.key)
    account = Account(spending, bounds=chosen.bounds, prices=prices)
    async with ServiceLlm.open(place, account, checks=chosen.checks) as llm:
        if chosen.prepare:
            await llm.prepare()
        yield Opened(llm=KeptLlm(llm, cache), probed=llm.probed, gauged=(llm,))

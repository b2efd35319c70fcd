"""Random estates for the tests of tools, loaded into a store, and how a tool is called there."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from headwater.app.wiring import shipped_packs
from headwater.model.evidence import Evidence
from headwater.model.history import HistoryRecord
from headwater.model.item import ItemRecord
from headwater.model.load import Rows
from headwater.model.metric import MetricRecord, SampleRecord
from headwater.model.moment import Asked
from headwater.model.principal import Principal
from headwater.model.relation import RelationRecord
from headwater.model.rule import RuleRecord
from headwater.ports.history import History
from headwater.ports.inventory import Inventory
from headwater.ports.metrics import Metrics
from headwater.ports.relations import Relations
from headwater.ports.rules import Rules
from headwater.stores.memory.estate import MemoryEstate
from headwater.stores.memory.history import MemoryHistory
from headwater.stores.memory.inventory import MemoryInventory
from headwater.stores.memory.metrics import MemoryMetrics
from headwater.stores.memory.relations import MemoryRelations
from headwater.stores.memory.rules import MemoryRules
from headwater.stores.sql.history import SqlHistory
from headwater.stores.sql.inventory import SqlInventory
from headwater.stores.sql.metrics import SqlMetrics
from headwater.stores.sql.relations import SqlRelations
from headwater.stores.sql.rules import SqlRules
from headwater.stores.sql.sqlite_database import SqliteDatabase
from headwater.toolkit.registry import Registry

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ASKED = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
START = ASKED - timedelta(hours=2)
TENANTS = itertools.count()
modest = settings(
    max_examples=20,
    deadline=None,
    phases=[phase for phase in Phase if phase is not Phase.explain],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@dataclass
class Estate:
    """A plain estate: what is loaded, and the codes deleted afterwards."""

    items: list[ItemRecord] = field(default_factory=list)
    deleted: set[str] = field(default_factory=set)
    relations: list[RelationRecord] = field(default_factory=list)
    metrics: list[MetricRecord] = field(default_factory=list)
    samples: list[SampleRecord] = field(default_factory=list)
    history: list[HistoryRecord] = field(default_factory=list)
    rules: list[RuleRecord] = field(default_factory=list)

    @property
    def living(self) -> list[ItemRecord]:
        return [item for item in self.items if item.code not in self.deleted]


@dataclass(frozen=True)
class Stores:
    """The adapters that tools ask for, and the way into the loop that they run in."""

    portal: BlockingPortal
    inventory: Any
    relations: Any
    metrics: Any
    history: Any
    rules: Any

    @property
    def supplies(self) -> dict[type, Any]:
        ports = (Inventory, Relations, Metrics, History, Rules)
        return {port: getattr(self, port.__name__.lower()) for port in ports}


@dataclass
class World:
    """An estate in a store, under a tenant of its own."""

    stores: Stores
    registry: Registry
    principal: Principal
    estate: Estate
    ids: dict[str, int] = field(default_factory=dict)

    def call(self, tool: str, arguments: Mapping[str, Any] | None = None, **named: Any) -> Any:
        """Call a tool as the engine does; give its value as plain JSON."""
        return self.cited(tool, arguments, **named)[0]

    def cited(
        self, tool: str, arguments: Mapping[str, Any] | None = None, **named: Any
    ) -> tuple[Any, Evidence]:
        """Call a tool as the engine does; give its value as plain JSON, and its evidence."""
        found = self.registry.find(tool)
        decoded = found.schema.decode({**(arguments or {}), **named})
        for name, kind in found.schema.supplied.items():
            if kind is Principal:
                decoded[name] = self.principal
            elif kind is Asked:
                decoded[name] = Asked(ASKED)
        ready = partial(found.function, **decoded, **self.registry.ports(tool))
        returned = self.stores.portal.call(ready)
        value = found.schema.encode(returned.value)
        json.dumps(value, allow_nan=False)
        (evidence,) = returned.evidence
        assert evidence.query
        return value, evidence

    def load(self, method: Any, records: Iterable[Any], *, replace: bool = False) -> None:
        """Load records by a port's method, where there are any or others are to go."""
        made = rows(records)
        self.stores.portal.call(partial(method, made, replace=replace, principal=self.principal))
        assert not made.bad_lines


def rows(records: Iterable[Any]) -> Rows[Any]:
    made: Rows[Any] = Rows("test")
    made.records = enumerate(records, 1)
    return made


def settle(stores: Stores, estate: Estate) -> World:
    """Load an estate under a new tenant, delete what is to be deleted, and note the ids."""
    principal = Principal(tenant=f"t{next(TENANTS)}")
    others = (".knowledge.", ".work.")  # they read no estate
    named = [(getattr(one, "__name__", ""), one) for one in shipped_packs()]
    packs = [one for name, one in named if not any(other in name for other in others)]
    world = World(stores, Registry(packs, stores.supplies), principal, estate)
    world.load(stores.inventory.load, estate.items)
    batch = partial(stores.inventory.batch, 0, limit=10_000, principal=principal)
    world.ids = {item.code: item.id for item in stores.portal.call(batch)}
    for method, records in (
        (stores.relations.load, estate.relations),
        (stores.metrics.load, estate.metrics),
        (stores.metrics.load_samples, estate.samples),
        (stores.history.load, estate.history),
        (stores.rules.load, estate.rules),
    ):
        if records:
            world.load(method, records)
    if estate.deleted:
        world.load(stores.inventory.load, estate.living, replace=True)
    return world


def in_memory(portal: BlockingPortal) -> Stores:
    estate = MemoryEstate()
    return Stores(
        portal,
        MemoryInventory(estate),
        MemoryRelations(estate),
        MemoryMetrics(estate),
        MemoryHistory(estate),
        MemoryRules(estate),
    )


@asynccontextmanager
async def in_sqlite(portal: BlockingPortal, path: Path) -> AsyncIterator[Stores]:
    database = await SqliteDatabase.open(path, readers=1)
    inventory = SqlInventory(database)
    try:
        # Opens the reader's files here, not in the first test, which would seem to leave them.
        await inventory.get(1, principal=Principal())
        yield Stores(
            portal,
            inventory,
            SqlRelations(database),
            SqlMetrics(database),
            SqlHistory(database),
            SqlRules(database),
        )
    finally:
        await database.close()


def _each_store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stores]:
    """Open each kind of store once a module; every estate has a tenant of its own in it.

    Its loop runs in a thread, so that Hypothesis draws outside of it: an overrun is raised as a
    BaseException, which no runner of coroutines may swallow.
    """
    with start_blocking_portal() as portal:
        if request.param == "memory":
            yield in_memory(portal)
            return
        path = tmp_path_factory.mktemp("estates") / "estate.db"
        with portal.wrap_async_context_manager(in_sqlite(portal, path)) as stores:
            yield stores


each_store = pytest.fixture(scope="module", params=["memory", "sqlite"])(_each_store)
"""The fixture; a test module names it `tool_stores`."""


def us(at: datetime) -> int:
    return (at - EPOCH) // timedelta(microseconds=1)


def iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


CODES = [f"c{number}" for number in range(9)]
WORDS = ["web", "Web shop", "orders-db", "Örders", "db 1", "web-1", "a_b%c", "cache"]
TYPES = ["server", "service", "rack"]


@st.composite
def items(draw: st.DrawFn, code: str) -> ItemRecord:
    word = st.sampled_from(WORDS)
    maybe = st.none() | word
    return ItemRecord(
        code=code,
        name=draw(word),
        type=draw(st.sampled_from(TYPES)),
        status=draw(st.sampled_from([None, "active", "planned"])),
        owner=draw(maybe),
        location=draw(maybe),
        tags=draw(st.dictionaries(st.sampled_from(["team", "tier"]), word, max_size=2)),
        attributes=draw(
            st.fixed_dictionaries(
                {},
                optional={
                    "cpu": st.integers(-2, 3)
                    | st.floats(-2, 3, width=16)
                    | st.just("2")
                    | st.booleans(),
                    "os": st.fixed_dictionaries({"name": word}),
                },
            )
        ),
    )


@st.composite
def estates_of_items(draw: st.DrawFn) -> Estate:
    some = st.lists(st.sampled_from(CODES), unique=True, min_size=5)
    codes = draw(some | some | some | st.just(CODES[:1]) | st.just([]))
    deleted = draw(st.sets(st.sampled_from(codes), max_size=3)) if codes else set()
    return Estate(items=[draw(items(code)) for code in codes], deleted=deleted)

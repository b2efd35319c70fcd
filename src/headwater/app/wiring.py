"""Who stands behind each port: the one table, and the one place that knows concrete adapters.

Drivers are imported where they are opened, so that `import headwater` stays light.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, cast
from weakref import WeakValueDictionary

import anyio
from anyio import to_thread

from headwater.analysis.records import text_problem
from headwater.app.settings import Settings
from headwater.app.wiring_code import Code, CodeKept, code_in_memory, code_in_sql, open_code
from headwater.app.wiring_runs import runs_in_sql
from headwater.app.wiring_services import embedding_once, made_by, of_process, open_sealer
from headwater.app.wiring_work import WorkStores, work_in_memory, work_in_sql
from headwater.errors import UsageError, without_secrets
from headwater.ports.activities import Activities
from headwater.ports.cache import Cache
from headwater.ports.documents import Documents
from headwater.ports.embedder import Embedder
from headwater.ports.gauged import Gauged
from headwater.ports.history import History
from headwater.ports.hub import Hub
from headwater.ports.inventory import Inventory
from headwater.ports.keys import Keys
from headwater.ports.llm import Llm
from headwater.ports.metrics import Metrics
from headwater.ports.probed import Probed
from headwater.ports.rates import Rates
from headwater.ports.relations import Relations
from headwater.ports.rooms import Rooms
from headwater.ports.rules import Rules
from headwater.ports.run_log import RunLog
from headwater.ports.sealer import Sealer
from headwater.ports.spending import Spending
from headwater.ports.vectors import Vectors
from headwater.ports.versions import Versions
from headwater.toolkit.registry import Pack

GROUP = "headwater.packs"
"""The entry-point group by which other distributions bring packs."""
SQLITE = "sqlite:///"
MEMORY = "memory:"
WRITE = (
    "write sqlite:///PATH (sqlite:////PATH from the root), memory:, "
    "postgresql://USER:PASSWORD@HOST:PORT/NAME or mysql://USER:PASSWORD@HOST:PORT/NAME"
)
SERVERS = ("postgresql", "postgres", "mysql", "mariadb")


_HUBS: WeakValueDictionary[Path, Hub] = WeakValueDictionary()
_ONE_HUB = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """An adapter for each port."""

    inventory: Inventory
    relations: Relations
    metrics: Metrics
    history: History
    rules: Rules
    versions: Versions
    run_log: RunLog
    cache: Cache
    hub: Hub
    keys: Keys
    rates: Rates
    documents: Documents
    vectors: Vectors
    embedder: Embedder
    rooms: Rooms
    work: WorkStores
    code_kept: CodeKept
    code: Code = field(default=cast(Any, None))
    sealer: Sealer = field(default=cast(Any, None))
    """Both are put in place when all else is open."""
    spending: Spending
    llm: Llm | None = None
    gauged: tuple[Gauged, ...] = ()
    probed: Mapping[str, Probed] = field(default_factory=dict)
    """Services beside the database, by name; the estate is answered without them."""

    @property
    def activities(self) -> Activities:
        """Return what was done in projects."""
        return self.work.activities

    @property
    def supplies(self) -> dict[type, Any]:
        """Return what tools may ask for, by the port's Protocol."""
        return {
            Inventory: self.inventory,
            Relations: self.relations,
            Metrics: self.metrics,
            History: self.history,
            Rules: self.rules,
            Documents: self.documents,
            Vectors: self.vectors,
            Embedder: self.embedder,
            Rooms: self.rooms,
            RunLog: self.run_log,
            Llm: self.llm,
            **self.work.supplies,
            **self.code.supplies,
        }


@asynccontextmanager
async def open_stores(url: str, settings: Settings) -> AsyncIterator[Stores]:
    """Open the stores that a database URL names, and close them at the end.

    Raises:
        UsageError: `database.bad_url`.
        StoreFault: the database cannot be opened.
    """
    if not isinstance(url, str) or text_problem(url):
        shown = without_secrets(ascii(url))[:200]
        raise UsageError(f"database {shown}: {WRITE}", code="database.bad_url")
    async with AsyncExitStack() as stack:
        model = await stack.enter_async_context(_model(settings))
        stores = await stack.enter_async_context(_kept_in(url, settings, model))
        if settings.vectors == "astra":
            stores = await stack.enter_async_context(_found_by_astra(settings, stores))
        if settings.redis is not None:
            address = settings.redis.get_secret_value()
            by = made_by(settings, stores.embedder.model)
            shared = _shared_by(address, stores, cached_by=by)
            stores = await stack.enter_async_context(shared)
        sealer = await to_thread.run_sync(open_sealer, settings)
        code = await stack.enter_async_context(open_code(settings, stores.code_kept, sealer))
        stores = replace(stores, code=code, sealer=sealer)
        yield await stack.enter_async_context(_with_models(settings, stores))


@asynccontextmanager
async def _with_models(settings: Settings, stores: Stores) -> AsyncIterator[Stores]:
    """Put the language models that are set beside the stores, where what they cost is counted."""
    from headwater.services.llm_opening import Chosen, open_llm

    chosen = Chosen(**settings.language_models)
    async with open_llm(chosen, spending=stores.spending, cache=stores.cache) as opened:
        yield replace(
            stores,
            llm=opened.llm,
            probed={**stores.probed, **opened.probed},
            gauged=(*stores.gauged, *opened.gauged),
        )


@asynccontextmanager
async def _kept_in(url: str, settings: Settings, model: Embedder) -> AsyncIterator[Stores]:
    """Open what is kept in a database."""
    await to_thread.run_sync(import_stores, url)
    if url in {MEMORY, f"{MEMORY}//"}:
        yield _memory(settings, model)
    elif url.startswith(SQLITE) and url.removeprefix(SQLITE).strip():
        path = Path(url.removeprefix(SQLITE))
        if url == settings.default_url:
            await _make_folder(path.parent)
        async with _sqlite(path, settings, model) as stores:
            yield stores
    elif url.partition("://")[0] in SERVERS and "://" in url:
        async with _server(url, settings, model) as stores:
            yield stores
    else:
        shown = without_secrets(url)[:200]
        raise UsageError(f"database {shown!r}: {WRITE}", code="database.bad_url")


@asynccontextmanager
async def _found_by_astra(settings: Settings, stores: Stores) -> AsyncIterator[Stores]:
    """Have Astra DB find vectors; the estate's own tell what is there."""
    from headwater.stores.astra import AsyncAstraClient
    from headwater.stores.astra.vectors import AstraVectors

    async with AsyncAstraClient(**settings.astra_database) as client:
        found = AstraVectors(client, kept=stores.vectors, documents=stores.documents)
        yield replace(stores, vectors=found, probed={**stores.probed, "astra": found})


@asynccontextmanager
async def _shared_by(url: str, stores: Stores, *, cached_by: str) -> AsyncIterator[Stores]:
    """Put what replicas share through Redis before what is this process' own."""
    from headwater.app.fallbacks import FallbackCache, FallbackRates
    from headwater.services.rooms import HubRooms
    from headwater.stores.memory.hub import MemoryHub
    from headwater.stores.redis.server import RedisServer

    async with RedisServer.open(url, own_hub=MemoryHub(), cached_by=cached_by) as server:
        cache = FallbackCache(server.cache, stores.cache)
        rates = FallbackRates(server.rates, stores.rates)
        yield replace(
            stores,
            cache=cache,
            rates=rates,
            hub=server.hub,
            rooms=HubRooms(server.hub),
            gauged=(*stores.gauged, server, cache, rates),
            probed={**stores.probed, "redis": server},
        )


async def _make_folder(folder: Path) -> None:
    try:
        await anyio.Path(folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = (
            f"cannot make the folder {folder} for the estate ({error.strerror}); "
            "name a database elsewhere with --database or HEADWATER_DATABASE"
        )
        raise UsageError(message, code="store.no_folder") from error


@asynccontextmanager
async def _model(settings: Settings) -> AsyncIterator[Embedder]:
    """Give what makes vectors; it loads and connects nothing before the first text."""
    from headwater.services.embedder import hashing, minilm

    chosen = settings.embedder
    if chosen == "auto":
        chosen = "minilm" if await to_thread.run_sync(minilm.is_installed) else "hashing"
    if chosen == "openai":
        from headwater.services.embedder import openai

        url, name, key = settings.embedding_service
        async with aclosing(openai.OpenAiEmbedder(url, model=name, key=key)) as service:
            yield service
    elif chosen == "minilm":
        yield minilm.MiniLmEmbedder(threads=settings.embedder_threads)
    else:
        yield hashing.HashingEmbedder()


def _memory(settings: Settings, model: Embedder) -> Stores:
    from headwater.services.rooms import HubRooms
    from headwater.stores.memory.documents import MemoryDocuments
    from headwater.stores.memory.estate import MemoryEstate
    from headwater.stores.memory.history import MemoryHistory
    from headwater.stores.memory.hub import MemoryHub
    from headwater.stores.memory.inventory import MemoryInventory
    from headwater.stores.memory.keys import MemoryKeys
    from headwater.stores.memory.metrics import MemoryMetrics
    from headwater.stores.memory.relations import MemoryRelations
    from headwater.stores.memory.rules import MemoryRules
    from headwater.stores.memory.run_log import MemoryRunLog
    from headwater.stores.memory.spending import MemorySpending
    from headwater.stores.memory.vectors import MemoryVectors
    from headwater.stores.memory.versions import MemoryVersions

    estate, hub = MemoryEstate(), MemoryHub()
    return Stores(
        inventory=MemoryInventory(estate),
        relations=MemoryRelations(estate),
        metrics=MemoryMetrics(estate),
        history=MemoryHistory(estate),
        rules=MemoryRules(estate),
        versions=MemoryVersions(estate),
        run_log=MemoryRunLog(),
        hub=hub,
        rooms=HubRooms(hub),
        work=work_in_memory(estate),
        code_kept=code_in_memory(),
        keys=MemoryKeys(),
        **of_process(settings),
        documents=MemoryDocuments(estate, keeps_vectors=settings.vectors == "database"),
        vectors=MemoryVectors(estate),
        embedder=embedding_once(model),
        spending=MemorySpending(),
    )


@asynccontextmanager
async def _sqlite(path: Path, settings: Settings, model: Embedder) -> AsyncIterator[Stores]:
    """Open an estate's file, and beside it the file of its runs, so that neither waits."""
    from headwater.stores.sql.sqlite_database import SqliteDatabase

    async with AsyncExitStack() as stack:
        estate = await SqliteDatabase.open(path, readers=settings.sqlite_readers)
        stack.push_async_callback(estate.close)
        beside = path.with_name(f"{path.stem}.runs{path.suffix}")
        runs = await SqliteDatabase.open(beside, schema="runs", readers=1)
        stack.push_async_callback(runs.close)
        hub = await to_thread.run_sync(_hub_of, path)
        stores = _in_sql(estate, runs, hub=hub, settings=settings, model=model)
        yield replace(stores, gauged=(estate, runs))


def import_stores(url: str) -> None:
    """Import what opens an estate; it blocks, and takes seconds on a slow machine."""
    if url.startswith(SQLITE):
        from headwater.stores.sql import sqlite_database  # noqa: F401  (for its own sake)
    elif url.partition("://")[0] in SERVERS:
        from headwater.stores.sql import server_opening  # noqa: F401  (for its own sake)
    if not url.startswith(MEMORY):
        from headwater.stores.sql import documents, metrics, vectors  # noqa: F401  (as well)


@asynccontextmanager
async def _server(url: str, settings: Settings, model: Embedder) -> AsyncIterator[Stores]:
    """Open an estate and its runs in one database of PostgreSQL or MariaDB."""
    from headwater.stores.memory.hub import MemoryHub
    from headwater.stores.sql.addresses import read_address
    from headwater.stores.sql.server_opening import open_server

    address = read_address(url)
    with _ONE_HUB:
        hub = _HUBS.setdefault(Path(str(address)), MemoryHub())
    async with open_server(address, size=settings.database_pool) as database:
        stores = _in_sql(database, database, hub=hub, settings=settings, model=model)
        yield replace(stores, gauged=(database,))


def _in_sql(estate: Any, runs: Any, *, hub: Hub, settings: Settings, model: Embedder) -> Stores:
    from headwater.stores.sql.documents import SqlDocuments
    from headwater.stores.sql.embeddings import SqlEmbeddings
    from headwater.stores.sql.history import SqlHistory
    from headwater.stores.sql.inventory import SqlInventory
    from headwater.stores.sql.keys import SqlKeys
    from headwater.stores.sql.metrics import SqlMetrics
    from headwater.stores.sql.relations import SqlRelations
    from headwater.stores.sql.rules import SqlRules
    from headwater.stores.sql.vectors import SqlVectors
    from headwater.stores.sql.versions import SqlVersions

    return Stores(
        inventory=SqlInventory(estate),
        relations=SqlRelations(estate),
        metrics=SqlMetrics(estate),
        history=SqlHistory(estate),
        rules=SqlRules(estate),
        versions=SqlVersions(estate),
        **runs_in_sql(runs, hub),
        work=work_in_sql(estate),
        code_kept=code_in_sql(estate),
        keys=SqlKeys(estate),
        **of_process(settings),
        documents=SqlDocuments(
            estate,
            index_bytes=settings.index_bytes,
            keeps_vectors=settings.vectors == "database",
        ),
        vectors=SqlVectors(
            estate, index_bytes=settings.index_bytes, exact_vectors=settings.exact_vectors
        ),
        embedder=embedding_once(model, far=SqlEmbeddings(estate)),
    )


def _hub_of(path: Path) -> Hub:
    """Return the hub that all clients of this process share who opened the same file."""
    from headwater.stores.memory.hub import MemoryHub

    with _ONE_HUB:
        return _HUBS.setdefault(path.absolute(), MemoryHub())


def shipped_packs() -> list[Pack]:
    """Return the packs that come with Headwater, and those that other distributions bring.

    Raises:
        UsageError: `pack.broken` where another distribution's pack cannot be imported.
    """
    from headwater.packs.cep import tools as cep
    from headwater.packs.ci import tools as ci
    from headwater.packs.estate import tools as estate
    from headwater.packs.graph import tools as graph
    from headwater.packs.history import tools as history
    from headwater.packs.knowledge import tools as knowledge
    from headwater.packs.metric import tools as metric
    from headwater.packs.work import activity, items, notices, projects, resuming, sessions, teams
    from headwater.packs.work import repository_changes as changes
    from headwater.packs.work import repository_tools as repositories

    packs: list[Pack] = [estate, ci, metric, graph, history, cep, knowledge]
    packs += [teams, projects, items, sessions, resuming, activity, notices]
    packs += [repositories, changes]
    for one in entry_points(group=GROUP):
        try:
            packs.append(one.load())
        except Exception as error:
            message = (
                f"pack {one.name} ({one.value}) cannot be imported: {error!r}; mend or remove it"
            )
            raise UsageError(message, code="pack.broken") from error
    return packs

"""A small estate in memory, and questions carried out on it one step at a time."""

from __future__ import annotations

import functools
import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import anyio
from patience import GUARD_S

from headwater.analysis.embeddings import pack
from headwater.analysis.words import words
from headwater.composing.compose import compose
from headwater.engine.references import resolve
from headwater.errors import HeadwaterError
from headwater.model.answer import Answer
from headwater.model.document import DocumentRecord, PassageRecord
from headwater.model.history import HistoryRecord
from headwater.model.item import ItemRecord
from headwater.model.load import Rows
from headwater.model.metric import MetricRecord
from headwater.model.moment import Asked
from headwater.model.outcome import Failed, Outcome, Skipped, Succeeded
from headwater.model.plan import Step
from headwater.model.principal import Principal
from headwater.model.question import Question
from headwater.model.reading import Reading
from headwater.model.relation import RelationRecord
from headwater.model.rule import RuleRecord
from headwater.packs.cep import tools as cep
from headwater.packs.ci import tools as ci
from headwater.packs.estate import tools as estate_tools
from headwater.packs.graph import tools as graph
from headwater.packs.history import tools as history
from headwater.packs.knowledge import tools as knowledge
from headwater.packs.metric import tools as metric
from headwater.ports.documents import Documents
from headwater.ports.embedder import Embedder
from headwater.ports.history import History
from headwater.ports.inventory import Inventory
from headwater.ports.llm import Llm
from headwater.ports.metrics import Metrics
from headwater.ports.relations import Relations
from headwater.ports.rules import Rules
from headwater.ports.vectors import Vectors
from headwater.reading.read import read
from headwater.services.llm import NoLlm
from headwater.stores.memory.documents import MemoryDocuments
from headwater.stores.memory.estate import MemoryEstate
from headwater.stores.memory.history import MemoryHistory
from headwater.stores.memory.inventory import MemoryInventory
from headwater.stores.memory.metrics import MemoryMetrics
from headwater.stores.memory.relations import MemoryRelations
from headwater.stores.memory.rules import MemoryRules
from headwater.stores.memory.vectors import MemoryVectors
from headwater.toolkit.phrasing import Phrasing
from headwater.toolkit.registry import Registry

NOW = datetime(2026, 11, 21, 15, 30, tzinfo=ZoneInfo("Europe/Berlin"))
WHO = Principal()
SITES = (
    "Akron", "Albany", "Binghamton", "Buffalo", "Camden", "Nashua", "Pittsfield", "Rochester",
    "Scranton", "Stamford", "Syracuse", "Utica", "Yonkers",
)  # fmt: skip
SERVICES = ("checkout-api", "checkout-web", "payments-api", "orders-api", "search-api")


def items() -> Iterable[ItemRecord]:
    for service in SERVICES:
        grave = "critical" if service.startswith("checkout") else "high"
        team = service.split("-")[0]
        yield ItemRecord(
            code=service, name=service, type="service", status="active", criticality=grave,
            owner=f"team-{team}", location="eu-west", tags={"environment": "production"},
        )  # fmt: skip
    for name in ("orders-db", "payments-db"):
        yield ItemRecord(
            code=name, name=name, type="database", status="active", owner="team-data",
            location="eu-west", criticality="critical",
        )  # fmt: skip
    yield ItemRecord(code="order-events", name="Order events", type="queue", owner="team-orders")
    for number in (1, 2, 3):
        yield ItemRecord(
            code=f"host-{number}", name=f"Host {number}", type="host", location="eu-west"
        )
    for number, site in enumerate(SITES, 1):
        place = f"DM-{site}"
        yield ItemRecord(code=f"site-{number}", name=place, type="site", location="New York")
        yield ItemRecord(code=f"rack-{number}", name="Comms closet", type="rack", location=place)
        for role in ("Access Switch", "Router"):
            short = {"Access Switch": "sw", "Router": "rtr"}[role]
            yield ItemRecord(
                code=f"{site.lower()}-{short}01", name=f"{site.lower()}-{short}01", type="device",
                subtype=role, status="active" if number < 10 else "planned", location=place,
                owner="Dunder-Mifflin, Inc.", tags={"role": role, "rack": f"rack-{number}"},
            )  # fmt: skip


def relations() -> Iterable[RelationRecord]:
    pairs = (
        ("checkout-web", "checkout-api", "depends_on"),
        ("checkout-api", "payments-api", "depends_on"),
        ("checkout-api", "orders-db", "uses"),
        ("payments-api", "payments-db", "uses"),
        ("orders-api", "orders-db", "uses"),
        ("orders-api", "order-events", "uses"),
        ("checkout-api", "host-1", "runs_on"),
        ("orders-db", "host-2", "runs_on"),
        ("payments-db", "host-3", "runs_on"),
    )
    for source, target, kind in pairs:
        yield RelationRecord(source=source, target=target, type=kind)
    for number, site in enumerate(SITES, 1):
        yield RelationRecord(source=f"rack-{number}", target=f"site-{number}", type="located_in")
        for short in ("sw", "rtr"):
            yield RelationRecord(
                source=f"{site.lower()}-{short}01", target=f"rack-{number}", type="located_in"
            )


METRICS = (
    MetricRecord(name="latency_ms", unit="ms"),
    MetricRecord(name="cpu_utilization", unit="percent"),
    MetricRecord(name="memory_utilization", unit="percent"),
    MetricRecord(name="error_rate", unit="percent"),
    MetricRecord(name="http_requests_total", unit="requests", kind="counter"),
    MetricRecord(name="queue_depth", unit="messages"),
)
STEP_MIN = 5
INCIDENT_AT = datetime(2026, 11, 21, 14, 0, tzinfo=NOW.tzinfo)


def samples() -> Iterable[tuple[str, str, int, float]]:
    """Eight days of five-minute samples; since 14:00 orders-db is busy and checkout-api slow."""
    start = NOW - timedelta(days=8)
    for number in range(8 * 24 * 60 // STEP_MIN):
        at = start + timedelta(minutes=STEP_MIN * number)
        at_us = int(at.timestamp() * 1_000_000)
        wave = 1 + 0.2 * math.sin(number * STEP_MIN / 1440 * 2 * math.pi) + 0.02 * (number * 7 % 5)
        bad = at >= INCIDENT_AT
        yield "latency_ms", "checkout-api", at_us, 200 * wave * (4 if bad else 1)
        yield "cpu_utilization", "orders-db", at_us, 95.0 if bad else 30 * wave
        yield "latency_ms", "payments-api", at_us, 80 * wave
        yield "cpu_utilization", "checkout-api", at_us, 25 * wave
        yield "http_requests_total", "checkout-api", at_us, float(number * 300)
        if number % 12 == 0:
            yield "cpu_utilization", "host-1", at_us, 40 * wave
            yield "cpu_utilization", "host-2", at_us, 50 * wave
            yield "queue_depth", "order-events", at_us, 5.0


def entries() -> Iterable[HistoryRecord]:
    def entry(ci: str, kind: str, hours: float, title: str, **more: Any) -> HistoryRecord:
        return HistoryRecord(ci=ci, kind=kind, at=NOW - timedelta(hours=hours), title=title, **more)

    yield entry("orders-db", "deployment", 1.6, "orders-db 2026.11.21-3", actor="ana")
    yield entry("checkout-api", "deployment", 20, "checkout-api 2026.11.20-1", actor="bo")
    yield entry("checkout-web", "change", 30, "new banner")
    yield entry("payments-api", "incident", 50, "cards refused", severity="high")
    yield entry("host-1", "maintenance", 70, "kernel upgrade", severity="info")


RULES = (
    RuleRecord(
        code="high-latency",
        name="Latency is high",
        trigger={
            "type": "metric", "metric": "latency_ms", "aggregate": "avg", "window": "5m",
            "comparison": "gt", "threshold": 500, "for": "10m",
        },
    ),
)  # fmt: skip


DOCUMENTS = (
    (
        "runbooks/checkout.md", "Checkout", ("checkout-api",),
        (("Meaning", "The checkout service takes orders. It may be slow at its database."),
         ("Mitigation", "Scale out the checkout service first. Then warm its cache.")),
    ),
    (
        "runbooks/orders-db.md", "Orders database", ("orders-db",),
        (("Mitigation", "Kill the longest running query. Raise work_mem to 64 MB at most."),),
    ),
    (
        "runbooks/HighLatency.md", "High latency", (),
        (("Diagnosis", "Compare the latency with that of yesterday. Look at the slowest route."),
         ("Mitigation", "Roll back the newest deployment.")),
    ),
    (
        "runbooks/KubePodCrashLooping.md", "Kube Pod Crash Looping", (),
        (("Impact", "The service is degraded or unavailable."),
         ("Mitigation", "Define sane default values for the app. Give the pod more memory.")),
    ),
)  # fmt: skip


class WordEmbedder:
    """Vectors by the words of a text: as cheap as they come, and the same every time."""

    model = "words-256"

    async def embed(self, texts: Sequence[str], *, principal: Principal) -> list[bytes]:
        return [self._vector(text) for text in texts]

    def _vector(self, text: str) -> bytes:
        values = [1e-6] * 256
        for word in words(text):
            values[hashlib.blake2b(word.encode(), digest_size=1).digest()[0]] += 1
        return pack(values)


async def keep_documents(
    documents: MemoryDocuments, vectors: MemoryVectors, embedder: WordEmbedder
) -> None:
    for source, title, codes, passages in DOCUMENTS:
        at = 0
        records = []
        for section, text in passages:
            records.append(PassageRecord(section=section, text=text, start=at, end=at + len(text)))
            at += len(text) + 1
        record = DocumentRecord(
            source=source, title=title, media_type="text/markdown", version="1", items=codes, at=NOW
        )
        placed = await documents.put(record, records, principal=WHO)
        made = await embedder.embed([one.text for one in records], principal=WHO)
        await vectors.put(
            dict(zip(placed.passage_ids, made, strict=True)), model=embedder.model, principal=WHO
        )


def rows(name: str, records: Iterable[Any]) -> Rows[Any]:
    made: Rows[Any] = Rows(name)
    made.records = enumerate(records, 1)
    return made


@dataclass
class World:
    """A registry over stores in memory, with what was resolved before: the same for equal steps."""

    registry: Registry
    cache: dict[str, Succeeded] = field(default_factory=dict)

    async def carry(self, step: Step, known: Mapping[str, Outcome]) -> Outcome:
        """Carry out one step, plainly; what it refers to has to have succeeded."""
        values = {name: one.value for name, one in known.items() if isinstance(one, Succeeded)}
        tool = self.registry.find(step.tool)
        try:
            args = tool.schema.decode(resolve(step.args, values))
            supplied: dict[str, Any] = {
                name: WHO if port is Principal else Asked(NOW) if port is Asked else None
                for name, port in tool.schema.supplied.items()
            }
            supplied |= self.registry.ports(step.tool)
            cited = await tool.function(**args, **supplied)
        except HeadwaterError as error:
            return Failed(code=error.code, fault=error.fault, message=error.message)
        evidence = tuple(replace(one, step=step.id, tool=step.tool) for one in cited.evidence)
        return Succeeded(value=tool.schema.encode(cited.value), evidence=evidence)

    async def rounds(
        self, question: Question, phrasings: tuple[Phrasing, ...] = ()
    ) -> tuple[Reading, list[Step], dict[str, Outcome], int]:
        """Ask round by round, as `headwater.engine.ask` does, and count the rounds."""
        known: dict[str, Outcome] = {}
        steps: list[Step] = []
        reading = read(question, known, phrasings=phrasings)
        number = 0
        while reading.steps:
            number += 1
            assert number <= 3, f"a fourth round: {reading.steps}"
            for step in reading.steps:
                assert step.id not in known
                steps.append(step)
                known[step.id] = await self.carry(step, known)
            reading = read(question, known, phrasings=phrasings)
        return reading, steps, known, number


async def build(*, filled: bool = True, documented: bool = True) -> World:
    estate = MemoryEstate()
    documents, vectors, embedder = MemoryDocuments(estate), MemoryVectors(estate), WordEmbedder()
    inventory, metrics = MemoryInventory(estate), MemoryMetrics(estate)
    links, past, rules = MemoryRelations(estate), MemoryHistory(estate), MemoryRules(estate)
    if filled:
        loads = (
            inventory.load(rows("items", items()), replace=False, principal=WHO),
            links.load(rows("relations", relations()), replace=False, principal=WHO),
            metrics.load(rows("metrics", METRICS), replace=False, principal=WHO),
            metrics.load_samples(rows("samples", samples()), replace=False, principal=WHO),
            past.load(rows("history", entries()), replace=False, principal=WHO),
            rules.load(rows("rules", RULES), replace=False, principal=WHO),
        )
        for load in loads:
            await load
    if documented:
        await keep_documents(documents, vectors, embedder)
    packs = [estate_tools, ci, metric, graph, history, cep, knowledge]
    supplies = {
        Inventory: inventory, Metrics: metrics, Relations: links, History: past, Rules: rules,
        Documents: documents, Vectors: vectors, Embedder: embedder, Llm: NoLlm(),
    }  # fmt: skip
    return World(Registry(packs, supplies))


@functools.cache
def world(*, filled: bool = True, documented: bool = True) -> World:
    async def make() -> World:
        return await build(filled=filled, documented=documented)

    return anyio.run(make)


def question(text: str) -> Question:
    return Question(text=text, asked_at=NOW)


def ask_rounds(
    text: str,
    *,
    filled: bool = True,
    documented: bool = True,
    phrasings: tuple[Phrasing, ...] = (),
) -> tuple[Reading, list[Step], dict[str, Outcome], int]:
    here = world(filled=filled, documented=documented)

    async def go() -> tuple[Reading, list[Step], dict[str, Outcome], int]:
        with anyio.fail_after(GUARD_S):
            return await here.rounds(question(text), phrasings + here.registry.phrasings)

    return anyio.run(go)


def ask(
    text: str, *, filled: bool = True, documented: bool = True, without: tuple[str, ...] = ()
) -> Answer:
    """Ask, and compose; the steps named in `without` count as not run."""
    reading, steps, known, _ = ask_rounds(text, filled=filled, documented=documented)
    known |= {name: Skipped(because="test", message="left out by the test") for name in without}
    return compose(question(text), reading, steps, known, run_id="r-1", elapsed_s=0.1)

"""A bundle loaded, written out and loaded again is the same estate, in memory and in SQLite."""

from __future__ import annotations

import json
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from patience import GUARD_S

from headwater.app.loading import export, load
from headwater.errors import UsageError
from headwater.model.history import SEVERITIES, HistoryRecord
from headwater.model.item import ItemRecord
from headwater.model.load import Progress
from headwater.model.metric import MetricRecord, SampleRecord
from headwater.model.principal import Principal
from headwater.model.relation import RelationRecord
from headwater.model.rule import RuleRecord
from headwater.ports.history import History
from headwater.ports.inventory import Inventory
from headwater.ports.metrics import Metrics
from headwater.ports.relations import Relations
from headwater.ports.rules import Rules
from headwater.sources.bundle.names import FILES
from headwater.sources.bundle.read import bundle_supply
from headwater.sources.bundle.write import WRITTEN, BundleWriter
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

ME = Principal()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    inventory: Inventory
    relations: Relations
    metrics: Metrics
    history: History
    rules: Rules


@asynccontextmanager
async def opened(store: str, folder: Path) -> AsyncIterator[Ports]:
    """Open an empty estate in one of the stores."""
    if store == "memory":
        held = MemoryEstate()
        yield Ports(
            inventory=MemoryInventory(held),
            relations=MemoryRelations(held),
            metrics=MemoryMetrics(held),
            history=MemoryHistory(held),
            rules=MemoryRules(held),
        )
        return
    database = await SqliteDatabase.open(folder / "estate.db")
    try:
        yield Ports(
            inventory=SqlInventory(database),
            relations=SqlRelations(database),
            metrics=SqlMetrics(database),
            history=SqlHistory(database),
            rules=SqlRules(database),
        )
    finally:
        await database.close()


LINE = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12).map(
    str.strip
)
NAME = LINE.filter(bool)
MAYBE = st.none() | NAME
PLAIN: Any = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | LINE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(LINE, inner, max_size=3),
    max_leaves=4,
)
OBJECT = st.dictionaries(LINE, PLAIN, max_size=3)
MOMENT = st.datetimes(timezones=st.just(UTC)).filter(lambda at: 1900 < at.year < 2900)
KIND = st.sampled_from(["gauge", "counter"])


@dataclass(frozen=True, slots=True)
class Whole:
    """Everything that one bundle holds."""

    items: list[ItemRecord]
    relations: list[RelationRecord]
    metrics: list[MetricRecord]
    samples: list[SampleRecord]
    history: list[HistoryRecord]
    rules: list[RuleRecord]


@st.composite
def wholes(draw: st.DrawFn) -> Whole:
    codes = draw(st.lists(NAME, min_size=1, max_size=4, unique=True))
    metrics = draw(st.lists(NAME, min_size=1, max_size=3, unique=True))
    code, metric = st.sampled_from(codes), st.sampled_from(metrics)
    severity = st.none() | st.sampled_from(SEVERITIES)
    items = [
        draw(
            st.builds(
                ItemRecord,
                code=st.just(one), name=NAME, type=NAME, subtype=MAYBE, category=MAYBE,
                status=MAYBE, criticality=MAYBE, owner=MAYBE, location=MAYBE,
                tags=st.dictionaries(NAME, LINE, max_size=2), attributes=OBJECT,
                source=st.sampled_from(["bundle", "netbox"]), source_key=MAYBE,
            )
        )
        for one in codes
    ]  # fmt: skip
    relation = st.builds(
        RelationRecord, source=code, target=code, type=NAME,
        attributes=st.dictionaries(st.sampled_from(["key", "label"]), NAME, max_size=2),
    )  # fmt: skip
    at_us = st.integers(-(10**15), 4 * 10**15)
    sample = st.tuples(metric, code, at_us, st.floats(allow_nan=False, allow_infinity=False))
    entry = st.builds(
        HistoryRecord, ci=code, kind=NAME, at=MOMENT, ended_at=st.none(), severity=severity,
        title=NAME, summary=st.none() | NAME, actor=MAYBE, attributes=OBJECT,
    )  # fmt: skip
    rule = st.builds(
        RuleRecord, code=NAME, name=NAME, trigger=st.just({"type": "event", "kinds": ["change"]}),
        description=MAYBE, severity=severity, enabled=st.booleans(), attributes=OBJECT,
    )  # fmt: skip
    return Whole(
        items,
        draw(st.lists(relation, max_size=4)),
        [
            draw(st.builds(MetricRecord, name=st.just(one), unit=MAYBE, kind=KIND))
            for one in metrics
        ],
        draw(st.lists(sample, max_size=6)),
        draw(st.lists(entry, max_size=3)),
        draw(st.lists(rule, max_size=2, unique_by=lambda one: one.code)),
    )


def write(whole: Whole, folder: Path) -> None:
    writer = BundleWriter(folder)
    writer.items(whole.items)
    writer.relations(whole.relations)
    writer.metrics(whole.metrics)
    writer.samples(whole.samples)
    writer.history(whole.history)
    writer.rules(whole.rules)
    writer.save()


def lines_of(folder: Path) -> dict[str, list[str]]:
    """Return each file's lines, sorted and with sorted keys: neither order says anything."""
    return {
        name: sorted(_sorted(line, name) for line in (folder / name).read_text().split("\n"))
        for name in WRITTEN
    }


def _sorted(line: str, name: str) -> str:
    is_object = line and name.endswith(".jsonl")  # a code in a table may begin with a brace too
    return json.dumps(json.loads(line), sort_keys=True) if is_object else line


async def load_folder(ports: Ports, folder: Path, **how: Any) -> Any:
    supply = await anyio.to_thread.run_sync(bundle_supply, folder)
    with anyio.fail_after(GUARD_S):
        return await load(ports, supply, principal=ME, **how)


async def export_to(ports: Ports, folder: Path) -> dict[str, int]:
    with anyio.fail_after(GUARD_S):
        writer = await anyio.to_thread.run_sync(BundleWriter, folder)
        return await export(ports, writer, principal=ME)


async def check_round_trip(folder: Path, stores: tuple[str, str]) -> None:
    async with opened(stores[0], folder / "first") as first:
        await load_folder(first, folder / "given")
        await export_to(first, folder / "once")
        again = await load_folder(first, folder / "given")
        await export_to(first, folder / "twice")
    async with opened(stores[1], folder / "second") as second:
        await load_folder(second, folder / "once", replace=True)
        await export_to(second, folder / "thrice")
    assert all((count.added, count.removed) == (0, 0) for count in again.counts.values())


def round_trip(whole: Whole, *, stores: tuple[str, str]) -> None:
    """Load, write out, load again, write out; then load that elsewhere and write it out."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for one in ("first", "second"):
            (folder / one).mkdir()
        write(whole, folder / "given")
        anyio.run(check_round_trip, folder, stores)
        assert (
            lines_of(folder / "twice") == lines_of(folder / "once") == lines_of(folder / "thrice")
        )
        given, once = lines_of(folder / "given"), lines_of(folder / "once")
        assert once["items.jsonl"] == given["items.jsonl"]


@given(whole=wholes())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_random_estate_in_memory_comes_back_as_it_was(whole: Whole) -> None:
    round_trip(whole, stores=("memory", "memory"))


@given(whole=wholes())
@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate],  # a SQLite file an example: shrinking takes minutes
)
def test_a_random_estate_in_sqlite_comes_back_as_it_was_in_memory(whole: Whole) -> None:
    round_trip(whole, stores=("sqlite", "memory"))


@pytest.fixture(params=["memory", "sqlite"])
async def ports(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Ports]:
    async with opened(request.param, tmp_path) as found:
        yield found


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def put(folder: Path, name: str, *lines: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("".join(f"{line}\n" for line in lines))


def item(code: str, source: str | None = None) -> str:
    extra = f', "source": "{source}"' if source else ""
    return f'{{"code": "{code}", "name": "{code}", "type": "service"{extra}}}'


async def codes(ports: Ports) -> list[str]:
    return sorted(one.code for one in await ports.inventory.batch(0, limit=100, principal=ME))


async def test_replace_removes_what_the_bundle_no_longer_has_and_nothing_else(
    ports: Ports, tmp_path: Path
) -> None:
    bundle, other = tmp_path / "bundle", tmp_path / "other"
    put(other, "items.jsonl", item("theirs", "host"))
    put(bundle, "items.jsonl", item("kept"), item("gone"))
    put(bundle, "relations.jsonl", '{"source": "kept", "target": "gone", "type": "uses"}')
    await load_folder(ports, other)
    await load_folder(ports, bundle)
    put(bundle, "items.jsonl", item("kept"))
    put(bundle, "relations.jsonl")
    report = await load_folder(ports, bundle, replace=True)
    assert await codes(ports) == ["kept", "theirs"]
    assert report.counts["items"].removed == 1
    assert await ports.relations.batch(0, limit=10, principal=ME) == []


async def test_a_bad_line_leaves_its_file_out_and_the_earlier_ones_in(
    ports: Ports, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle"
    put(bundle, "items.jsonl", item("a"), item("b"))
    put(bundle, "relations.jsonl", '{"source": "a", "target": "b", "type": "uses"}', "nonsense")
    with pytest.raises(UsageError, match=r"relations\.jsonl, line 2") as caught:
        await load_folder(ports, bundle)
    assert caught.value.code == "load.bad_line"
    assert await codes(ports) == ["a", "b"]
    assert await ports.relations.batch(0, limit=10, principal=ME) == []


async def test_skipped_bad_lines_are_counted_and_listed(ports: Ports, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    put(bundle, "items.jsonl", item("a"), "nonsense")
    put(bundle, "relations.jsonl", '{"source": "a", "target": "ghost", "type": "uses"}')
    put(bundle, "samples.csv", "metric,ci,at,value", "cpu,a,5,1", "cpu,ghost,5,1", "cpu,a,5,x")
    report = await load_folder(ports, bundle, skip_bad=True)
    assert sorted((bad.file, bad.line) for bad in report.bad_lines) == [
        ("items.jsonl", 2),
        ("relations.jsonl", 1),
        ("samples.csv", 3),
        ("samples.csv", 4),
    ]
    assert report.bad_total == 4
    assert report.counts["samples"].added == 1


async def test_progress_ends_at_the_size_of_all_files(ports: Ports, tmp_path: Path) -> None:
    bundle, progress = tmp_path / "bundle", Progress()
    put(bundle, "items.jsonl", item("a"), item("b"))
    put(bundle, "samples.csv", "metric,ci,at,value", "cpu,a,5,1")
    await load_folder(ports, bundle, progress=progress)
    size_bytes = sum((bundle / name).stat().st_size for name in FILES if (bundle / name).exists())
    assert (progress.bytes_read, progress.total_bytes) == (size_bytes, size_bytes)
    assert progress.rows_read == 3


async def test_a_failed_export_leaves_the_files_of_the_one_before(
    ports: Ports, tmp_path: Path
) -> None:
    bundle, target = tmp_path / "bundle", tmp_path / "target"
    put(bundle, "items.jsonl", item("a"))
    await load_folder(ports, bundle)
    assert (await export_to(ports, target))["items"] == 1
    before = lines_of(target)
    writer = await anyio.to_thread.run_sync(BundleWriter, target)
    await anyio.to_thread.run_sync(writer.discard)
    with pytest.raises(ValueError, match="I/O operation on closed file"):
        await export(ports, writer, principal=ME)
    assert lines_of(target) == before
    assert sorted(one.name for one in target.iterdir()) == sorted(WRITTEN)

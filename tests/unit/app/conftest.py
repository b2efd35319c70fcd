"""A small estate, in memory and on disk, behind the one door."""

import json

import pytest

from headwater import AsyncHeadwater

ITEMS = [
    {"code": "shop", "name": "shop", "type": "service", "owner": "web", "tags": {"tier": "1"}},
    {"code": "orders-db", "name": "orders-db", "type": "database", "owner": "data"},
    {"code": "host-1", "name": "host-1", "type": "host", "location": "ber"},
]
RELATIONS = [
    {"source": "shop", "target": "orders-db", "type": "depends_on"},
    {"source": "orders-db", "target": "host-1", "type": "runs_on"},
]
HISTORY = [
    {"ci": "shop", "kind": "deployment", "at": "2026-11-20T12:00:00Z", "title": "release 7"},
]


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
def bundle(tmp_path):
    folder = tmp_path / "bundle"
    folder.mkdir()
    for name, rows in {"items": ITEMS, "relations": RELATIONS, "history": HISTORY}.items():
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(text, "utf-8")
    samples = "".join(
        f"latency_ms,shop,2026-11-20T12:{minute:02d}:00Z,{minute}\n" for minute in range(60)
    )
    (folder / "samples.csv").write_text(f"metric,ci,at,value\n{samples}", "utf-8")
    return folder


@pytest.fixture(params=["memory", "sqlite"])
def url(request, tmp_path):
    return "memory:" if request.param == "memory" else f"sqlite:///{tmp_path}/estate.db"


@pytest.fixture
def opened(url, bundle):
    """Return a function that opens the estate, loaded, with further packs."""
    from contextlib import asynccontextmanager

    @asynccontextmanager
    async def open_it(**options):
        async with AsyncHeadwater.open(url, **options) as hw:
            await hw.load(bundle)
            yield hw

    return open_it

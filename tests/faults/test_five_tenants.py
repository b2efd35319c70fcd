"""Nothing crosses between five tenants, on any database, with a shared cache and people leaving."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import anyio
import psycopg
import pytest
from five_tenants import TENANTS, Campaign
from psycopg import sql
from pydantic import SecretStr
from servers import Servers, estate_in
from sqlalchemy import Engine, event
from unit.entries.http.asgi_client import house_of

from headwater import AsyncHeadwater
from headwater.app.settings import Settings

FEW, MANY = 500, 10_000
DATABASES = ("memory", "sqlite", "postgresql", "mariadb")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(params=DATABASES)
def estate(request: pytest.FixtureRequest, servers: Servers, tmp_path: Path) -> Iterator[str]:
    with estate_in(request.param, servers, tmp_path) as url:
        yield url


@asynccontextmanager
async def campaign(
    url: str, folder: Path, *, redis: str | None = None, jobs: bool = False
) -> AsyncIterator[Campaign]:
    """Open an estate of five tenants with few connections."""
    settings = Settings(
        prepare=False,
        database_pool=2,
        sqlite_readers=2,
        jobs=jobs,
        redis=None if redis is None else SecretStr(redis),
    )
    async with AsyncHeadwater.open(url, settings=settings) as hw:
        one = Campaign(hw, await house_of(hw), seed=11)
        await one.set_up(folder)
        yield one


async def check(url: str, redis: str, folder: Path, tries: int) -> None:
    async with campaign(url, folder, redis=redis, jobs=url.startswith("sqlite")) as one:
        await one.go(tries)
        assert one.leaks == []
        assert min(one.own[tenant] for tenant in TENANTS) > tries / 30, "the canaries sing"
        assert one.left > tries / 50
        assert set(one.runs.values()) == set(TENANTS)
        for tenant, told in one.own.items():
            assert told, tenant


async def test_nothing_crosses_between_five_tenants(
    estate: str, redis: str, tmp_path: Path
) -> None:
    await check(estate, redis, tmp_path, FEW)


@pytest.mark.slow
@pytest.mark.timeout(1_800)
async def test_nothing_crosses_in_ten_thousand_requests(
    estate: str, redis: str, tmp_path: Path
) -> None:
    await check(estate, redis, tmp_path, MANY)


# What keeps tenants apart is taken out, and the campaign notices

TENANT = re.compile(r"((?:\w+\.)?tenant_id = (?:\?|\$\d+(?:::\w+)?))")


@contextmanager
def without_tenant_filter() -> Iterator[None]:
    """Make the tenant's clause true in every statement that reads."""

    def rewrite(*given: Any) -> tuple[str, Any]:
        _, _, statement, parameters, _, _ = given
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            statement = TENANT.sub(r"(\1 OR TRUE)", statement)
        return statement, parameters

    event.listen(Engine, "before_cursor_execute", rewrite, retval=True)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", rewrite)


async def leaks(url: str, folder: Path) -> int:
    """Return what crosses in 300 requests without the filter of tenants."""
    async with campaign(url, folder) as one:
        with without_tenant_filter():
            await one.go(300)
        return len(one.leaks)


async def test_the_tenant_filter_is_missed_when_taken_out(tmp_path: Path) -> None:
    assert await leaks(f"sqlite:///{tmp_path}/estate.db", tmp_path / "bundles") > 20


async def test_postgresql_stands_behind_the_filter_and_is_missed_too(
    postgresql: str, tmp_path: Path
) -> None:
    assert await leaks(postgresql, tmp_path / "walled") == 0
    await anyio.to_thread.run_sync(tear_down_the_wall, postgresql)
    assert await leaks(postgresql, tmp_path / "open") > 20


def tear_down_the_wall(url: str) -> None:
    """Take PostgreSQL's own filter off every table."""
    with psycopg.connect(url, autocommit=True) as line:
        for (name,) in line.execute("SELECT relname FROM pg_class WHERE relrowsecurity").fetchall():
            take = sql.SQL("ALTER TABLE {} DISABLE ROW LEVEL SECURITY")
            line.execute(take.format(sql.Identifier(name)))

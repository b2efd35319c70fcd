"""What a team works on is shown to nobody else, by whichever way, while people come and go."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from servers import Servers, estate_in
from sqlalchemy import Engine, event
from work_campaign import AT_ONCE, Campaign
from work_doors import doors_of
from work_scene import ELSEWHERE, HERE, a_stage

FEW, MANY, SHARED = 400, 10_000, 2_000


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@asynccontextmanager
async def campaign(url: str, folder: Path, **settings: Any) -> AsyncIterator[Campaign]:
    """Open an estate with teams of two tenants, and people who are in some of them."""
    async with a_stage(url, folder, **settings) as stage, doors_of(stage) as doors:
        one = Campaign(doors, random.Random(5))
        await one.set_up()
        yield one


async def check(url: str, folder: Path, tries: int, **settings: Any) -> Campaign:
    """Ask so often, and find that nothing crossed, though there was enough to be shown."""
    async with campaign(url, folder, **settings) as one:
        await one.go(tries)
        assert one.leaks == []
        for tenant in (HERE, ELSEWHERE):
            assert one.own[tenant] > tries / 5, "the canaries sing"
            assert one.heard[tenant] > tries / 50
        assert one.codes["work.unknown"] + one.codes["run.unknown"] > tries / 100
        assert one.changes > tries / 50

        return one


async def test_nothing_of_a_team_crosses(tmp_path: Path) -> None:
    await check(f"sqlite:///{tmp_path}/estate.db", tmp_path, FEW)


@pytest.mark.slow
@pytest.mark.timeout(3_000)
@pytest.mark.parametrize("place", ["memory", "sqlite", "postgresql", "mariadb"])
async def test_nothing_crosses_in_ten_thousand_requests(
    servers: Servers, place: str, tmp_path: Path
) -> None:
    with estate_in(place, servers, tmp_path) as url:
        await check(url, tmp_path, MANY)


@pytest.mark.slow
@pytest.mark.timeout(3_000)
async def test_nothing_crosses_by_a_cache_that_replicas_share(redis: str, tmp_path: Path) -> None:
    await check(f"sqlite:///{tmp_path}/estate.db", tmp_path, SHARED, redis=SecretStr(redis))


# What keeps teams apart is taken out, and the campaign notices


@contextmanager
def without_membership() -> Iterator[None]:
    """Have every statement find the asker in every team of the tenant."""

    def rewrite(*given: Any) -> tuple[str, Any]:
        _, _, statement, parameters, _, _ = given
        return statement.replace("own.person IS NOT NULL", "1 = 1"), parameters

    event.listen(Engine, "before_cursor_execute", rewrite, retval=True)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", rewrite)


async def test_the_filter_of_members_is_missed_when_taken_out(tmp_path: Path) -> None:
    async with campaign(f"sqlite:///{tmp_path}/estate.db", tmp_path) as one:
        with without_membership():
            await one.go(150)
        assert len(one.leaks) > AT_ONCE


async def test_a_cache_that_all_of_a_role_share_is_noticed(tmp_path: Path) -> None:
    async with campaign("memory:", tmp_path) as one:
        registry = one.stage.hw._parts.caller.registry
        for name, tool in list(registry._tools.items()):
            if name.startswith("work."):
                registry._tools[name] = replace(tool, personal=False)
        await one.go(300)
        assert len(one.leaks) > AT_ONCE

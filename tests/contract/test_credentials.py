"""Credentials are kept alike behind every adapter, each tenant's own, and renewed by one alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import anyio
import pytest
from patience import GUARD_S

from contract.estates import MINE, OTHERS, START
from contract.places import Place
from contract.repository_ports import repository_ports
from headwater.model.repository_link import Credential
from headwater.ports.credentials import Credentials

ROBOT = Credential(
    name="robot",
    kind="oauth",
    repositories=("acme/*", "other/thing"),
    login="ann",
    created_at=START,
    expires_at=START + timedelta(hours=8),
    made_by="olga",
)


@pytest.fixture
async def credentials(
    adapter: str, place: Place | None, empty_files: Path, tmp_path: Path
) -> AsyncIterator[Credentials]:
    async with repository_ports(adapter, place, empty_files, tmp_path) as ports:
        yield ports.credentials


async def test_a_credential_is_told_as_it_was_kept(credentials: Credentials) -> None:
    await credentials.put(ROBOT, sealed="sealed", principal=MINE)
    found = await credentials.get("robot", principal=MINE)
    assert found is not None
    assert (found.credential, found.sealed) == (ROBOT, "sealed")
    assert "sealed" not in repr(found).replace("SealedCredential", "")
    bare = replace(ROBOT, name="bare", kind="token", login=None, expires_at=None)
    await credentials.put(bare, sealed="other", principal=MINE)
    assert await credentials.every(principal=MINE) == [bare, ROBOT]


async def test_a_credential_takes_the_place_of_one_of_its_name(credentials: Credentials) -> None:
    await credentials.put(ROBOT, sealed="old", principal=MINE)
    await credentials.put(replace(ROBOT, kind="token"), sealed="new", principal=MINE)
    found = await credentials.get("robot", principal=MINE)
    assert found is not None
    assert (found.credential.kind, found.sealed) == ("token", "new")
    assert len(await credentials.every(principal=MINE)) == 1


async def test_nobody_has_anothers(credentials: Credentials) -> None:
    await credentials.put(ROBOT, sealed="mine", principal=MINE)
    assert await credentials.get("robot", principal=OTHERS) is None
    assert await credentials.every(principal=OTHERS) == []
    assert await credentials.remove("robot", principal=OTHERS) is None
    renewed = await credentials.renew(
        "robot", sealed="x", expires_at=None, instead_of="mine", principal=OTHERS
    )
    assert not renewed
    assert await credentials.remove("robot", principal=MINE) == ROBOT
    assert await credentials.get("robot", principal=MINE) is None


async def test_of_many_who_renew_a_secret_one_does(credentials: Credentials) -> None:
    await credentials.put(ROBOT, sealed="old", principal=MINE)
    won: list[str] = []

    async def renew(new: str) -> None:
        if await credentials.renew(
            "robot", sealed=new, expires_at=START, instead_of="old", principal=MINE
        ):
            won.append(new)

    with anyio.fail_after(GUARD_S):
        async with anyio.create_task_group() as group:
            for number in range(8):
                group.start_soon(renew, f"new {number}")
    found = await credentials.get("robot", principal=MINE)
    assert found is not None
    assert [found.sealed] == won
    assert found.credential == replace(ROBOT, expires_at=START)

"""Keys and tenants are kept alike behind every adapter."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from contract.estates import Ports, at
from headwater.errors import UsageError
from headwater.model.access import ApiKey, Tenant

ACME = Tenant(name="acme", created_at=at(0))


def a_key(key_id: str, second: float = 0, **fields: Any) -> ApiKey:
    """Make a key of the default tenant, made so many seconds after the start."""
    known = {"tenant": "default", "name": "ci", "role": "reader"}
    return ApiKey(id=key_id, created_at=at(second), **(known | fields))


def digest(number: int) -> bytes:
    """Make a digest that no other number has."""
    return bytes([number]) * 32


async def test_a_key_comes_back_by_its_digest_alone(estate: Ports) -> None:
    key = a_key("a", 0.000001, name="π 'x' \x1b", role="admin", expires_at=at(9.5))
    await estate.keys.add(key, digest=digest(1))
    await estate.keys.add(a_key("b"), digest=digest(2))
    assert await estate.keys.by_digest(digest(1)) == key
    assert await estate.keys.by_digest(digest(3)) is None
    assert await estate.keys.by_digest(b"") is None
    assert await estate.keys.by_digest(digest(1)[:31]) is None


async def test_the_default_tenant_is_always_there(estate: Ports) -> None:
    assert [tenant.name for tenant in await estate.keys.tenants()] == ["default"]


async def test_tenants_come_by_name_and_once(estate: Ports) -> None:
    assert await estate.keys.add_tenant(ACME)
    assert not await estate.keys.add_tenant(replace(ACME, created_at=at(9)))
    assert not await estate.keys.add_tenant(Tenant(name="default", created_at=at(9)))
    assert await estate.keys.add_tenant(Tenant(name="ACME", created_at=at(1)))
    found = await estate.keys.tenants()
    assert [tenant.name for tenant in found] == ["ACME", "acme", "default"]
    assert found[1] == ACME


async def test_a_key_of_a_tenant_that_is_not_there_is_refused(estate: Ports) -> None:
    with pytest.raises(UsageError) as refused:
        await estate.keys.add(a_key("a", tenant="acme"), digest=digest(1))
    assert refused.value.code == "tenant.unknown"
    assert await estate.keys.by_digest(digest(1)) is None


async def test_keys_come_newest_first_of_one_tenant_or_of_all(estate: Ports) -> None:
    await estate.keys.add_tenant(ACME)
    for number, (key_id, second, tenant) in enumerate(
        [("a", 1, "default"), ("d", 2, "default"), ("c", 2, "acme"), ("b", 2, "default")]
    ):
        await estate.keys.add(a_key(key_id, second, tenant=tenant), digest=digest(number))
    mine = [key.id for key in await estate.keys.of_tenant("default")]
    assert mine == ["d", "b", "a"]
    assert [key.id for key in await estate.keys.of_tenant("acme")] == ["c"]
    assert [key.id for key in await estate.keys.of_tenant(None)] == ["d", "c", "b", "a"]
    assert await estate.keys.of_tenant("nobody") == []


async def test_a_key_is_revoked_once_and_stays_on_the_list(estate: Ports) -> None:
    await estate.keys.add(a_key("a"), digest=digest(1))
    revoked = await estate.keys.revoke("a", tenant="default", at=at(5))
    assert revoked == a_key("a", revoked_at=at(5))
    assert await estate.keys.revoke("a", tenant=None, at=at(6)) == revoked
    assert await estate.keys.by_digest(digest(1)) == revoked
    assert await estate.keys.of_tenant("default") == [revoked]


async def test_keys_revoked_of_late_are_told_by_id(estate: Ports) -> None:
    for number, key_id in enumerate("abc"):
        await estate.keys.add(a_key(key_id), digest=digest(number))
    await estate.keys.revoke("a", tenant="default", at=at(5))
    await estate.keys.revoke("b", tenant="default", at=at(9))
    assert await estate.keys.revoked(since=at(4)) == {"a", "b"}
    assert await estate.keys.revoked(since=at(9)) == {"b"}
    assert await estate.keys.revoked(since=at(10)) == set()


async def test_another_tenants_key_cannot_be_revoked(estate: Ports) -> None:
    await estate.keys.add(a_key("a"), digest=digest(1))
    assert await estate.keys.revoke("a", tenant="acme", at=at(5)) is None
    assert await estate.keys.revoke("b", tenant="default", at=at(5)) is None
    assert await estate.keys.by_digest(digest(1)) == a_key("a")
    assert (await estate.keys.revoke("a", tenant=None, at=at(5))) is not None

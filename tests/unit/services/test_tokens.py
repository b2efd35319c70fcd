"""Tokens: who is let in by one, and everything that is not one."""

from __future__ import annotations

import json
import traceback
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import anyio
import pytest
from patience import GUARD_S
from pydantic import SecretStr
from unit.services.forged import forged_by_public_keys, forged_by_secret
from unit.services.issuers import (
    AUDIENCE,
    ISSUER,
    SECRET,
    Provider,
    b64,
    by_hand,
    ec_key,
    jwk,
    provider,
    rsa_key,
    token,
)

from headwater import AsyncHeadwater
from headwater.app.settings import Settings, find_settings
from headwater.app.wiring_services import open_tokens
from headwater.errors import StoreFault, UsageError
from headwater.model.principal import Principal
from headwater.services import key_set
from headwater.services.key_set import RETRY_S, KeySet, read_keys


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def settings(**changes: Any) -> Settings:
    known = {"prepare": False, "jwt_issuer": ISSUER, "jwt_audience": AUDIENCE}
    return Settings(**{**known, **changes})


@pytest.fixture
def keys() -> Iterator[Provider]:
    with provider() as told:
        told.keys = [jwk(rsa_key(), "r1"), jwk(ec_key(), "e1", use="sig", alg="ES256")]
        yield told


@pytest.fixture
async def shared() -> AsyncIterator[AsyncHeadwater]:
    """Give an app that shares a secret with its issuer."""
    async with AsyncHeadwater.open(
        "memory:", settings=settings(jwt_secret=SecretStr(SECRET))
    ) as hw:
        await hw.access.create_tenant("acme")
        yield hw


@pytest.fixture
async def public(keys: Provider) -> AsyncIterator[AsyncHeadwater]:
    """Give an app that knows its issuer by public keys."""
    async with AsyncHeadwater.open("memory:", settings=settings(jwt_jwks_url=keys.url)) as hw:
        await hw.access.create_tenant("acme")
        yield hw


async def code_of(hw: AsyncHeadwater, credential: str) -> str | None:
    with anyio.fail_after(GUARD_S):
        try:
            await hw.access.identify(credential)
        except UsageError as error:
            return error.code
    return None


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, Principal("default", "ann", ("reader",))),
        ({"tenant": "acme", "role": "operator"}, Principal("acme", "ann", ("operator",))),
        ({"role": None, "roles": ["admin", "else", 7]}, Principal("default", "ann", ("admin",))),
        ({"role": "admin reader"}, Principal("default", "ann", ("reader", "admin"))),
        ({"role": None}, Principal("default", "ann", ())),
        ({"role": {"admin": True}}, Principal("default", "ann", ())),
        ({"role": "Admin"}, Principal("default", "ann", ())),
        ({"aud": ["other", AUDIENCE]}, Principal("default", "ann", ("reader",))),
    ],
    ids=str,
)
async def test_a_good_token_names_tenant_person_and_roles(
    shared: AsyncHeadwater, changes: dict[str, Any], wanted: Principal
) -> None:
    assert await shared.access.identify(token(**changes)) == wanted


async def test_clocks_may_differ_by_the_leeway(shared: AsyncHeadwater) -> None:
    now = datetime.now(UTC).timestamp()
    for changes in ({"exp": int(now) - 3}, {"nbf": int(now) + 5}):
        assert (await shared.access.identify(token(**changes))).name == "ann"


async def test_tokens_by_public_keys_are_taken(public: AsyncHeadwater, keys: Provider) -> None:
    for key, algorithm, kid in [(rsa_key(), "RS256", "r1"), (ec_key(), "ES256", "e1")]:
        who = await public.access.identify(token(key, algorithm, {"kid": kid}))
        assert who.name == "ann"
    typed = token(rsa_key(), "RS256", {"kid": "r1", "typ": "at+JWT"})
    assert (await public.access.identify(typed)).tenant == "default"
    assert keys.asked == 1


async def test_a_token_of_an_installation_without_claims_of_tenants_is_of_its_tenant() -> None:
    given = settings(jwt_secret=SecretStr(SECRET), jwt_tenant_claim="", tenant="acme")
    async with AsyncHeadwater.open("memory:", settings=given) as hw:
        await hw.access.create_tenant("acme", principal=Principal())
        assert (await hw.access.identify(token(tenant="other"))).tenant == "acme"


@pytest.mark.parametrize("name", forged_by_secret())
async def test_a_forged_token_is_refused(shared: AsyncHeadwater, name: str) -> None:
    assert await code_of(shared, token()) is None
    assert await code_of(shared, forged_by_secret()[name]) == "access.unauthenticated"


@pytest.mark.parametrize("name", forged_by_public_keys())
async def test_a_token_forged_with_public_keys_is_refused(
    public: AsyncHeadwater, name: str
) -> None:
    assert await code_of(public, token(rsa_key(), "RS256", {"kid": "r1"})) is None
    assert await code_of(public, forged_by_public_keys()[name]) == "access.unauthenticated"


async def test_without_settings_no_token_is_taken() -> None:
    async with AsyncHeadwater.open("memory:", settings=Settings(prepare=False)) as hw:
        for one in (
            token(),
            by_hand({"alg": "none"}),
            by_hand({"alg": "HS256"}, key=b""),
        ):
            assert await code_of(hw, one) == "access.unauthenticated"


@pytest.mark.parametrize(
    "given",
    [
        {"jwt_secret": SecretStr(SECRET), "jwt_audience": None},
        {"jwt_secret": SecretStr(SECRET), "jwt_issuer": None},
        {"jwt_secret": SecretStr(SECRET), "jwt_issuer": ""},
        {"jwt_secret": SecretStr(SECRET), "jwt_jwks_url": "https://id.example/keys"},
        {"jwt_jwks_url": "http://id.example/keys"},
        {"jwt_jwks_url": "ftp://127.0.0.1/keys"},
        {"jwt_jwks_url": "file:///etc/passwd"},
        {"jwt_jwks_url": "https:///keys"},
    ],
    ids=str,
)
def test_settings_that_do_not_suffice_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as error:
        open_tokens(settings(**given))
    assert error.value.code == "settings.bad"
    assert SECRET not in error.value.message


@pytest.mark.parametrize("field", ["jwt_secret", "key_secret"])
def test_a_short_secret_is_refused_and_not_shown(
    field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"HEADWATER_{field.upper()}", "short-s3cret")
    monkeypatch.setenv("HEADWATER_BUDGET_S", "many")
    with pytest.raises(UsageError, match="at least 32") as error:
        find_settings()
    assert error.value.code == "settings.bad"
    assert "short-s3cret" not in "".join(traceback.format_exception(error.value))


async def test_a_new_key_of_the_issuer_is_found_by_its_name(keys: Provider) -> None:
    known = KeySet(keys.url, least_s=0.0)
    assert await known.find("new") is None
    keys.keys.append(jwk(rsa_key("new"), "new"))
    assert (await known.find("new")) is not None
    assert keys.asked == 2


async def test_unknown_names_do_not_make_us_ask_the_issuer_each_time(keys: Provider) -> None:
    known = KeySet(keys.url)
    async with anyio.create_task_group() as group:
        for number in range(50):
            group.start_soon(known.find, f"unknown {number}")
    assert keys.asked == 1
    assert await known.find("r1") is not None


async def test_an_issuer_that_is_away_is_no_wrong_token(keys: Provider) -> None:
    known = KeySet(keys.url)
    keys.status = 503
    for _ in range(3):
        with pytest.raises(StoreFault) as error:
            await known.find("r1")
        assert error.value.code == "access.unavailable"
        assert error.value.retry_after_s == RETRY_S
    assert keys.asked == 1


async def test_an_issuer_that_hangs_is_no_wrong_token(keys: Provider) -> None:
    keys.held.clear()
    given = settings(jwt_jwks_url=keys.url)
    async with AsyncHeadwater.open("memory:", settings=given) as hw:
        with anyio.fail_after(GUARD_S), pytest.raises(StoreFault) as error:
            await hw.access.identify(token(rsa_key(), "RS256", {"kid": "r1"}))
        assert error.value.code == "access.unavailable"


async def test_keys_that_are_kept_outlast_their_issuers_absence(keys: Provider) -> None:
    known = KeySet(keys.url, least_s=0.0, fresh_s=0.0)
    short = KeySet(keys.url, least_s=0.0, fresh_s=0.0, keep_s=0.0)
    found = await known.find("r1")
    await short._refresh()
    keys.status = 500
    assert await known.find("r1") == found
    assert keys.asked == 3
    with pytest.raises(StoreFault):
        await known.find("unknown while it is away")
    with pytest.raises(StoreFault):
        await short.find("r1")


@pytest.mark.parametrize(
    "answer",
    [
        b"", b"no json", b"[]", b'{"keys": 7}', b'{"keys": []}', b'{"keys": [7, null, {}]}',
        b"[" * 100_000,
        json.dumps({"keys": [{"kty": "oct", "k": b64("x" * 40), "kid": "r1"}]}).encode(),
        json.dumps({"keys": [jwk(rsa_key("small", 1024), "r1")]}).encode(),
        json.dumps({"keys": [jwk(rsa_key(), "r1", use="enc")]}).encode(),
        json.dumps({"keys": [jwk(rsa_key(), "r1", alg="RS512")]}).encode(),
        json.dumps({"keys": [{**jwk(rsa_key(), "r1"), "n": "!!"}]}).encode(),
    ],
    ids=lambda one: one[:40].decode(),
)  # fmt: skip
def test_what_is_no_set_of_our_keys_is_refused(answer: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (whatever it says)
        read_keys(answer)


async def test_an_answer_without_end_is_given_up(keys: Provider) -> None:
    keys.answer = b" " * (key_set.MOST_BYTES + 1)
    with pytest.raises(StoreFault):
        await KeySet(keys.url).find("r1")


async def test_a_token_cannot_outlive_its_end_in_memory(shared: AsyncHeadwater) -> None:
    ends = int(datetime.now(UTC).timestamp()) + 600
    good = token(exp=ends)
    await shared.access.identify(good)
    (known,) = [value for _, value in shared._parts.identities._accepted._kept.values()]
    assert known.ends_at == datetime.fromtimestamp(ends + 10, UTC)  # and the clocks' leeway

"""Tokens: who is let in by one, and everything that is not one."""

from __future__ import annotations

import json
import traceback
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import anyio
import pytest
from issuers import (
    AUDIENCE,
    ISSUER,
    SECRET,
    Provider,
    b64,
    by_hand,
    claims,
    der,
    ec_key,
    jwk,
    pem,
    provider,
    rsa_key,
    ssh,
    token,
)
from pydantic import SecretStr

from headwater import AsyncHeadwater
from headwater.app.api_keys import make_key
from headwater.app.settings import Settings, find_settings
from headwater.app.wiring_services import open_tokens
from headwater.errors import StoreFault, UsageError
from headwater.model.principal import Principal
from headwater.services import key_set
from headwater.services.key_set import RETRY_S, KeySet, read_keys

NOW = datetime.now(UTC).timestamp()


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
    with anyio.fail_after(5):
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


def forged_by_secret() -> dict[str, str]:
    """Return credentials that an app with a shared secret must refuse."""
    good = token()
    head, body, mark = good.split(".")
    other = SECRET.replace("3", "4")
    deep = "[" * 3000 + "]" * 3000
    wrong = {
        "another secret": token(other),
        "an empty secret": by_hand({"alg": "HS256"}, key=b""),
        "no algorithm": by_hand({"alg": "none"}),
        "None": by_hand({"alg": "None"}),
        "NONE with a mark": by_hand({"alg": "NONE"}, key=SECRET.encode()),
        "nOnE": by_hand({"alg": "nOnE"}),
        "alg missing": by_hand({"typ": "JWT"}, key=SECRET.encode()),
        "alg null": by_hand({"alg": None}, key=SECRET.encode()),
        "alg a list": by_hand({"alg": ["HS256"]}, key=SECRET.encode()),
        "alg a number": by_hand({"alg": 256}, key=SECRET.encode()),
        "alg unknown": by_hand({"alg": "XX"}, key=SECRET.encode()),
        "alg in lower case": by_hand({"alg": "hs256"}, key=SECRET.encode()),
        "HS384": token(SECRET * 2, "HS384"),
        "HS512": token(SECRET * 2, "HS512"),
        "RS256": token(rsa_key(), "RS256"),
        "ES256": token(ec_key(), "ES256"),
        "its mark cut off": f"{head}.{body}.",
        "its mark shortened": good[:-2],
        "another's mark": f"{head}.{body}.{token(sub='eve').split('.')[2]}",
        "claims changed": f"{head}.{b64(claims(role='admin'))}.{mark}",
        "header changed": f"{b64({'alg': 'HS256', 'typ': 'JWT', 'x': 1})}.{body}.{mark}",
        "two parts": f"{head}.{body}",
        "four parts": f"{good}.{mark}",
        "five parts, encrypted": by_hand({"alg": "dir", "enc": "A256GCM"}) + "..x",
        "no parts": "..",
        "spaces round it": f" {good} ",
        "a line more": f"{good}\n",
        "the scheme left on": f"Bearer {good}",
        "padding": f"{head}=.{body}.{mark}",
        "expired": token(exp=NOW - 60),
        "expired in 1970": token(exp=0),
        "expires at a text": by_hand({"alg": "HS256"}, claims(exp="soon"), SECRET.encode()),
        "expires never": token(exp=None),
        "expires at infinity": by_hand(
            {"alg": "HS256"},
            json.dumps(claims()).replace(str(int(claims()["exp"])), "Infinity"),
            SECRET.encode(),
        ),
        "expires at NaN": by_hand(
            {"alg": "HS256"},
            json.dumps(claims()).replace(str(int(claims()["exp"])), "NaN"),
            SECRET.encode(),
        ),
        "expires at a list": by_hand({"alg": "HS256"}, claims(exp=[9e9]), SECRET.encode()),
        "not yet": token(nbf=NOW + 3600),
        "issued in the future": token(iat=NOW + 3600),
        "another audience": token(aud="someone else"),
        "audience cut": token(aud=AUDIENCE[:-1]),
        "audience longer": token(aud=AUDIENCE + "x"),
        "no audience": token(aud=None),
        "an empty audience": token(aud=[]),
        "another issuer": token(iss="https://evil.example"),
        "issuer with a slash": token(iss=ISSUER + "/"),
        "part of the issuer": token(iss=ISSUER[:10]),
        "no issuer": token(iss=None),
        "no subject": token(sub=None),
        "an empty subject": token(sub=""),
        "a subject that is a number": by_hand({"alg": "HS256"}, claims(sub=7), SECRET.encode()),
        "a subject without end": token(sub="x" * 500),
        "a subject with NUL": token(sub="a\x00b"),
        "no tenant": token(tenant=None),
        "a tenant that is a list": token(tenant=["default"]),
        "a tenant that nobody made": token(tenant="nowhere"),
        "a tenant in other letters": token(tenant="Default"),
        "an empty tenant": token(tenant=""),
        "type of another kind": token(header={"typ": "logout+jwt"}),
        "type a list": by_hand({"alg": "HS256", "typ": ["JWT"]}, key=SECRET.encode()),
        "asks for an extension": token(header={"crit": ["exp"]}),
        "body not encoded": by_hand(
            {"alg": "HS256", "b64": False, "crit": ["b64"]}, key=SECRET.encode()
        ),
        "kid a number": by_hand({"alg": "HS256", "kid": 7}, key=SECRET.encode()),
        "a key of its own": by_hand(
            {"alg": "HS256", "jwk": {"kty": "oct", "k": b64("x" * 32)}}, key=b"x" * 32
        ),
        "body no JSON": by_hand({"alg": "HS256"}, "no json", SECRET.encode()),
        "body a list": by_hand({"alg": "HS256"}, "[1]", SECRET.encode()),
        "body nested deeply": by_hand({"alg": "HS256"}, deep, SECRET.encode()),
        "header nested deeply": f"{b64(deep)}.{body}.{mark}",
        "header no JSON": f"{b64('no')}.{body}.{mark}",
        "header not base64": f"$$$.{body}.{mark}",
        "too long": token(more="x" * 9000),
        "a key of ours that nobody made": make_key()[1],
    }
    assert len(wrong) >= 65
    return wrong


@pytest.mark.parametrize("name", forged_by_secret())
async def test_a_forged_token_is_refused(shared: AsyncHeadwater, name: str) -> None:
    assert await code_of(shared, token()) is None
    assert await code_of(shared, forged_by_secret()[name]) == "access.unauthenticated"


def forged_by_public_keys() -> dict[str, str]:
    """Return credentials that an app with public keys must refuse."""
    public, mine = pem(rsa_key()), rsa_key("the attacker's")
    return {
        "the public key as a secret, PEM": by_hand({"alg": "HS256", "kid": "r1"}, key=public),
        "without its last line": by_hand({"alg": "HS256", "kid": "r1"}, key=public.strip()),
        "the public key as a secret, DER": by_hand(
            {"alg": "HS256", "kid": "r1"}, key=der(rsa_key())
        ),
        "the public key as a secret, SSH": by_hand(
            {"alg": "HS256", "kid": "r1"}, key=ssh(rsa_key())
        ),
        "the public key as a secret, JWK": by_hand(
            {"alg": "HS256", "kid": "r1"}, key=json.dumps(jwk(rsa_key(), "r1")).encode()
        ),
        "the other key as a secret": by_hand({"alg": "HS256", "kid": "e1"}, key=pem(ec_key())),
        "no algorithm": by_hand({"alg": "none", "kid": "r1"}),
        "another's key under our name": token(mine, "RS256", {"kid": "r1"}),
        "another's key in its header": token(
            mine, "RS256", {"kid": "r1", "jwk": jwk(mine, "r1")}
        ),
        "another's key at a place that it names": token(
            mine, "RS256", {"kid": "r1", "jku": "http://127.0.0.1:1/keys", "x5u": "file:///dev/null"}
        ),
        "the name of the other key": token(rsa_key(), "RS256", {"kid": "e1"}),
        "the other key's name": token(ec_key(), "ES256", {"kid": "r1"}),
        "RS512": token(rsa_key(), "RS512", {"kid": "r1"}),
        "PS256": token(rsa_key(), "PS256", {"kid": "r1"}),
        "no name, of two keys": token(rsa_key(), "RS256"),
        "an unknown name": token(rsa_key(), "RS256", {"kid": "r2"}),
        "a path for a name": token(rsa_key(), "RS256", {"kid": "../../dev/null"}),
        "SQL for a name": token(rsa_key(), "RS256", {"kid": "r1' OR '1'='1"}),
        "an empty name": token(rsa_key(), "RS256", {"kid": ""}),
        "expired": token(rsa_key(), "RS256", {"kid": "r1"}, exp=NOW - 60),
        "another audience": token(rsa_key(), "RS256", {"kid": "r1"}, aud="x"),
        "another issuer": token(rsa_key(), "RS256", {"kid": "r1"}, iss="x"),
        "a shared secret": token(SECRET, "HS256", {"kid": "r1"}),
    }  # fmt: skip


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
        with anyio.fail_after(4), pytest.raises(StoreFault) as error:
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

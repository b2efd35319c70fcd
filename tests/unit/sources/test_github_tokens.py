"""Whether tokens are kept sealed, drawn and renewed, and shown to nobody but GitHub."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import anyio
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from github_places import APP, AT, WHO, Place, a_place
from github_standin import GOOD
from patience import GUARD_S

from headwater.errors import HeadwaterError, StoreFault
from headwater.model.principal import Principal
from headwater.model.repository_link import Grant
from headwater.sources.github.grants import opened
from headwater.sources.github.login import App, challenge_of

pytestmark = pytest.mark.parametrize("anyio_backend", ["asyncio"])
SOON, LATER = timedelta(seconds=5), timedelta(hours=8)


def ending(after: timedelta) -> datetime:
    """Return an instant so long from now."""
    return datetime.now(UTC) + after


async def code_of(work: object) -> str:
    """Return the code of the error that some work ends in."""
    with anyio.fail_after(GUARD_S), pytest.raises(HeadwaterError) as refused:
        await work  # type: ignore[misc]
    for secret in ("ghp_", "ghu_", "ghr_", "client-secret"):
        assert secret not in repr(refused.value)
    return refused.value.code


async def kept(place: Place) -> Grant:
    """Return what is kept of the credential."""
    found = await place.credentials.get("robot", principal=WHO)
    assert found is not None
    return opened(place.sealer, found, principal=WHO)


async def test_a_secret_is_kept_sealed_for_its_tenant_and_name_alone() -> None:
    async with a_place() as place:
        found = await place.credentials.get("robot", principal=WHO)
        assert found is not None
        assert GOOD not in repr(found)
        assert GOOD not in found.sealed
        other = Principal(tenant="other", name="ann", roles=("operator",))
        with pytest.raises(StoreFault, match="robot"):
            opened(place.sealer, found, principal=other)
        assert await code_of(place.host.info(AT, principal=other)) == "github.no_credential"


async def test_a_token_is_renewed_before_it_ends_and_by_one_of_many() -> None:
    async with a_place() as place:
        place.standin.refresh["ghr_first"] = "ann"
        await place.give(Grant(token="ghu_old", refresh_token="ghr_first", expires_at=ending(SOON)))
        with anyio.fail_after(GUARD_S):
            async with anyio.create_task_group() as group:
                for _ in range(20):
                    group.start_soon(ask, place)
        assert place.standin.seen[0].path == "/login/oauth/access_token"
        assert place.standin.seen[0].headers["Accept"] == "application/json"
        assert [one.path for one in place.standin.seen].count("/login/oauth/access_token") == 1
        now = await kept(place)
        assert now.token in place.standin.tokens
        assert now.refresh_token in place.standin.refresh
        assert now.expires_at is not None
        assert now.expires_at > ending(timedelta(hours=7))


async def ask(place: Place) -> None:
    await place.host.info(AT, principal=WHO)


@pytest.mark.parametrize("fault", ["", "500", "cut", "half", "html", "empty"])
async def test_a_renewal_that_fails_keeps_what_was_there(fault: str) -> None:
    async with a_place() as place:
        before = Grant(token="ghu_old", refresh_token="ghr_spent", expires_at=ending(SOON))
        await place.give(before)
        if fault:
            place.standin.faults.append(fault)
        code = await code_of(ask(place))
        assert code in {"github.renewal_refused", "github.answer_lost", "github.bad_answer"}
        assert await kept(place) == before
        place.standin.refresh["ghr_spent"] = "ann"  # GitHub is itself again
        await ask(place)


async def test_a_renewal_that_another_process_won_is_taken_over() -> None:
    async with a_place() as place:
        old = Grant(token="ghu_old", refresh_token="ghr_spent", expires_at=ending(SOON))
        await place.give(old)
        place.standin.late_s = 0.3
        async with anyio.create_task_group() as group:
            group.start_soon(ask, place)
            while not place.standin.seen:
                await anyio.lowlevel.checkpoint()
            await place.give(Grant(token=GOOD, refresh_token="ghr_b", expires_at=ending(LATER)))
        assert (await kept(place)).token == GOOD


async def test_a_token_that_ended_and_cannot_be_renewed_says_so() -> None:
    async with a_place() as place:
        await place.give(Grant(token="ghu_old", expires_at=ending(-SOON)))
        assert await code_of(ask(place)) == "github.renewal_refused"
        assert place.standin.seen == []


async def test_an_installation_of_our_app_draws_tokens_by_a_signed_word() -> None:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    async with a_place(app=App(app_id="123", private_key=pem)) as place:
        place.standin.installations[42] = "robot"
        await place.give(Grant(installation=42))
        for _ in range(3):
            await ask(place)
        drawn = place.standin.seen[0]
        assert drawn.path.endswith("/app/installations/42/access_tokens")
        word = drawn.headers["Authorization"].removeprefix("Bearer ")
        told = jwt.decode(word, private.public_key(), algorithms=["RS256"])
        assert told["iss"] == "123"
        assert told["exp"] - told["iat"] <= 600
        assert len(place.standin.seen) == 4, "one token for three requests"
        assert "ghs_" not in repr(await kept(place))
        place.standin.ends_at = ending(SOON)
        await place.give(Grant(installation=42))
        await ask(place)
        await ask(place)
        assert sum("/app/" in one.path for one in place.standin.seen) == 3


async def test_an_app_without_its_key_says_what_to_set() -> None:
    async with a_place(app=APP) as place:
        await place.give(Grant(installation=42))
        assert await code_of(ask(place)) == "github.no_app"
    async with a_place(app=App(app_id="1", private_key="no key")) as place:
        await place.give(Grant(installation=42))
        assert await code_of(ask(place)) == "settings.bad"


async def test_no_log_line_shows_a_token(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with a_place() as place:
        place.standin.refresh["ghr_first"] = "ann"
        await place.give(Grant(token="ghu_old", refresh_token="ghr_first", expires_at=ending(SOON)))
        place.standin.faults.extend(["", "500", "secondary 0.1"])
        await ask(place)
    said = " ".join(one.getMessage() for one in caplog.records)
    for secret in ("ghu_", "ghr_", "ghp_", "client-secret"):
        assert secret not in said


def test_a_challenge_is_that_of_the_standard(anyio_backend: str) -> None:
    del anyio_backend
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"  # RFC 7636, appendix B
    assert challenge_of(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

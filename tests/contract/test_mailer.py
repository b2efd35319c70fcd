"""Letters are handed over alike, and refusals told alike, whoever carries them away."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest
from certificates import make_certificate
from mailers import ARRIVED, LETTER, Carrier, opened
from patience import GUARD_S

from headwater.errors import StoreFault
from headwater.model.notice import Letter


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a certificate for loopback."""
    return make_certificate(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(params=["smtp", "azure", "folder"])
def adapter(request: pytest.FixtureRequest) -> str:
    """Name the mailer under test."""
    return str(request.param)


@pytest.fixture
async def carrier(adapter: str, certificate: Path, tmp_path: Path) -> AsyncIterator[Carrier]:
    """Give the mailer under test."""
    async with opened(adapter, certificate, tmp_path) as one:
        yield one


async def test_a_letter_arrives_as_it_was_written(carrier: Carrier) -> None:
    with anyio.fail_after(GUARD_S):
        await carrier.mailer.check()
        await carrier.mailer.send(LETTER)
    assert await carrier.carried() == [ARRIVED]


async def test_a_letter_sent_again_is_the_same_one(carrier: Carrier) -> None:
    with anyio.fail_after(GUARD_S):
        await carrier.mailer.send(LETTER)
        await carrier.mailer.send(LETTER)
    assert set(await carrier.carried()) == {ARRIVED}


@pytest.mark.parametrize(
    "to", ["", "ann", "ann@", "a b@c.d", "ann@x.org\r\nBcc: eve@x.org", "\0@x"]
)
async def test_what_is_no_address_is_refused_before_anyone_is_asked(
    carrier: Carrier, to: str
) -> None:
    letter = Letter(id="n-1", to=to, subject="s", text="t", html="h", at=LETTER.at)
    with anyio.fail_after(GUARD_S), pytest.raises(StoreFault) as raised:
        await carrier.mailer.send(letter)
    assert (raised.value.code, raised.value.retry_safe) == ("mail.refused", False)
    assert await carrier.carried() == []


@pytest.mark.parametrize("adapter", ["smtp", "azure"], indirect=True)
@pytest.mark.parametrize(("status", "code"), [(429, "mail.busy"), (400, "mail.refused")])
async def test_a_refusal_says_whether_it_is_for_good(
    carrier: Carrier, adapter: str, status: int, code: str
) -> None:
    carrier.answers(status)
    with anyio.fail_after(GUARD_S), pytest.raises(StoreFault) as raised:
        await carrier.mailer.send(LETTER)
    error = raised.value
    assert (error.code, error.retry_safe) == (code, code == "mail.busy")
    assert error.retry_after_s == (7 if (adapter, status) == ("azure", 429) else None)
    assert error.message.isprintable()
    assert await carrier.carried() == []

"""Each of those who carry mail away keeps to its own wire's rules."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest
from aiohttp import web
from azure_standin import azure_standin
from certificates import make_certificate, server_context
from mail_server import PASSWORD, mail_server
from mailers import LETTER, SENDER, opened, smtp
from patience import GUARD_S

from headwater.errors import StoreFault, UsageError
from headwater.model.notice import Letter
from headwater.services.mailer.azure import AzureMailer
from headwater.services.mailer.folder import FolderMailer
from headwater.services.mailer.mime import sender_of
from headwater.services.mailer.smtp import read_smtp_url


@pytest.fixture
def anyio_backend() -> str:
    """Run on the loop that the libraries run on."""
    return "asyncio"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a certificate for loopback."""
    return make_certificate(tmp_path_factory.mktemp("certificates"))


async def test_who_is_not_there_may_be_asked_again(certificate: Path, tmp_path: Path) -> None:
    async with opened("azure", certificate, tmp_path) as azure:
        pass
    with mail_server() as server:
        away = smtp(server, query="?tls=never")
    (tmp_path / "file").touch()
    for mailer in (azure.mailer, away, FolderMailer(tmp_path / "file" / "in", SENDER)):
        for ask in (mailer.check, lambda mailer=mailer: mailer.send(LETTER)):
            with anyio.fail_after(GUARD_S), pytest.raises(StoreFault) as raised:
                await ask()
            assert (raised.value.code, raised.value.retry_safe) == ("mail.unreachable", True)


@pytest.mark.parametrize("at", ["mail", "rcpt", "data"])
@pytest.mark.parametrize(("answer", "code"), [("450 x", "mail.busy"), ("550 x", "mail.refused")])
async def test_smtp_refuses_at_any_stage(at: str, answer: str, code: str) -> None:
    with mail_server() as server, anyio.fail_after(GUARD_S):
        server.hook = lambda stage, _: answer if stage == at else None
        with pytest.raises(StoreFault) as raised:
            await smtp(server, query="?tls=never").send(LETTER)
        assert (raised.value.code, server.taken) == (code, [])


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_smtp_signs_in_over_tls_and_trusts_only_known_authorities(
    scheme: str, certificate: Path
) -> None:
    tls = server_context(certificate)
    given = {"starttls": tls} if scheme == "smtp" else {"tls": tls}
    user = f"post:{PASSWORD.replace('@', '%40').replace('/', '%2F')}@"
    with mail_server(auth=True, **given) as server, anyio.fail_after(GUARD_S):
        await smtp(server, certificate, scheme=scheme, user=user).send(LETTER)
        assert server.ids == ["<n-0a1b@example.org>"]
        with pytest.raises(StoreFault) as raised:
            await smtp(server, None, scheme=scheme, user=user).send(LETTER)
        assert raised.value.code == "mail.unreachable"
        wrong = smtp(server, certificate, scheme=scheme, user="post:canary-secret@")
        for ask in (lambda: wrong.send(LETTER), wrong.check):
            with pytest.raises(StoreFault) as raised:
                await ask()
            assert (raised.value.code, raised.value.retry_safe) == ("mail.sign_in", True)
            assert "canary" not in raised.value.message
        assert len(server.taken) == 1


async def test_smtp_sends_nothing_in_the_clear_unless_told_to() -> None:
    with mail_server() as server, anyio.fail_after(GUARD_S):
        with pytest.raises(StoreFault) as raised:
            await smtp(server).send(LETTER)
        assert raised.value.code == "mail.sign_in"
        assert server.taken == []


async def test_smtp_writes_to_addresses_of_other_alphabets() -> None:
    letter = Letter(id="n-2", to="jörg@exämple.org", subject="s", text="t", html="h", at=LETTER.at)
    with mail_server() as server, anyio.fail_after(GUARD_S):
        await smtp(server, query="?tls=never").send(letter)
        assert server.recipients == ["jörg@exämple.org"]


@pytest.mark.parametrize("status", [401, 403])
async def test_azure_that_lets_us_not_in_may_be_asked_again(
    status: int, certificate: Path, tmp_path: Path
) -> None:
    async with opened("azure", certificate, tmp_path) as azure:
        azure.answers(status)
        with anyio.fail_after(GUARD_S), pytest.raises(StoreFault) as raised:
            await azure.mailer.send(LETTER)
        assert (raised.value.code, raised.value.retry_safe) == ("mail.sign_in", True)


async def test_azure_that_takes_a_letter_in_and_drops_it_has_refused_it(certificate: Path) -> None:
    async with azure_standin(certificate) as standin:
        mailer = AzureMailer(standin.connection, SENDER, authorities=str(certificate))
        error = {"code": "EmailDroppedAllRecipientsSuppressed", "message": "dropped"}
        standin.fared = {"status": "Failed", "error": error}
        with anyio.fail_after(GUARD_S), pytest.raises(StoreFault) as raised:
            await mailer.send(LETTER)
        assert raised.value.code == "mail.refused"
        standin.answer = lambda: web.json_response({"error": {"code": "x"}}, status=409)
        with anyio.fail_after(GUARD_S):
            await mailer.send(LETTER)  # it was taken in before
        assert len({operation for operation, _ in standin.sent}) == 1


async def test_azure_is_trusted_by_known_authorities_alone(certificate: Path) -> None:
    async with azure_standin(certificate) as standin:
        mailer = AzureMailer(standin.connection, SENDER, authorities=None)
        with anyio.fail_after(GUARD_S), pytest.raises(StoreFault) as raised:
            await mailer.send(LETTER)
        assert raised.value.code == "mail.unreachable"
        assert standin.sent == []


async def test_azure_without_a_connection_string_is_a_setting_that_is_wrong() -> None:
    with pytest.raises(UsageError) as raised:
        await AzureMailer("endpoint=canary", SENDER, authorities=None).send(LETTER)
    assert raised.value.code == "settings.bad"
    assert "canary" not in raised.value.message


@pytest.mark.parametrize(
    "url",
    ["", "host", "http://host", "smtp://", "smtp://h:x", "smtp://h?tls=no", "smtp://h:99999"],
)
def test_a_url_of_no_mail_server_is_refused(url: str) -> None:
    with pytest.raises(UsageError) as raised:
        read_smtp_url(url)
    assert raised.value.code == "settings.bad"


def test_a_url_says_how_the_server_is_spoken_to() -> None:
    found = read_smtp_url("smtp://a%40b:c%2Fd@mail.example.org")
    assert (found.host, found.port, found.tls) == ("mail.example.org", 587, "starttls")
    assert (found.user, found.password) == ("a@b", "c/d")
    assert "c/d" not in repr(found)
    assert read_smtp_url("smtps://h").port == 465
    assert read_smtp_url("smtp://h:25?tls=never").tls == "never"


@pytest.mark.parametrize("sender", ["", "Headwater", "a@", "A <b>", "A <b@c> d", "a@b\nBcc: c@d"])
def test_a_sender_who_is_none_is_refused(sender: str) -> None:
    with pytest.raises(UsageError) as raised:
        sender_of(sender)
    assert raised.value.code == "settings.bad"

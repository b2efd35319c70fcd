"""By which names a server may be addressed, and by whose key."""

from __future__ import annotations

import json
from typing import Any

import pytest

from headwater.entries.mcp.guard import KEY, Guard, credential_of
from headwater.entries.wire.addressing import names_of
from headwater.errors import LimitError, StoreFault, UsageError
from headwater.model.principal import Principal

NAMES = names_of("10.1.2.3", "hw.example.org, other.example.org:8443", "https://app.example.org/")


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:8420", "LocalHost:1", "127.0.0.1:8420", "[::1]:8420", "[::1]",
     "10.1.2.3:8420", "10.1.2.3", "hw.example.org", "hw.example.org:443",
     "other.example.org:8443"],
)  # fmt: skip
def test_a_host_of_mine_is_allowed(host: str) -> None:
    assert NAMES.host_allowed(host)


@pytest.mark.parametrize(
    "host",
    ["", "evil.example.org", "localhost.evil.example.org", "evil.example.org:8420",
     "other.example.org", "other.example.org:8444", "xlocalhost", "127.0.0.1.evil.org:80",
     "localhost:8420:80", "localhost:", "localhost:x", "::1", "user@localhost", "10.1.2.30",
     "localhost\x00", "0.0.0.0", "*"],
)  # fmt: skip
def test_any_other_host_is_refused(host: str) -> None:
    assert not NAMES.host_allowed(host)


@pytest.mark.parametrize(
    "origin",
    ["http://localhost:5173", "https://127.0.0.1", "http://[::1]:8420", "https://hw.example.org",
     "https://app.example.org", "HTTPS://APP.example.org", "http://10.1.2.3:8420"],
)  # fmt: skip
def test_a_page_of_mine_may_ask(origin: str) -> None:
    assert NAMES.origin_allowed(origin)


@pytest.mark.parametrize(
    "origin",
    ["", "null", "https://evil.example.org", "http://app.example.org", "https://app.example.org:8",
     "https://app.example.org.evil.org", "ftp://localhost", "localhost", "file://",
     "chrome-extension://localhost", "http://localhost.evil.org:80", "http://evil.org/localhost",
     "http://localhost@evil.org"],
)  # fmt: skip
def test_any_other_page_is_refused(origin: str) -> None:
    assert not NAMES.origin_allowed(origin)


@pytest.mark.parametrize("bound", ["0.0.0.0", "::", "", "[::]"])
def test_an_address_that_stands_for_all_adds_no_name(bound: str) -> None:
    assert names_of(bound, "", "").hosts == {"localhost", "127.0.0.1", "[::1]"}


def test_an_address_of_version_six_stands_in_brackets() -> None:
    assert names_of("fe80::1", "", "").host_allowed("[fe80::1]:8420")


@pytest.mark.parametrize(
    ("headers", "credential"),
    [
        (["Bearer hw_1_2"], "hw_1_2"),
        (["bearer  hw_1_2 "], "hw_1_2"),
        ([], None),
        (["Bearer"], None),
        (["Bearer "], None),
        (["Basic hw_1_2"], None),
        (["hw_1_2"], None),
        (["Bearer a", "Bearer b"], None),
    ],
)
def test_a_credential_stands_once_after_the_word_bearer(
    headers: list[str], credential: str | None
) -> None:
    assert credential_of(headers) == credential


class Doorman:
    """Knows one key, and remembers what it was asked."""

    def __init__(self, error: Exception | None = None) -> None:
        self.asked: list[str | None] = []
        self._error = error

    async def identify(self, credential: str | None, address: str) -> Principal:
        del address
        self.asked.append(credential)
        if self._error is not None:
            raise self._error
        if credential != "right":
            raise UsageError("who are you?", code="access.unauthenticated")
        return Principal(tenant="acme")


async def answered(doorman: Doorman, headers: list[tuple[str, str]], kind: str = "http") -> Any:
    """Return the messages that a request gets, and whom the app behind the guard saw."""
    sent: list[Any] = []
    seen: list[Principal] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        del receive, send
        seen.append(scope[KEY])

    async def receive() -> Any:
        raise AssertionError("the body is not read by the guard")

    async def send(message: Any) -> None:
        sent.append(message)

    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    scope = {"type": kind, "headers": raw, "path": "/mcp", "method": "POST"}
    await Guard(app, NAMES, doorman.identify)(scope, receive, send)
    return sent, seen


MINE = ("host", "localhost:8420")


async def test_who_has_a_key_comes_in_as_who_he_is() -> None:
    sent, seen = await answered(Doorman(), [MINE, ("authorization", "Bearer right")])
    assert not sent
    assert seen == [Principal(tenant="acme")]


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ([("host", "evil.org")], 421, "mcp.bad_host"),
        ([], 421, "mcp.bad_host"),
        ([MINE, MINE], 421, "mcp.bad_host"),
        ([MINE, ("origin", "https://evil.org")], 403, "mcp.bad_origin"),
        ([MINE, ("origin", "null")], 403, "mcp.bad_origin"),
        ([MINE, ("origin", "http://localhost"), ("origin", "http://evil.org")], 403,
         "mcp.bad_origin"),
        ([MINE], 401, "access.unauthenticated"),
        ([MINE, ("authorization", "Bearer wrong")], 401, "access.unauthenticated"),
    ],
)  # fmt: skip
async def test_nobody_else_comes_in(headers: list[tuple[str, str]], status: int, code: str) -> None:
    doorman = Doorman()
    (start, body), seen = await answered(doorman, headers)
    assert start["status"] == status
    assert json.loads(body["body"])["code"] == code
    assert not seen
    assert (b"www-authenticate", b"Bearer") in start["headers"] or status != 401
    assert bool(doorman.asked) == (status == 401)  # no key is looked up for a foreign page


async def test_where_nobody_can_tell_whose_key_it_is_the_server_is_not_there() -> None:
    error = StoreFault("the database is away", code="store.unreachable", retry_safe=True)
    (start, body), seen = await answered(Doorman(error), [MINE, ("authorization", "Bearer right")])
    assert start["status"] == 503
    assert json.loads(body["body"])["fault"] == "store"
    assert not seen


async def test_who_asks_too_often_is_told_when_to_ask_again() -> None:
    error = LimitError("too often", code="limit.rate", retry_after_s=2.5)
    (start, _), seen = await answered(Doorman(error), [MINE, ("authorization", "Bearer right")])
    assert start["status"] == 429
    assert (b"retry-after", b"3") in start["headers"]
    assert not seen


async def test_a_web_socket_is_closed() -> None:
    sent, seen = await answered(Doorman(), [MINE], "websocket")
    assert sent == [{"type": "websocket.close", "code": 1008}]
    assert not seen

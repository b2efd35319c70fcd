"""Who guesses at keys is turned away for a while; who has a good one is not, at any entry."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import anyio
import pytest

from headwater import AsyncHeadwater
from headwater.app.failed_keys import FailedKeys
from headwater.app.settings import Settings
from headwater.entries.http.gate import Gate, Sizes
from headwater.entries.mcp.server import make_mcp
from headwater.entries.wire.opening import Opening
from headwater.entries.ws.live import Live
from headwater.errors import HeadwaterError
from headwater.stores.memory.keys import MemoryKeys
from headwater.stores.memory.rates import MemoryRates

MOST = 5
HERE, ELSEWHERE = "192.0.2.7", "192.0.2.8"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def hw() -> AsyncIterator[AsyncHeadwater]:
    settings = Settings(prepare=False, failed_keys=MOST)
    async with AsyncHeadwater.open("memory:", settings=settings) as hw:
        yield hw


async def shown(hw: AsyncHeadwater, key: str, address: str = HERE) -> str:
    """Show a credential, and return the code that it is refused with."""
    try:
        await hw.access.identify(key, address=address)
    except HeadwaterError as error:
        return error.code
    return ""


async def fail(hw: AsyncHeadwater, address: str = HERE) -> None:
    """Fail as often as one may, and once more."""
    codes = [await shown(hw, f"hw_wrong_{number}", address) for number in range(MOST + 1)]
    assert codes == ["access.unauthenticated"] * MOST + ["limit.failed_keys"]


async def test_an_address_that_fails_too_often_is_turned_away(hw: AsyncHeadwater) -> None:
    await fail(hw)
    new = (await hw.access.create_key(role="reader")).key
    assert await shown(hw, new) == "limit.failed_keys", "whoever it is, nothing is looked up"
    assert await shown(hw, new, ELSEWHERE) == ""
    assert await shown(hw, new) == "", "it is known as good by now"
    assert await shown(hw, "hw_wrong_again") == "limit.failed_keys"


async def test_a_key_that_was_good_comes_through(hw: AsyncHeadwater) -> None:
    made = await hw.access.create_key(role="reader")
    assert await shown(hw, made.key) == ""
    await fail(hw)
    hw._parts.identities.forget()
    assert await shown(hw, made.key) == ""
    await hw.access.revoke_key(made.id)
    assert await shown(hw, made.key) == "limit.failed_keys"


async def test_who_is_told_to_wait_is_told_how_long(hw: AsyncHeadwater) -> None:
    await fail(hw)
    with pytest.raises(HeadwaterError) as error:
        await hw.access.identify("hw_wrong", address=HERE)
    assert 0 < (error.value.retry_after_s or 0) <= 60


async def test_no_key_at_all_is_no_guess(hw: AsyncHeadwater) -> None:
    for _ in range(3 * MOST):
        with pytest.raises(HeadwaterError) as error:
            await hw.access.identify(None, address=HERE)
        assert error.value.code == "access.unauthenticated"


async def test_a_guess_from_nowhere_in_particular_is_not_counted(hw: AsyncHeadwater) -> None:
    codes = {await shown(hw, f"hw_wrong_{number}", "") for number in range(3 * MOST)}
    assert codes == {"access.unauthenticated"}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.7", "192.0.2.7", True),
        ("192.0.2.7", "192.0.2.9", False),
        ("a socket", "a socket", True),
        ("a socket", "another", False),
    ],
)
async def test_addresses_of_one_origin_are_counted_together(
    one: str, other: str, same: bool
) -> None:
    failures = FailedKeys(MemoryRates(), most=1)
    await failures.failed(one)
    if not same:
        await failures.failed(other)
    with pytest.raises(HeadwaterError) as error:
        await failures.failed(other)
    assert error.value.code == "limit.failed_keys"


async def test_a_hundred_guesses_cost_no_look_up_once_one_is_turned_away() -> None:
    class Counted(MemoryKeys):
        looks = 0

        async def by_digest(self, digest: bytes) -> Any:
            Counted.looks += 1
            return await super().by_digest(digest)

    from headwater.app.api_keys import make_key
    from headwater.app.claims import ClaimNames
    from headwater.app.identities import Identities

    failures = FailedKeys(MemoryRates(), most=MOST)
    all_ = Identities(Counted(), None, secret=b"", names=ClaimNames(), failures=failures)
    for _ in range(100):
        with pytest.raises(HeadwaterError):
            await all_.identify(make_key()[1], address=HERE)
    assert Counted.looks == MOST + 1


# At the entries


async def told(app: Any, scope: dict[str, Any]) -> list[Any]:
    """Return what an app sends to somebody who shows a wrong key."""
    sent: list[Any] = []
    kind = scope["type"]

    async def receive() -> dict[str, Any]:
        first = {"type": "websocket.connect" if kind == "websocket" else "http.request"}
        return first if not sent else await anyio.sleep_forever()  # type: ignore[func-returns-value]

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"authorization", b"Bearer hw_wrong"), (b"host", b"127.0.0.1")]
    whole = {"path": "/v1/tools", "method": "GET", "query_string": b"", "headers": headers}
    await app(
        {**whole, "client": (HERE, 1), "raw_path": b"", "extensions": {}, **scope}, receive, send
    )
    return sent


async def test_every_entry_counts_and_refuses(hw: AsyncHeadwater) -> None:
    async def never(*_: Any) -> None:
        pytest.fail("let in")

    gate = Gate(never, hw, opening=Opening(), sizes=Sizes(1_000, 1_000))
    mcp, _ = make_mcp(hw, host="127.0.0.1", settings=Settings(prepare=False))
    live = Live(hw, Opening())
    http = {"type": "http", "http_version": "1.1", "scheme": "http", "server": ("127.0.0.1", 1)}
    for status in (401, 429):
        for app in (gate, mcp):
            start = (await told(app, http))[0]
            assert start["status"] == status
            assert (b"retry-after" in dict(start["headers"])) is (status == 429)
        closed = (await told(live, {"type": "websocket", "path": "/v1/live"}))[-1]
        assert closed["code"] == (1008 if status == 401 else 1013)
        if status == 401:
            for _ in range(MOST):
                await shown(hw, "hw_wrong")

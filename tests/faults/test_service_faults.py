"""What the service can do without is broken in each way: everybody is answered all the same."""

from __future__ import annotations

import re
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import anyio
import pytest
from breaking import Cell, cells_of, sampled, struck, until
from patience import GUARD_S, PROMPT_S
from proxy import Proxy, open_proxy
from pydantic import SecretStr
from unit.services.issuers import AUDIENCE, ISSUER, Provider, jwk, provider, rsa_key, token

from headwater import AsyncHeadwater
from headwater.app.settings import Settings
from headwater.errors import HeadwaterError
from headwater.model.outcome import Succeeded
from headwater.model.principal import Principal

BUDGET_S = 15.0
"""Nobody is to be late, nor half answered, because of what the service can do without."""
BACK_S = 5.0
"""Seconds after a fault's end by which all is used again, on a machine of its own."""
WHO = Principal(name="somebody")
WORKS = ("call", "ask", "count", "follow")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def write_bundle(folder: Path) -> Path:
    await anyio.Path(folder).mkdir()
    row = '{"code": "shop", "name": "shop", "type": "service"}\n'
    await anyio.Path(folder / "items.jsonl").write_text(row, "utf-8")
    return folder


async def call(hw: AsyncHeadwater) -> None:
    outcome = await hw.call("ci.search", {"keywords": ["shop"]}, budget_s=BUDGET_S)
    assert isinstance(outcome, Succeeded), outcome
    assert outcome.value["total"] == 1


async def ask(hw: AsyncHeadwater) -> None:
    answer = await hw.ask("what is shop?", budget_s=BUDGET_S)
    assert (answer.status, answer.gaps) == ("complete", ())


async def count(hw: AsyncHeadwater) -> None:
    await hw.admission.count(WHO)


async def follow(hw: AsyncHeadwater) -> None:
    run = await hw.live.begin(question="what is shop?", budget_s=BUDGET_S)
    async with hw.live.follow(run.run_id) as events:
        kinds = [event.kind async for event in events]
    assert kinds[-1] == "run.answered"


DID = {"call": call, "ask": ask, "count": count, "follow": follow}


async def try_redis(
    redis: str, folder: Path, cells: list[Cell], *, back_s: float = GUARD_S
) -> None:
    """Break Redis in each way; nobody is to notice, and it is to be used again."""
    wrong: list[str] = []
    async with open_proxy(redis) as proxy:
        settings = Settings(
            prepare=False, redis=SecretStr(proxy.url(redis)), requests_per_key=1_000_000
        )
        async with AsyncHeadwater.open("memory:", settings=settings) as hw:
            await hw.load(await write_bundle(folder / "bundle"))
            for cell in cells:
                await hw._parts.stores.probed["redis"].check()
                async with struck(proxy, cell):
                    try:
                        with anyio.fail_after(BUDGET_S):
                            await DID[cell.work](hw)
                    except Exception as error:  # noqa: BLE001  nobody may notice anything
                        wrong.append(f"{cell}: {error!r}")
                if not await is_back(hw, within_s=back_s):
                    wrong.append(f"{cell}: not used again")
    assert wrong == []


async def is_back(hw: AsyncHeadwater, *, within_s: float) -> bool:
    """Tell whether Redis is used again for everything, after a while."""

    async def back() -> bool:
        return not await is_lost(hw)

    return await until(back, within_s=within_s)


async def is_lost(hw: AsyncHeadwater) -> bool:
    await hw.call("ci.search", {"keywords": [str(anyio.current_time())]})
    await hw.admission.count(WHO)
    try:
        await hw._parts.stores.probed["redis"].check()
    except HeadwaterError:
        return True
    return bool(re.search(r"^headwater_redis_lost 1", hw.health.metrics(), re.MULTILINE))


async def test_nobody_notices_that_redis_breaks(redis: str, tmp_path: Path) -> None:
    await try_redis(redis, tmp_path, sampled(cells_of("redis", WORKS)))


@pytest.mark.slow
@pytest.mark.timeout(1_200)
async def test_nobody_notices_that_redis_breaks_in_any_way(redis: str, tmp_path: Path) -> None:
    await try_redis(redis, tmp_path, cells_of("redis", WORKS), back_s=BACK_S)


async def test_redis_lost_in_the_middle_is_counted_and_is_a_warning(
    redis: str, tmp_path: Path
) -> None:
    async with open_proxy(redis) as proxy:
        settings = Settings(prepare=False, redis=SecretStr(proxy.url(redis)), requests_per_key=3)
        async with AsyncHeadwater.open("memory:", settings=settings) as hw:
            await hw.load(await write_bundle(tmp_path / "bundle"))
            await call(hw)
            assert (await redis_check(hw)) == "ok"
            await proxy.refuse()
            proxy.cut()
            for word in ("one", "two", "three"):
                outcome = await hw.call("ci.search", {"keywords": [word]}, budget_s=BUDGET_S)
                assert isinstance(outcome, Succeeded), outcome
                await hw.admission.count(WHO)
            with pytest.raises(HeadwaterError) as refused:
                await hw.admission.count(WHO)
            assert refused.value.code == "limit.rate"
            shown = hw.health.metrics()
            counted = dict(re.findall(r'fallbacks_total\{port="(\w+)"\} (\S+)', shown))
            assert float(counted["cache"]) > 0
            assert float(counted["rates"]) > 0

            async def warned() -> bool:
                return await redis_check(hw) == "warning"

            async def well() -> bool:
                return await redis_check(hw) == "ok"

            assert await until(warned)
            assert (await hw.health.ready()).ready
            await proxy.mend()
            assert await until(well)


async def redis_check(hw: AsyncHeadwater) -> str:
    checks = {one.name: one.status for one in (await hw.health.ready()).checks}
    return checks["redis"]


# The issuer of tokens


@pytest.fixture
def issuer() -> Iterator[Provider]:
    with provider() as one:
        one.keys = [jwk(rsa_key(), "a")]
        yield one


async def try_issuer(issuer: Provider, cells: list[Cell]) -> None:
    """Break the issuer in each way: a token is told from an outage, and is taken afterwards."""
    wrong: list[str] = []
    for cell in cells:
        async with open_proxy(issuer.url) as proxy:
            settings = Settings(
                prepare=False,
                jwt_jwks_url=proxy.url(issuer.url),
                jwt_issuer=ISSUER,
                jwt_audience=AUDIENCE,
            )
            async with AsyncHeadwater.open("memory:", settings=settings) as hw:
                wrong += [f"{cell}: {one}" async for one in tokens_taken(hw, proxy, cell)]
    assert wrong == []


async def tokens_taken(hw: AsyncHeadwater, proxy: Proxy, cell: Cell) -> AsyncIterator[str]:
    """Give what is wrong with how a token is taken while the issuer is broken, and after."""

    async def identify() -> str:
        hw._parts.identities.forget()
        try:
            name = token(rsa_key(), "RS256", {"kid": "a"})
            return (await hw.access.identify(name)).name
        except HeadwaterError as error:
            return error.code

    if cell.moment == "idle":
        assert await identify() == "ann"
    async with struck(proxy, cell):
        with anyio.fail_after(PROMPT_S):
            said = await identify()
    if said not in ({"ann"} if cell.moment == "idle" else {"ann", "access.unavailable"}):
        yield f"said {said}"

    async def taken() -> bool:
        return await identify() == "ann"

    if not await until(taken, every_s=0.05):
        yield "not taken again"


async def test_an_issuer_that_breaks_is_no_wrong_token(issuer: Provider) -> None:
    cells = cells_of("issuer", ("identify",))
    await try_issuer(issuer, cells[::5])


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_an_issuer_that_breaks_in_any_way_is_no_wrong_token(issuer: Provider) -> None:
    await try_issuer(issuer, cells_of("issuer", ("identify",)))


# The collector of spans


class Collector:
    """What takes spans, and counts how often."""

    def __init__(self) -> None:
        self.url = ""
        self.got: list[bytes] = []


@contextmanager
def collecting() -> Iterator[Collector]:
    """Run a collector until the block is left."""
    told = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.got.append(self.rfile.read(int(self.headers.get("content-length", 0))))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def log_error(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Say nothing: what breaks a connection here was meant to."""

    server = Server(("127.0.0.1", 0), Handler)
    told.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=partial(server.serve_forever, 0.01), daemon=True)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@asynccontextmanager
async def traced(endpoint: str) -> AsyncIterator[AsyncHeadwater]:
    settings = Settings(prepare=False, otel_endpoint=endpoint)
    async with AsyncHeadwater.open("memory:", settings=settings) as hw:
        yield hw


async def try_collector(folder: Path, cells: list[Cell]) -> None:
    """Break the collector in each way: questions are answered, and the app closes."""
    wrong: list[str] = []
    bundle = await write_bundle(folder / "bundle")
    with collecting() as collector:
        for cell in cells:
            async with open_proxy(collector.url) as proxy:
                async with struck(proxy, cell):
                    async with traced(proxy.url(collector.url)) as hw:
                        await hw.load(bundle)
                        await ask(hw)
                        began = anyio.current_time()
                    took_s = anyio.current_time() - began
                if took_s > GUARD_S:
                    wrong.append(f"{cell}: closed after {took_s:.1f} s")
                got = len(collector.got)
                async with traced(proxy.url(collector.url)) as hw:
                    await ask_after(hw, bundle)
                if len(collector.got) <= got:
                    wrong.append(f"{cell}: not used again")
    assert wrong == []


async def ask_after(hw: AsyncHeadwater, bundle: Path) -> None:
    await hw.load(bundle)
    await ask(hw)


async def test_a_collector_that_breaks_holds_nobody_up(tmp_path: Path) -> None:
    await try_collector(tmp_path, cells_of("collector", ("ask",))[::9])


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_a_collector_that_breaks_in_any_way_holds_nobody_up(tmp_path: Path) -> None:
    await try_collector(tmp_path, cells_of("collector", ("ask",)))

"""Every embedder gives vectors that can be compared, and like texts alike ones."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import anyio
import numpy as np
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from patience import GUARD_S

from headwater.analysis.embeddings import pack, unpack
from headwater.errors import HeadwaterError, LimitError, StoreFault
from headwater.model.principal import Principal
from headwater.ports.embedder import Embedder
from headwater.services.embedder import minilm
from headwater.services.embedder.hashing import HashingEmbedder
from headwater.services.embedder.minilm import MiniLmEmbedder
from headwater.services.embedder.once import OnceEmbedder
from headwater.services.embedder.openai import BATCH, OpenAiEmbedder
from headwater.stores.memory.embeddings import MemoryEmbeddings

MINE = Principal("mine")
OTHERS = Principal("others")
Handler = Callable[[dict[str, object]], web.Response]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def vectors_answer(asked: dict[str, object]) -> web.Response:
    """Answer as the service does, in another order, with vectors of any length."""
    texts = asked["input"]
    assert isinstance(texts, list)
    data = [
        {"object": "embedding", "index": place, "embedding": list(map(float, letters(text)))}
        for place, text in enumerate(texts)
    ]
    return web.json_response({"object": "list", "data": data[::-1], "model": asked["model"]})


def letters(text: str) -> list[int]:
    """Count a text's letters, and one more so that none is zero."""
    return [1, *(text.lower().count(letter) for letter in "abcdefghijklmnopqrstuvwxyz")]


@asynccontextmanager
async def service(
    answer: Handler = vectors_answer, **options: object
) -> AsyncIterator[tuple[OpenAiEmbedder, list[web.Request]]]:
    """Give an embedder of a service on this machine, and what the service was asked."""
    seen: list[web.Request] = []

    async def handle(request: web.Request) -> web.Response:
        seen.append(request)
        return answer(await request.json())

    app = web.Application()
    app.router.add_post("/v1/embeddings", handle)
    async with TestServer(app) as server:
        made = OpenAiEmbedder(
            str(server.make_url("/v1/")), model="m", key="sesame", dice=lambda: 0.0
        )
        try:
            yield made, seen
        finally:
            await made.aclose()


@pytest.fixture(params=["hashing", "minilm", "openai", "once"])
async def embedder(request: pytest.FixtureRequest) -> AsyncIterator[Embedder]:
    if request.param == "minilm" and not minilm.is_installed():
        pytest.skip("the extra embeddings is not installed")
    if request.param == "openai":
        async with service() as (made, _):
            yield made
    elif request.param == "once":
        yield OnceEmbedder(HashingEmbedder(), near=MemoryEmbeddings(), far=MemoryEmbeddings())
    else:
        yield MiniLmEmbedder() if request.param == "minilm" else HashingEmbedder()


async def test_every_text_gets_a_vector_of_length_1_in_its_place(embedder: Embedder) -> None:
    texts = ["disk full", "", "?!", "ünï 💥 日本", "disk full", "x" * 5_000, "\ud800 half", "a b"]
    got = await embedder.embed(texts, principal=MINE)
    matrix = np.stack([unpack(one) for one in got])
    assert matrix.shape[0] == len(texts)
    assert np.linalg.norm(matrix, axis=1) == pytest.approx(1, abs=1e-5)
    assert got[0] == got[4]
    alone = await embedder.embed(["disk full"], principal=MINE)
    assert unpack(alone[0]) @ unpack(got[0]) == pytest.approx(1, abs=1e-4)
    assert await embedder.embed([], principal=MINE) == []
    assert 0 < len(embedder.model) <= 100


async def test_texts_of_like_words_point_more_alike(embedder: Embedder) -> None:
    asked, like, unlike = (
        unpack(one)
        for one in await embedder.embed(
            ["the disk of the host is full", "host disk full", "quick lunch menu"], principal=MINE
        )
    )
    assert asked @ like > asked @ unlike + 0.1


@pytest.mark.skipif(not minilm.is_installed(), reason="the extra embeddings is not installed")
async def test_minilm_has_the_similarities_that_its_makers_publish() -> None:
    texts = [
        "That is a happy person", "That is a happy dog", "That is a very happy person",
        "Today is a sunny day",
    ]  # fmt: skip
    got = [unpack(one) for one in await MiniLmEmbedder().embed(texts, principal=MINE)]
    found = [float(got[0] @ other) for other in got[1:]]
    assert found == pytest.approx([0.695, 0.943, 0.257], abs=0.02)


@pytest.mark.skipif(not minilm.is_installed(), reason="the extra embeddings is not installed")
async def test_minilm_knows_meaning_beyond_words() -> None:
    texts = ["the machine ran out of storage space", "disk is full", "the cat sat on the mat"]
    asked, like, unlike = map(unpack, await MiniLmEmbedder().embed(texts, principal=MINE))
    assert asked @ like > asked @ unlike + 0.2


def test_a_packaged_file_that_is_not_the_one_known_is_refused() -> None:
    with pytest.raises(StoreFault, match="not the one known") as raised:
        minilm._verified("anyio", "anyio/__init__.py", sha256=hashlib.sha256(b"").hexdigest())
    assert raised.value.code == "embedder.unavailable"
    with pytest.raises(StoreFault, match="missing"):
        minilm._verified("anyio", "anyio/nope.bin", sha256="")


async def test_hashing_is_the_same_on_every_machine() -> None:
    [vector] = await HashingEmbedder().embed(["KubePodCrashLooping"], principal=MINE)
    assert hashlib.sha256(vector).hexdigest()[:16] == KNOWN


KNOWN = "600cbde54e89e1ec"


class Counting:
    """An embedder that counts what it is asked, and may be held up or fail."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.go = anyio.Event()
        self.begun = anyio.Event()
        self.fails = 0

    @property
    def model(self) -> str:
        return "counting"

    async def embed(self, texts: Sequence[str], *, principal: Principal) -> list[bytes]:
        del principal
        self.asked.append(list(texts))
        self.begun.set()
        await self.go.wait()
        if self.fails:
            self.fails -= 1
            raise StoreFault("away", code="embedder.unavailable", retry_safe=True)
        return [pack(letters(text)) for text in texts]


def once(inner: Embedder) -> OnceEmbedder:
    return OnceEmbedder(inner, near=MemoryEmbeddings(), far=MemoryEmbeddings())


async def test_equal_texts_are_embedded_once_and_then_known() -> None:
    inner = Counting()
    inner.go.set()
    made = once(inner)
    got = await made.embed(["a", "b", "a"], principal=MINE)
    assert got == [pack(letters(text)) for text in "aba"]
    assert await made.embed(["b", "c", "a"], principal=MINE) == [pack(letters(t)) for t in "bca"]
    assert inner.asked == [["a", "b"], ["c"]]
    await made.embed(["a", "b"], principal=OTHERS)
    assert inner.asked[2:] == [["a", "b"]], "what another tenant had embedded is not given away"


async def test_callers_at_the_same_time_share_what_is_under_way() -> None:
    inner = Counting()
    made = once(inner)
    results: list[list[bytes]] = []

    async def ask(*texts: str) -> None:
        results.append(await made.embed(texts, principal=MINE))

    with anyio.fail_after(GUARD_S):
        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(ask, "a", "b")
            group.start_soon(ask, "b", "c")
            await inner.begun.wait()
            await anyio.wait_all_tasks_blocked()
            inner.go.set()
    assert len(results) == 6
    assert sorted(text for asked in inner.asked for text in asked) == ["a", "b", "c"]


async def cancel_once(scope: anyio.CancelScope, begun: anyio.Event) -> None:
    await begun.wait()
    await anyio.wait_all_tasks_blocked()
    scope.cancel()


async def test_who_waited_for_one_that_failed_or_left_asks_himself() -> None:
    inner = Counting()
    inner.fails = 1
    made = once(inner)
    results: list[bytes | str] = []

    async def ask() -> None:
        try:
            results.extend(await made.embed(["a"], principal=MINE))
        except StoreFault as error:
            results.append(error.code)

    with anyio.fail_after(GUARD_S):
        async with anyio.create_task_group() as group:
            for _ in range(2):
                group.start_soon(ask)
            with anyio.CancelScope() as leaving:
                group.start_soon(cancel_once, leaving, inner.begun)
                await made.embed(["a"], principal=MINE)
            assert leaving.cancelled_caught
            await anyio.wait_all_tasks_blocked()
            inner.go.set()
    assert sorted(map(str, results)) == sorted(
        map(str, ["embedder.unavailable", pack(letters("a"))])
    )
    assert len(inner.asked) == 3


async def test_a_service_is_asked_in_portions_with_its_model_and_key() -> None:
    texts = [f"text {number}" for number in range(BATCH + 1)]
    async with service() as (made, seen):
        got = await made.embed(texts, principal=MINE)
    assert got == [pack(letters(text)) for text in texts]
    assert [len(json.loads(await one.text())["input"]) for one in seen] == [BATCH, 1]
    assert {one.headers["Authorization"] for one in seen} == {"Bearer sesame"}
    assert made.model == "openai:m"


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_service_that_is_busy_or_fails_is_asked_again(status: int) -> None:
    answers = iter([status, status])

    def answer(asked: dict[str, object]) -> web.Response:
        failing = next(answers, None)
        if failing is not None:
            return web.Response(status=failing, headers={"Retry-After": "0"})
        return vectors_answer(asked)

    async with service(answer) as (made, seen):
        with anyio.fail_after(GUARD_S):
            assert await made.embed(["a"], principal=MINE) == [pack(letters("a"))]
    assert len(seen) == 3


def with_status(status: int) -> Handler:
    return lambda _: web.Response(status=status, headers={"Retry-After": "0"})


def with_text(text: str) -> Handler:
    return lambda _: web.Response(text=text, content_type="application/json")


ONE = {"index": 0, "embedding": [1.0]}


@pytest.mark.parametrize(
    ("answer", "code", "times"),
    [
        (with_status(429), "embedder.busy", 4),
        (with_status(500), "embedder.unavailable", 4),
        (with_status(401), "embedder.refused", 1),
        (with_status(400), "embedder.refused", 1),
        (with_status(302), "embedder.refused", 1),
        (with_text("no json"), "embedder.bad_answer", 1),
        (with_text('{"error": "busy"}'), "embedder.bad_answer", 1),
        (with_text('{"data": []}'), "embedder.bad_answer", 1),
        (with_text(json.dumps({"data": [ONE, ONE]})), "embedder.bad_answer", 1),
        (with_text('{"data": [{"index": 0, "embedding": [NaN]}]}'), "embedder.bad_answer", 1),
        (with_text('{"data": [{"index": 0, "embedding": [0, 0]}]}'), "embedder.bad_answer", 1),
        (with_text('{"data": [{"index": 0, "embedding": []}]}'), "embedder.bad_answer", 1),
        (with_text("[" * 100_000), "embedder.bad_answer", 1),
    ],
)
async def test_a_service_that_does_not_answer_well_is_an_error_and_never_a_vector(
    answer: Handler, code: str, times: int
) -> None:
    async with service(answer) as (made, seen):
        with anyio.fail_after(GUARD_S), pytest.raises(HeadwaterError) as raised:
            await made.embed(["a"], principal=MINE)
    assert raised.value.code == code
    assert "sesame" not in str(raised.value)
    assert len(seen) == times


async def test_a_service_that_is_not_there_is_unavailable() -> None:
    made = OpenAiEmbedder("http://127.0.0.1:9/v1", model="m", dice=lambda: 0.0)
    try:
        with anyio.fail_after(GUARD_S), pytest.raises(StoreFault) as raised:
            await made.embed(["a"], principal=MINE)
        assert raised.value.code == "embedder.unavailable"
        assert raised.value.retry_safe
    finally:
        await made.aclose()


async def test_a_service_that_keeps_failing_is_left_alone() -> None:
    async with service(with_status(500)) as (made, seen):
        for _ in range(5):
            with pytest.raises(StoreFault):
                await made.embed(["a"], principal=MINE)
        asked = len(seen)
        with pytest.raises(LimitError) as raised:
            await made.embed(["a"], principal=MINE)
        assert raised.value.code == "embedder.busy"
        assert len(seen) == asked


async def test_a_wait_that_the_deadline_does_not_allow_is_not_begun() -> None:
    slow = web.Response(status=429, headers={"Retry-After": "3600"})
    async with service(lambda _: slow) as (made, seen):
        with anyio.fail_after(GUARD_S), pytest.raises(LimitError):
            await made.embed(["a"], principal=MINE)
    assert len(seen) == 1

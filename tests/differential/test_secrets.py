"""A hundred planted secrets: none is in a log, event, span, job, number, error, answer or file."""

from __future__ import annotations

import io
import logging
import traceback
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from patience import GUARD_S
from pydantic import SecretStr

from headwater import AsyncHeadwater, tool
from headwater.app.logs import set_up_logs
from headwater.app.settings import Settings, find_settings
from headwater.entries.wire.encode import document
from headwater.entries.wire.faults import facts, known
from headwater.errors import HeadwaterError
from headwater.model.job import Job
from headwater.services.spans import Spans

LOG = logging.getLogger("headwater.tests")
FORMS = (
    "postgresql://app:{}@db/estate",
    "cannot log in with password={}",
    'refused {{"password": "{}"}}',
    "sent Authorization: Bearer {}",
    "redis://:{}@cache:6379/0 timed out",
)
"""How an error's own text comes to hold a secret."""


class Canaries:
    """Secrets that nobody else could have written, and everything that was said meanwhile."""

    def __init__(self, stream: io.StringIO) -> None:
        self.planted: list[str] = []
        self.said: list[str] = []
        self.logged = stream

    def new(self) -> str:
        """Return another secret."""
        self.planted.append(f"canary{len(self.planted):03d}Zq7Kx9")
        return self.planted[-1]

    def found(self) -> list[str]:
        """Return the secrets that were said or logged."""
        everything = "\n".join([*self.said, self.logged.getvalue()])
        return [one for one in self.planted if one in everything]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def canaries() -> Iterator[Canaries]:
    root = logging.getLogger()
    handlers, level, raises = root.handlers[:], root.level, logging.raiseExceptions
    stream = io.StringIO()
    given = Canaries(stream)
    given.set_up = lambda secrets: set_up_logs(  # type: ignore[attr-defined]
        secrets=secrets, level=logging.DEBUG, stream=stream
    )
    given.set_up([])  # type: ignore[attr-defined]
    yield given
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.getLogger("headwater").setLevel(logging.NOTSET)
    logging.raiseExceptions = raises


def leaking(forms: list[str]) -> Any:
    """Make a tool that raises each of these texts in turn."""

    @tool(name="leak.raise", description="Fail with a secret.", role="reader")
    async def leak(number: int) -> str:
        raise RuntimeError(forms[number])

    return leak


async def plant_in_tools(canaries: Canaries, url: str) -> None:
    """Let a tool raise texts with secrets, called, in a plan, asked again and explained."""
    forms = [FORMS[number % len(FORMS)].format(canaries.new()) for number in range(30)]
    async with AsyncHeadwater.open(url, packs=[[leaking(forms)]]) as hw:
        steps = [
            {"id": f"s{number}", "tool": "leak.raise", "args": {"number": number}}
            for number in range(len(forms))
        ]
        for number in range(len(forms)):
            canaries.said.append(document(await hw.call("leak.raise", {"number": number})))
        result = await hw.run({"steps": steps})
        canaries.said += [document(result), document(await hw.again(result.run_id))]
        canaries.said.append(document(await hw.replay(result.run_id)))
        canaries.said.append(document(await hw.explain(result.run_id)))
        canaries.said.append(document(await hw.live.find(result.run_id)))
        canaries.said.append(hw.health.metrics())
        LOG.error("failed: %s", result)


async def plant_in_jobs_and_traces(canaries: Canaries, url: str) -> None:
    """Let jobs and spans tell of a tool that raises texts with secrets, and of a bad upload."""
    forms = [FORMS[number % len(FORMS)].format(canaries.new()) for number in range(10)]
    settings = Settings(prepare=False, jobs=True)
    exporter = InMemorySpanExporter()
    async with AsyncHeadwater.open(url, packs=[[leaking(forms)]], settings=settings) as hw:
        spans = await anyio.to_thread.run_sync(lambda: Spans(exporter, service="headwater"))
        hw._parts.telemetry._spans = spans
        steps = [
            {"id": f"s{number}", "tool": "leak.raise", "args": {"number": number}}
            for number in range(len(forms))
        ]
        await ended(hw, await hw.jobs.run(plan={"steps": steps}))
        line = b'{"part": "items", "code": "x", "password": "%s", ' % canaries.new().encode()
        bad = b"Authorization: Bearer %s\n" % canaries.new().encode()
        sent = sending(line + b"\n" + bad)
        load = await ended(hw, await hw.jobs.load(sent, media_type="application/x-ndjson"))
        await dropped(hw, load)
        await hw.runs()
        canaries.said += [document(job) for job in await hw.jobs.recent()]
        canaries.said.append(hw.health.metrics())
        await anyio.to_thread.run_sync(hw._parts.telemetry.close)
    made = exporter.get_finished_spans()
    assert len(made) > len(forms)
    canaries.said += [span.to_json() for span in made]


async def sending(whole: bytes) -> AsyncIterator[bytes]:
    yield whole


async def dropped(hw: AsyncHeadwater, job: Job) -> None:
    """Wait until what was uploaded for a job is gone, as it is once the job has ended."""
    kept = anyio.Path(hw._parts.jobs.kept(job.id))  # type: ignore[union-attr]
    with anyio.fail_after(GUARD_S):
        while await kept.exists():
            pass


async def ended(hw: AsyncHeadwater, job: Job) -> Job:
    with anyio.fail_after(GUARD_S):
        while (found := await hw.jobs.find(job.id)).status in {"queued", "running"}:
            pass
    return found


async def plant_in_credentials(canaries: Canaries, url: str) -> None:
    """Show keys that are good, revoked, expired, cut and forged, and tokens that are none."""
    async with AsyncHeadwater.open(url) as hw:
        keys = [await hw.access.create_key(role="reader", name=f"k{n}") for n in range(20)]
        soon = datetime.now(UTC) + timedelta(hours=1)
        keys.append(await hw.access.create_key(role="admin", expires_at=soon))
        for one in keys[:5]:
            await hw.access.revoke_key(one.id)
        canaries.planted += [one.key.rsplit("_", 1)[1][:40] for one in keys]
        shown = [one.key for one in keys] + [f"{one.key[:-1]}x" for one in keys]
        shown += [f"eyJhbGciOiJub25lIn0.{canaries.new()}.x" for _ in range(9)]
        for credential in shown:
            try:
                canaries.said.append(repr(await hw.access.identify(credential)))
            except HeadwaterError as error:
                canaries.said.append("".join(traceback.format_exception(error)))
            LOG.info("asked with Authorization: Bearer %s", credential)
        canaries.said.append(document(await hw.access.keys()))
        canaries.said.append(repr(vars(hw._parts.identities)))


async def plant_in_urls(canaries: Canaries) -> None:
    """Open databases whose URLs have passwords and which cannot be opened."""
    for url in (
        "postgresql://app:{}@127.0.0.1:1/estate", "mysql://app:{}@127.0.0.1:1/estate",
        "oracle://app:{}@db/estate", "sqlite://app:{}@x", "://app:{}@", "redis://:{}@cache",
        "postgresql://app:{}@127.0.0.1:notaport/estate", "http://app:{}@db/estate",
    ):  # fmt: skip
        secret = canaries.new()
        try:
            with anyio.move_on_after(GUARD_S):
                async with AsyncHeadwater.open(url.replace("{}", secret)):
                    pass
        except Exception as error:
            told = known(error)
            canaries.said += [document(facts(told)), str(told)]
            LOG.exception("could not open")
        else:
            pytest.fail(f"{url} was opened")


def plant_in_settings(canaries: Canaries, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Set secrets wrongly and rightly, and show the settings in every way there is."""
    for name in ("KEY_SECRET", "JWT_SECRET"):
        monkeypatch.setenv(f"HEADWATER_{name}", canaries.new()[:20])
    monkeypatch.setenv("HEADWATER_BUDGET_S", "much")
    with pytest.raises(HeadwaterError) as error:
        find_settings()
    canaries.said.append("".join(traceback.format_exception(error.value)))
    canaries.planted = [*canaries.planted[:-2], *(one[:20] for one in canaries.planted[-2:])]
    monkeypatch.delenv("HEADWATER_BUDGET_S")
    for name in ("KEY_SECRET", "JWT_SECRET"):
        monkeypatch.setenv(f"HEADWATER_{name}", canaries.new() * 3)
    monkeypatch.setenv("HEADWATER_DATABASE", f"postgresql://app:{canaries.new()}@db/estate")
    settings = find_settings()
    canaries.said += [repr(settings.key_secret), str(settings.jwt_secret)]
    canaries.said.append(document(settings.model_dump(exclude={"database"}, mode="json")))
    assert set(settings.secrets) >= {one * 3 for one in canaries.planted[-3:-1]}
    assert canaries.planted[-1] in settings.secrets
    return settings


def plant_in_logs(canaries: Canaries, settings: Settings) -> None:
    """Log known secrets as they are: as arguments, in tracebacks, as fields, as names."""
    secrets = [canaries.new() for _ in range(30)]
    canaries.set_up([*settings.secrets, *secrets])  # type: ignore[attr-defined]
    for number, secret in enumerate(secrets):
        LOG.warning("it is %s", secret)
        LOG.info("in a dict: %s", {secret: [secret]})
        LOG.error("at %d", number, exc_info=ValueError(secret))
        LOG.debug("%d", secret)  # wrong, and told nowhere
    LOG.info("settings: %r", settings)


async def test_no_planted_secret_is_said_anywhere(
    canaries: Canaries, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path}/estate.db"
    with anyio.fail_after(GUARD_S):
        await plant_in_tools(canaries, url)
        await plant_in_jobs_and_traces(canaries, url)
        await plant_in_credentials(canaries, url)
        await plant_in_urls(canaries)
        plant_in_logs(canaries, plant_in_settings(canaries, monkeypatch))
    for path in await anyio.to_thread.run_sync(lambda: sorted(tmp_path.rglob("*"))):
        if await anyio.Path(path).is_file():
            canaries.said.append((await anyio.Path(path).read_bytes()).decode("latin-1"))
    assert len(canaries.planted) >= 100
    assert len(canaries.logged.getvalue().splitlines()) > 100
    assert canaries.found() == []


async def test_a_secret_that_is_said_is_found_out(canaries: Canaries) -> None:
    plain = canaries.new()
    LOG.info("it is %s", plain)  # no secret by its looks, and nobody said that it is one
    assert canaries.found() == [plain]
    assert SecretStr(plain).get_secret_value() == plain

"""What is opened and started with the app, and ended with it; it answers nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import anyio
from anyio import to_thread
from anyio.abc import TaskGroup

from headwater.app.admission import Admission
from headwater.app.claims import ClaimNames
from headwater.app.code_keeper import CodeKeeper
from headwater.app.control import Control
from headwater.app.failed_keys import FailedKeys
from headwater.app.feed import Feed
from headwater.app.health import Health
from headwater.app.identities import Identities
from headwater.app.job_worker import JobWorker
from headwater.app.known_items import KnownItems
from headwater.app.noticing import Noticer
from headwater.app.parts import Parts
from headwater.app.post import Post
from headwater.app.posting import Poster
from headwater.app.rooms import Halls
from headwater.app.run_writer import RunWriter
from headwater.app.settings import Settings, local_zone
from headwater.app.under_way import UnderWay
from headwater.app.vector_keeper import VectorKeeper
from headwater.app.wiring import Stores, open_stores, shipped_packs
from headwater.app.wiring_services import (
    loop_watch,
    open_jobs,
    open_post,
    open_telemetry,
    open_tokens,
)
from headwater.composing.preparing import prepare
from headwater.engine.call import Caller
from headwater.engine.journal import Outlet
from headwater.engine.model_planner import ModelPlanner
from headwater.engine.reaper import Reaper
from headwater.engine.versions_lease import LeasedVersions
from headwater.errors import UsageError
from headwater.ports.jobs import Jobs
from headwater.ports.telemetry import Telemetry
from headwater.toolkit.registry import Pack, Registry

ENDS_S = 1.0
"""Seconds for the runs under way to be cancelled when the app closes."""
CLOSE_S = 5.0
"""Seconds for the last events to be written when the app closes."""


@asynccontextmanager
async def lifespan(url: str, packs: Sequence[Pack], settings: Settings) -> AsyncIterator[Parts]:
    """Open the stores, start the background tasks, and end both in the opposite order."""
    async with open_stores(url, settings) as stores, open_jobs(url, settings) as jobs:
        group = anyio.create_task_group()
        parts = await _assemble(stores, packs, settings, jobs=jobs, group=group)
        raised: Exception | None = None
        async with group:
            _start(parts, group)
            try:
                yield parts
            except Exception as error:  # noqa: BLE001 (raised below, not in a group's wrapping)
                raised = error
            finally:
                await _end(parts)  # noqa: ASYNC102 (shielded and bounded in there)
                group.cancel_scope.cancel()
        if raised is not None:
            raise raised


async def _assemble(
    stores: Stores,
    packs: Sequence[Pack],
    settings: Settings,
    *,
    jobs: Jobs | None,
    group: TaskGroup,
) -> Parts:
    """Make everything that lives as long as the app; nothing of it runs yet."""
    post = await open_post(settings, jobs=jobs)
    registry = await _registry(stores, packs, settings, post=post)
    telemetry = await to_thread.run_sync(open_telemetry, settings)
    versions, outlet, under_way = LeasedVersions(stores.versions), Outlet(), UnderWay()
    reaper, lag = Reaper(group), loop_watch() if settings.watch_loop else None
    policies: dict[str, Any] = {"limits": settings.limits, "telemetry": telemetry}
    policies |= {"versions": versions, "lease": versions}
    caller = Caller(registry, cache=stores.cache, reaper=reaper, **policies)
    writer = _writer(outlet, stores, settings, telemetry=telemetry)
    numbered: dict[str, Any] = {
        "caller": caller,
        "reaper": reaper,
        "outlet": outlet,
        "writer": writer,
        "telemetry": telemetry,
    }
    admission = Admission(settings, stores.rates)
    gauged = (admission,) if lag is None else (admission, lag)
    return Parts(
        **numbered,
        lag=lag,
        health=Health(stores, gauged=gauged, **numbered),
        versions=versions,
        feed=Feed(outlet, stores.hub, writer),
        under_way=under_way,
        control=Control(stores.hub, under_way),
        admission=admission,
        post=post,
        jobs=jobs,
        **await _over_stores(stores, settings, caller=caller, versions=versions, group=group),
    )


async def _over_stores(
    stores: Stores,
    settings: Settings,
    *,
    caller: Caller,
    versions: LeasedVersions,
    group: TaskGroup,
) -> dict[str, Any]:
    """Return the stores, the settings, and what stands over both and is of no run."""
    hurry: dict[str, Any] = {"hub": stores.hub, "versions": versions, "group": group}
    return {
        "stores": stores,
        "settings": settings,
        "zone": await to_thread.run_sync(local_zone),
        "identities": await _identities(stores, settings),
        "halls": Halls(stores.activities, stores.rooms, **hurry),
        "keeper": CodeKeeper(stores.code.kept.repositories, caller, every_s=settings.github_sync_s),
        "known_items": KnownItems(stores.inventory, stores.versions),
        "planner": _planner(stores, settings),
    }


def _planner(stores: Stores, settings: Settings) -> ModelPlanner | None:
    """Return what has plans proposed by a model, where that is wanted.

    Raises:
        UsageError: `settings.bad` where no model is set.
    """
    if settings.llm_planner == "off":
        return None
    if stores.llm is None or not stores.llm.models:
        message = (
            f"HEADWATER_LLM_PLANNER={settings.llm_planner} needs a language model: set "
            "HEADWATER_LLM_URL and HEADWATER_LLM_MODELS, or leave it out"
        )
        raise UsageError(message, code="settings.bad")
    return ModelPlanner(stores.llm, always=settings.llm_planner == "always")


async def _registry(
    stores: Stores, packs: Sequence[Pack], settings: Settings, *, post: Post
) -> Registry:
    """Return all tools, and load what they compute with where that is wanted."""
    if settings.prepare:  # now, for a question's time is its asker's
        await to_thread.run_sync(prepare)
    shipped = await to_thread.run_sync(shipped_packs)
    return Registry([*shipped, *packs], {**stores.supplies, **post.supplies})


def _writer(
    outlet: Outlet, stores: Stores, settings: Settings, *, telemetry: Telemetry
) -> RunWriter:
    return RunWriter(
        outlet,
        stores.run_log,
        keep=timedelta(days=settings.runs_keep_days),
        keep_count=settings.runs_keep_count,
        telemetry=telemetry,
    )


def _start(parts: Parts, group: TaskGroup) -> None:
    """Start the background tasks."""
    group.start_soon(parts.writer.work, name="run writer")
    group.start_soon(parts.identities.work, name="identities")
    group.start_soon(parts.identities.revocations.work, name="revoked keys")
    group.start_soon(parts.feed.work, name="run feed")
    group.start_soon(parts.control.work, name="run control")
    group.start_soon(parts.stores.rooms.work, name="rooms")
    group.start_soon(parts.keeper.work, name="repositories")
    if parts.settings.vectors == "astra":
        group.start_soon(_vector_keeper(parts).work, name="vectors")
    if parts.jobs is not None:
        group.start_soon(JobWorker(parts, parts.jobs).work, name="job worker")
        _start_post(parts, group)
    if parts.lag is not None:
        group.start_soon(parts.lag.watch, name="loop watch")


def _vector_keeper(parts: Parts) -> VectorKeeper:
    stores = parts.stores
    return VectorKeeper(stores.vectors, stores.embedder, stores.keys, tenant=parts.settings.tenant)


def _start_post(parts: Parts, group: TaskGroup) -> None:
    """Start what makes notices, and what sends them, where jobs are done and not only kept."""
    if not parts.settings.jobs_at_once:
        return
    post, work = parts.post, parts.stores.work
    noticer = Noticer(work, post.outbox, mails=post.mailer is not None)
    group.start_soon(noticer.work, name="noticer")
    poster = Poster(
        post.outbox,
        parts.under_way,
        mailer=post.mailer,
        courier=post.courier,
        webhooks=work.webhooks,
        sealer=post.sealer,
    )
    group.start_soon(poster.work, name="poster")


async def _end(parts: Parts) -> None:
    """End the runs under way, and write what they left."""
    parts.under_way.stopping = True
    parts.under_way.cancel_all(by="a client that was closed")
    with anyio.move_on_after(ENDS_S, shield=True):
        await parts.under_way.idle()
    parts.caller.threads.close()
    with anyio.CancelScope(deadline=anyio.current_time() + CLOSE_S, shield=True):
        await parts.writer.flush()
        await to_thread.run_sync(parts.telemetry.close)


async def _identities(stores: Stores, settings: Settings) -> Identities:
    return Identities(
        stores.keys,
        await to_thread.run_sync(open_tokens, settings),
        secret=settings.key_digest_secret,
        names=ClaimNames(
            tenant=settings.jwt_tenant_claim,
            role=settings.jwt_role_claim,
            otherwise=settings.tenant,
            leeway_s=settings.jwt_leeway_s,
        ),
        failures=FailedKeys(stores.rates, most=settings.failed_keys),
    )

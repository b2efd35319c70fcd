"""What is opened and started with the app, and ended with it; it answers nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta, tzinfo

import anyio
from anyio import to_thread

from headwater.app.admission import Admission
from headwater.app.claims import ClaimNames
from headwater.app.control import Control
from headwater.app.feed import Feed
from headwater.app.health import Health
from headwater.app.identities import Identities
from headwater.app.run_writer import RunWriter
from headwater.app.settings import Settings, local_zone
from headwater.app.under_way import UnderWay
from headwater.app.wiring import Stores, loop_watch, open_stores, open_telemetry, shipped_packs
from headwater.composing.preparing import prepare
from headwater.engine.call import Caller
from headwater.engine.journal import Outlet
from headwater.engine.reaper import Reaper
from headwater.engine.versions_lease import LeasedVersions
from headwater.toolkit.registry import Pack, Registry

ENDS_S = 1.0
"""Seconds for the runs under way to be cancelled when the app closes."""
CLOSE_S = 5.0
"""Seconds for the last events to be written when the app closes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Everything that lives as long as the app."""

    stores: Stores
    versions: LeasedVersions
    caller: Caller
    reaper: Reaper
    outlet: Outlet
    writer: RunWriter
    settings: Settings
    zone: tzinfo
    health: Health
    under_way: UnderWay
    control: Control
    admission: Admission
    identities: Identities


@asynccontextmanager
async def lifespan(url: str, packs: Sequence[Pack], settings: Settings) -> AsyncIterator[Parts]:
    """Open the stores, start the background tasks, and end both in the opposite order."""
    async with open_stores(url, settings) as stores:
        shipped = await to_thread.run_sync(shipped_packs)
        zone = await to_thread.run_sync(local_zone)
        if settings.prepare:  # now, for a question's time is its asker's
            await to_thread.run_sync(prepare)
        telemetry = await to_thread.run_sync(open_telemetry, settings)
        registry = Registry([*shipped, *packs], stores.supplies)
        versions = LeasedVersions(stores.versions)
        caller = Caller(
            registry,
            cache=stores.cache,
            versions=versions,
            limits=settings.limits,
            telemetry=telemetry,
        )
        outlet = Outlet()
        writer = RunWriter(
            outlet,
            stores.run_log,
            keep=timedelta(days=settings.runs_keep_days),
            keep_count=settings.runs_keep_count,
            telemetry=telemetry,
        )
        raised: Exception | None = None
        async with anyio.create_task_group() as group:
            group.start_soon(writer.work, name="run writer")
            under_way = UnderWay()
            control = Control(stores.hub, under_way)
            group.start_soon(control.work, name="run control")
            group.start_soon(Feed(outlet, stores.hub, writer).work, name="run feed")
            reaper, lag = Reaper(group), loop_watch() if settings.watch_loop else None
            if lag is not None:
                group.start_soon(lag.watch, name="loop watch")
            try:
                yield Parts(
                    stores=stores,
                    versions=versions,
                    caller=caller,
                    reaper=reaper,
                    outlet=outlet,
                    writer=writer,
                    settings=settings,
                    zone=zone,
                    health=Health(
                        stores,
                        caller=caller,
                        reaper=reaper,
                        outlet=outlet,
                        writer=writer,
                        telemetry=telemetry,
                        lag=lag,
                    ),
                    under_way=under_way,
                    control=control,
                    admission=Admission(settings),
                    identities=identities_of(stores, settings),
                )
            except Exception as error:  # noqa: BLE001 (raised below, not in a group's wrapping)
                raised = error
            finally:
                under_way.stopping = True
                under_way.cancel_all(by="a client that was closed")
                with anyio.move_on_after(ENDS_S, shield=True):
                    await under_way.idle()
                caller.threads.close()
                with anyio.CancelScope(deadline=anyio.current_time() + CLOSE_S, shield=True):
                    await writer.flush()
                    await to_thread.run_sync(telemetry.close)
                group.cancel_scope.cancel()
        if raised is not None:
            raise raised


def identities_of(stores: Stores, settings: Settings) -> Identities:
    """Return what tells who a credential belongs to."""
    return Identities(stores.keys, None, secret=settings.key_digest_secret, names=ClaimNames())

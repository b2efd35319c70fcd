"""How events reach whoever follows runs, in any replica: behind the run, in batches.

It keeps none: what a follower misses is read from the run log.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import anyio

from headwater.analysis.sizes import fits, room_left
from headwater.app.run_writer import RunWriter
from headwater.engine.journal import Outlet, shallow, write_out
from headwater.errors import HeadwaterError
from headwater.model.event import Event
from headwater.model.principal import Principal
from headwater.policy.permissions import sees_all
from headwater.ports.hub import Hub

LOG = logging.getLogger(__name__)
GATHER_S = 0.05
"""How long events gather before they are told."""
PUBLISH_S = 2.0
"""Seconds for one message; a hub that takes longer loses it."""
MOST_CHARS = 24_000
"""A larger event is told without its data, which is read from the run log."""
MOST_EVENTS = 50
MESSAGE_CHARS = 48_000
LAST = "run.answered"
STORED = "stored"
"""The key that stands for the data of an event that has to be read from the run log."""
ONLY = "only"
"""The key that names who alone, beside admins, may hear of an event."""


def channel_of(tenant: str) -> str:
    """Return the channel on which the events of a tenant's runs are told."""
    return f"runs:{tenant}"


class Feed:
    """The app's background task that tells the hub what the journals put into the outlet.

    Args:
        outlet: Where events wait.
        hub: Where they are told.
        writer: Writes what is too large to tell, before it is referred to.
    """

    def __init__(self, outlet: Outlet, hub: Hub, writer: RunWriter) -> None:
        self._outlet = outlet
        self._hub = hub
        self._writer = writer
        self.faults = 0

    async def work(self) -> None:
        """Tell what gathers, until cancelled."""
        while True:
            await self._outlet.something_live()
            await anyio.sleep(GATHER_S)
            await self.publish()

    async def publish(self) -> None:
        """Tell everything that waits to those tenants' channels to which somebody may listen."""
        by_tenant: dict[str, list[tuple[Event, str | None]]] = {}
        for (tenant, only), event in self._outlet.take_live():
            by_tenant.setdefault(tenant, []).append((event, only))
        for tenant, events in by_tenant.items():
            if self._hub.heard(channel_of(tenant)):
                told = [encode(event, only=only) for event, only in events]
                await self._tell(channel_of(tenant), told)

    async def _tell(self, channel: str, events: list[dict[str, Any]]) -> None:
        if any(STORED in event or event["kind"] == LAST for event in events):
            await self._writer.flush()  # whoever hears of it may read it at once
        try:
            for batch in batches(events):
                with anyio.fail_after(PUBLISH_S):
                    await self._hub.publish(channel, {"events": batch})
        except (HeadwaterError, TimeoutError) as error:
            self.faults += 1
            LOG.warning("%d events were not told to %s: %s", len(events), channel, error)


def encode(event: Event, *, only: str | None = None) -> dict[str, Any]:
    """Return an event as plain JSON, with who `only` may hear of it.

    `stored` stands in place of data too large to be told.
    """
    told = shallow(write_out(event)) | ({} if only is None else {ONLY: only})
    if not fits(told["data"], MOST_CHARS):
        del told["data"]
        told[STORED] = True
    return told


def decode(message: Mapping[str, Any], *, principal: Principal) -> Iterator[tuple[Event, bool]]:
    """Give the events of a message that someone may hear of.

    Each comes with whether its data has to be read from the log.
    """
    for told in message.get("events", ()):
        if told.get(ONLY, principal.name) != principal.name and not sees_all(principal.roles):
            continue
        fields = {name: value for name, value in told.items() if name not in {STORED, ONLY}}
        yield Event(**fields), STORED in told


def batches(events: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Give the events in lists that each fit into a message."""
    batch: list[dict[str, Any]] = []
    room = MESSAGE_CHARS
    for event in events:
        room = room_left(event, room)
        if batch and (len(batch) >= MOST_EVENTS or room < 0):
            yield batch
            batch, room = [], room_left(event, MESSAGE_CHARS)
        batch.append(event)
    if batch:
        yield batch

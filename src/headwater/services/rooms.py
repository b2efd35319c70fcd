"""How rooms hear of what was done: by the hub, behind the writer, in batches; it keeps nothing.

What is lost on the way is no harm: whoever listens finds the hole in `seq` and reads it.
"""

from __future__ import annotations

import json
import logging
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import fields
from datetime import datetime
from typing import Any

import anyio

from headwater.errors import HeadwaterError
from headwater.model.activity import Activity
from headwater.model.principal import Principal
from headwater.model.room import Told
from headwater.ports.hub import Hub

LOG = logging.getLogger(__name__)
GATHER_S = 0.01
"""How long activities gather before they are sent."""
PUBLISH_S = 2.0
"""Seconds for one message; a hub that takes longer loses it."""
MOST_WAITING = 10_000
"""Activities that wait to be sent; beyond, the oldest go, and are read by whoever misses them."""
MOST_CHARS = 24_000
"""A larger activity is told by its place alone, and read."""
MESSAGE_CHARS = 48_000
NAMES = tuple(one.name for one in fields(Activity))
PLACE = tuple(one.name for one in fields(Told) if one.name != "activity")


class HubRooms:
    """Tells rooms by a hub; `work` has to run meanwhile.

    Args:
        hub: Reaches every replica.
    """

    def __init__(self, hub: Hub) -> None:
        self.faults = 0
        """How many times not everyone was reached."""
        self._hub = hub
        self._waiting: deque[Activity] = deque(maxlen=MOST_WAITING)
        self._news: anyio.Event | None = None

    async def tell(self, activities: Sequence[Activity], *, principal: Principal) -> None:
        """Tell what was done, after its commit; it never raises and never waits for a hub."""
        self._waiting.extend(one for one in activities if one.tenant == principal.tenant)
        if self._news is not None:
            self._news.set()

    @asynccontextmanager
    async def listen(
        self, *, principal: Principal
    ) -> AsyncIterator[AsyncIterator[Sequence[Told] | None]]:
        """Hear what is told in the principal's tenant, from when the block is entered.

        None stands for some that were lost. Whoever hears has to check who may be told.

        Raises:
            StoreFault: `hub.unreachable`.
        """
        channel = channel_of(principal.tenant)
        async with self._hub.listen(channel) as messages, aclosing(_heard(messages)) as heard:
            yield heard

    async def work(self) -> None:
        """Send what was told, until cancelled."""
        while True:
            self._news = anyio.Event()
            if not self._waiting:
                await self._news.wait()
            await anyio.sleep(GATHER_S)
            await self.send()

    async def send(self) -> None:
        """Send everything that waits to those tenants of whom somebody may listen."""
        by_tenant: dict[str, list[Activity]] = {}
        while self._waiting:
            one = self._waiting.popleft()
            by_tenant.setdefault(one.tenant, []).append(one)
        for tenant, activities in by_tenant.items():
            if self._hub.heard(channel_of(tenant)):
                await self._publish(channel_of(tenant), activities)

    async def _publish(self, channel: str, activities: Iterable[Activity]) -> None:
        try:
            for batch in batches(map(encode, activities)):
                with anyio.fail_after(PUBLISH_S):
                    await self._hub.publish(channel, {"told": batch})
        except (HeadwaterError, TimeoutError) as error:
            self.faults += 1
            LOG.warning("not every replica is told of what was done: %s", error)


async def _heard(
    messages: AsyncIterator[Mapping[str, Any]],
) -> AsyncGenerator[Sequence[Told] | None]:
    async for message in messages:
        yield None if "hub" in message else [decode(one) for one in message.get("told", ())]


def channel_of(tenant: str) -> str:
    """Return the channel on which a tenant's rooms are told."""
    return f"rooms:{tenant}"


def encode(activity: Activity) -> str:
    """Return an activity as JSON; its place alone where it is too large to be told."""
    told = {name: getattr(activity, name) for name in NAMES}
    told |= {"at": activity.at.isoformat(), "changes": dict(activity.changes)}
    text = json.dumps(told, default=str)
    if len(text) > MOST_CHARS:
        return json.dumps({name: told[name] for name in PLACE})
    return text


def decode(told: Mapping[str, Any]) -> Told:
    """Return what was told."""
    place = {name: told[name] for name in PLACE}
    if "at" not in told:
        return Told(**place)
    at = datetime.fromisoformat(told["at"])
    activity = Activity(**{**{name: told[name] for name in NAMES}, "at": at})
    return Told(**place, activity=activity)


def batches(told: Iterable[str]) -> Iterator[list[dict[str, Any]]]:
    """Give what is told in lists that each fit into a message."""
    batch: list[dict[str, Any]] = []
    room = MESSAGE_CHARS
    for one in told:
        if batch and len(one) > room:
            yield batch
            batch, room = [], MESSAGE_CHARS
        batch.append(json.loads(one))
        room -= len(one)
    if batch:
        yield batch

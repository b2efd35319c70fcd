"""How a run is ended by somebody at another replica: orders come by the hub; it gives none."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import anyio

from headwater.app.under_way import UnderWay
from headwater.errors import HeadwaterError
from headwater.ports.hub import Hub

LOG = logging.getLogger(__name__)
CONTROL = "control"
"""The channel of orders `{do, run, tenant, by}`."""
AGAIN_S = 1.0
"""Seconds before listening again to a hub that was not reached."""


class Control:
    """The app's background task that obeys orders for the runs of this process.

    Args:
        hub: Where orders come from.
        under_way: The runs of this process.
    """

    def __init__(self, hub: Hub, under_way: UnderWay) -> None:
        self._hub = hub
        self._under_way = under_way
        self.faults = 0

    async def work(self) -> None:
        """Obey what is ordered, until cancelled."""
        while True:
            try:
                async with self._hub.listen(CONTROL) as orders:
                    async for order in orders:
                        self.obey(order)
            except HeadwaterError as error:
                self.faults += 1
                LOG.warning("no orders reach the runs of this process: %s", error)
            await anyio.sleep(AGAIN_S)

    def obey(self, order: Mapping[str, Any]) -> bool:
        """End a run as it was ordered; tell whether that run is under way here."""
        run_id, tenant = str(order.get("run")), str(order.get("tenant"))
        if order.get("do") == "cancel":
            return self._under_way.cancel(run_id, tenant=tenant, by=str(order.get("by")))
        if order.get("do") == "finish":
            return self._under_way.finish(run_id, tenant=tenant)
        return False

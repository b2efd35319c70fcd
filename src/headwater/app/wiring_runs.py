"""Who stands behind what runs leave in SQL: the log, what models cost, the hub and its rooms."""

from __future__ import annotations

from typing import Any

from headwater.ports.hub import Hub


def runs_in_sql(runs: Any, hub: Hub) -> dict[str, Any]:
    """Return the adapters by the names that the table of the wiring has for them."""
    from headwater.services.rooms import HubRooms
    from headwater.stores.sql.run_log import SqlRunLog
    from headwater.stores.sql.spending import SqlSpending

    return {
        "run_log": SqlRunLog(runs),
        "spending": SqlSpending(runs),
        "hub": hub,
        "rooms": HubRooms(hub),
    }

"""What the inside needs to know that data changed; it keeps no data itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from headwater.model.principal import Principal


class Versions(Protocol):
    """A number for each port of the estate, raised in every transaction that writes its data."""

    async def current(self, *, principal: Principal) -> Mapping[str, int]:
        """Return the tenant's numbers by port.

        These are inventory, relations, metrics, history, rules, documents, vectors and work. A port
        never written has 0. Relations and samples of an item also depend on inventory. Those of
        work (teams, projects, workitems, sessions, activities) rise with work and inventory alike.
        """
        ...

"""Which items of a tenant can be found in texts: read once for each state of the inventory.

It finds none itself.
"""

from __future__ import annotations

import anyio
from anyio import to_thread

from headwater.analysis.item_names import ItemNames
from headwater.model.principal import Principal
from headwater.ports.inventory import Inventory
from headwater.ports.versions import Versions

PAGE = 5_000
MOST_ITEMS = 200_000
"""Items whose codes and names are looked for; of a larger estate the first ones by id."""
MOST_TENANTS = 4


class KnownItems:
    """The codes and names of each tenant's items, kept until the inventory changes.

    Args:
        inventory: Where the items are.
        versions: What tells whether they changed.
    """

    def __init__(self, inventory: Inventory, versions: Versions) -> None:
        self._inventory = inventory
        self._versions = versions
        self._held: dict[str, tuple[int, ItemNames]] = {}
        self._reading = anyio.Lock()

    async def names(self, *, principal: Principal) -> ItemNames:
        """Return what finds a tenant's items in a text."""
        current = await self._versions.current(principal=principal)
        version = current.get("inventory", 0)
        async with self._reading:
            held = self._held.get(principal.tenant)
            if held is not None and held[0] == version:
                return held[1]
            names = await self._read(principal)
            while len(self._held) >= MOST_TENANTS:
                self._held.pop(next(iter(self._held)))
            self._held[principal.tenant] = (version, names)
            return names

    async def _read(self, principal: Principal) -> ItemNames:
        names, after, count = ItemNames(), 0, 0
        while count < MOST_ITEMS:
            page = await self._inventory.batch(after, limit=PAGE, principal=principal)
            if not page:
                break
            after, count = page[-1].id, count + len(page)
            pairs = [(item.code, item.name) for item in page]
            await to_thread.run_sync(_add, names, pairs)
        return names


def _add(names: ItemNames, pairs: list[tuple[str, str]]) -> None:
    for code, name in pairs:
        names.add(code, name)

"""Which items ids and codes stand for, and which stand for none; it guesses nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from headwater.errors import LimitError
from headwater.model.item import ConfigurationItem, ItemRef
from headwater.model.principal import Principal
from headwater.model.query import Filter, ItemQuery
from headwater.packs.arguments import described
from headwater.ports.inventory import Inventory

PAGE = 500
MAX_ITEMS = 10_000


@dataclass(frozen=True, slots=True)
class Named:
    """The items that were named, each once in the order given, and the names of none."""

    items: list[ConfigurationItem] = field(default_factory=list)
    unknown: list[ItemRef] = field(default_factory=list)

    @property
    def ids(self) -> tuple[int, ...]:
        """Return the items' ids."""
        return tuple(item.id for item in self.items)

    @property
    def requested(self) -> int:
        """Count the different items asked for, those that are not there included."""
        return len(self.items) + len(self.unknown)

    @property
    def note(self) -> str:
        """Say which names are not in the estate, for evidence; empty where all are."""
        return f"; not in the estate: {described(self.unknown)}" if self.unknown else ""


async def find_named(
    refs: Sequence[ItemRef], *, inventory: Inventory, principal: Principal
) -> Named:
    """Return the items of these ids and codes; a few queries however many there are.

    Text that is no item's code but a whole number is read as an id.
    """
    codes = list(dict.fromkeys(ref for ref in refs if isinstance(ref, str)))
    by_code = await _by_code(codes, inventory=inventory, principal=principal)
    ids = [number for ref in refs if (number := _as_id(ref, by_code)) is not None]
    by_id: dict[int, ConfigurationItem] = {}
    for start in range(0, len(ids), PAGE):
        found = await inventory.get_many(ids[start : start + PAGE], principal=principal)
        by_id.update((item.id, item) for item in found)
    items: dict[int, ConfigurationItem] = {}
    unknown: dict[ItemRef, None] = {}
    for ref in refs:
        number = _as_id(ref, by_code)
        item = by_code.get(str(ref)) if number is None else by_id.get(number)
        if item is None:
            unknown[ref] = None
        else:
            items[item.id] = item
    return Named(list(items.values()), list(unknown))


async def find_filtered(
    filters: Sequence[Filter],
    *,
    inventory: Inventory,
    principal: Principal,
    limit: int = MAX_ITEMS,
) -> Named:
    """Return all items that match the filters.

    Raises:
        LimitError: `limit.items` where there are more than `limit`.
    """
    items: list[ConfigurationItem] = []
    cursor: str | None = None
    while True:
        query = ItemQuery(filters=tuple(filters), limit=PAGE, cursor=cursor)
        page = await inventory.search(query, principal=principal)
        if page.total > limit:
            message = f"the filters match {page.total} items, at most {limit}; narrow them"
            raise LimitError(message, code="limit.items")
        items += page.items
        cursor = page.next_cursor
        if cursor is None:
            return Named(items)


async def _by_code(
    codes: list[str], *, inventory: Inventory, principal: Principal
) -> dict[str, ConfigurationItem]:
    found: dict[str, ConfigurationItem] = {}
    for start in range(0, len(codes), PAGE):
        some = codes[start : start + PAGE]
        query = ItemQuery(filters=(Filter("code", "in", some),), limit=len(some))
        page = await inventory.search(query, principal=principal)
        found.update((item.code, item) for item in page.items)
    return found


def _as_id(ref: ItemRef, by_code: dict[str, ConfigurationItem]) -> int | None:
    """Return the id that a name may be: a number, or digits that are no item's code."""
    if isinstance(ref, int):
        return ref
    if ref in by_code or not (ref.isascii() and ref.isdigit()) or len(ref) > len(str(2**63)):
        return None
    number = int(ref)
    return number if number < 2**63 else None

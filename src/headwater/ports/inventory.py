"""What the inside needs of an inventory of configuration items; it stores none itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from headwater.model.item import (
    Candidate,
    ConfigurationItem,
    GroupTable,
    ItemPage,
    ItemRecord,
    ItemRef,
)
from headwater.model.load import LoadCount, Rows
from headwater.model.principal import Principal
from headwater.model.query import GroupQuery, ItemQuery


class Inventory(Protocol):
    """Configuration items of a tenant; deleted ones never appear."""

    async def get(self, ref: ItemRef, *, principal: Principal) -> ConfigurationItem | None:
        """Return the item with this id (a whole number) or code (text), or None.

        Text that is no item's code but a whole number is read as an id.
        """
        ...

    async def get_many(
        self, ids: Sequence[int], *, principal: Principal
    ) -> list[ConfigurationItem]:
        """Return the items with these ids, in the order given; unknown ids are left out."""
        ...

    async def search(self, query: ItemQuery, *, principal: Principal) -> ItemPage:
        """Return a page of the items that match, with the true total.

        Raises:
            UsageError: a field, operator, sort or cursor that is not allowed, by name.
            StoreFault: `store.no_text_index` where `query.text` is index and there is none.
        """
        ...

    async def aggregate(self, query: GroupQuery, *, principal: Principal) -> GroupTable:
        """Count items by groups, as a brute-force recount would.

        Raises:
            UsageError: a field or operator that is not allowed, by name.
        """
        ...

    async def candidates(self, term: str, *, limit: int, principal: Principal) -> list[Candidate]:
        """Return items that a term may mean, best first.

        Scores: exact code 1.0, exact name 0.95 (both also without regard to case), prefix of
        code or name 0.8, full text 0.7, and below 0.7 by similarity (fuzzy).
        """
        ...

    async def vocabulary(self, *, principal: Principal) -> list[Candidate]:
        """Return the distinct types, owners, locations, tag values and the like in use.

        Each says how many items carry it (`count`) and under which field (`key`).
        `kind` is type, subtype, category, status, criticality, owner, location or tag; `key` is
        the filter field (such as `type` or `tags.team`); at most 5,000, the most used first.
        """
        ...

    async def batch(
        self, after_id: int, *, limit: int, principal: Principal
    ) -> list[ConfigurationItem]:
        """Return up to `limit` items with an id above `after_id`, by id: one page of an export."""
        ...

    async def load(
        self, rows: Rows[ItemRecord], *, replace: bool, principal: Principal
    ) -> LoadCount:
        """Add and update items by code, all or nothing; `replace` removes those not in `rows`."""
        ...

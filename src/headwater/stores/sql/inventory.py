"""Which configuration items there are, in SQL; it keeps neither relations nor samples."""

from __future__ import annotations

from collections.abc import Sequence

import anyio
from sqlalchemy import Connection, bindparam

from headwater.analysis.filtering import WHOLE
from headwater.analysis.records import text_problem
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
from headwater.stores.sql.database import Database
from headwater.stores.sql.item_candidates import LargeEstates, find_candidates
from headwater.stores.sql.item_groups import count_groups
from headwater.stores.sql.item_load import load_items
from headwater.stores.sql.item_pages import find_page
from headwater.stores.sql.item_rows import LIVING, item_of, items_by_id
from headwater.stores.sql.plain_rows import all_rows
from headwater.stores.sql.tables import item
from headwater.stores.sql.versions import version_of
from headwater.stores.sql.vocabulary import count_words

VOCABULARIES = 16
"""Tenants whose vocabulary is kept until their inventory changes."""

_BY_ID = LIVING.where(item.c.id == bindparam("ci"))
_BY_CODE = LIVING.where(item.c.code == bindparam("code"))
_ABOVE = LIVING.where(item.c.id > bindparam("ci")).order_by(item.c.id).limit(bindparam("page_rows"))


class SqlInventory:
    """Configuration items of a tenant; deleted ones never appear."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._vocabularies: dict[str, tuple[int, list[Candidate]]] = {}
        self._counting = anyio.Lock()
        self._large = LargeEstates()

    async def get(self, ref: ItemRef, *, principal: Principal) -> ConfigurationItem | None:
        """Return the item with this id (a whole number) or code (text), or None."""

        def work(connection: Connection) -> ConfigurationItem | None:
            return _get(connection, ref, principal=principal)

        return await self._database.read(work, tenant=principal.tenant)

    async def get_many(
        self, ids: Sequence[int], *, principal: Principal
    ) -> list[ConfigurationItem]:
        """Return the items with these ids, in the order given; unknown ids are left out."""

        def work(connection: Connection) -> list[ConfigurationItem]:
            return items_by_id(connection, ids, principal=principal)

        return await self._database.read(work, tenant=principal.tenant)

    async def search(self, query: ItemQuery, *, principal: Principal) -> ItemPage:
        """Return a page of the items that match, with the true total.

        Raises:
            UsageError: a field, operator, sort or cursor that is not allowed, by name.
            StoreFault: `store.no_text_index` where `query.text` is index and there is none.
        """

        def work(connection: Connection) -> ItemPage:
            return find_page(connection, query, principal=principal)

        return await self._database.read(work, tenant=principal.tenant)

    async def aggregate(self, query: GroupQuery, *, principal: Principal) -> GroupTable:
        """Count items by groups, as a brute-force recount would.

        Raises:
            UsageError: a field or operator that is not allowed, by name.
        """

        def work(connection: Connection) -> GroupTable:
            return count_groups(connection, query, principal=principal)

        return await self._database.read(work, tenant=principal.tenant)

    async def candidates(self, term: str, *, limit: int, principal: Principal) -> list[Candidate]:
        """Return items that a term may mean, best first, then by code.

        Of very common words and in large estates, only some thousands of neighbours are weighed.
        """

        def work(connection: Connection) -> list[Candidate]:
            return find_candidates(
                connection, term, limit=limit, large=self._large, principal=principal
            )

        return await self._database.read(work, tenant=principal.tenant)

    async def vocabulary(self, *, principal: Principal) -> list[Candidate]:
        """Return the distinct words in use with how many items carry each, the most used first."""
        found = await self._words(principal, count=False)
        if found is None:
            # Counting looks at every item: of those who ask at once one does, the others read it.
            async with self._counting:
                found = await self._words(principal, count=True)
        return list(found or ())

    async def _words(self, principal: Principal, *, count: bool) -> list[Candidate] | None:
        """Return the words that are kept where they are of now, else None or those counted now."""
        known = self._vocabularies.get(principal.tenant)

        def work(connection: Connection) -> tuple[int, list[Candidate]] | None:
            version = version_of(connection, "inventory", principal=principal)
            if known is not None and known[0] == version:
                return known
            return (version, count_words(connection, principal=principal)) if count else None

        found = await self._database.read(work, tenant=principal.tenant)
        if found is None:
            return None
        self._vocabularies.pop(principal.tenant, None)
        self._vocabularies[principal.tenant] = found
        while len(self._vocabularies) > VOCABULARIES:
            del self._vocabularies[next(iter(self._vocabularies))]
        return found[1]

    async def batch(
        self, after_id: int, *, limit: int, principal: Principal
    ) -> list[ConfigurationItem]:
        """Return up to `limit` items with an id above `after_id`, by id: one page of an export."""

        def work(connection: Connection) -> list[ConfigurationItem]:
            values = {
                "tenant": principal.tenant,
                "ci": after_id,
                "page_rows": min(max(limit, 0), 2**40),
            }
            return [item_of(row) for row in connection.execute(_ABOVE, values)]

        return await self._database.read(work, tenant=principal.tenant)

    async def load(
        self, rows: Rows[ItemRecord], *, replace: bool, principal: Principal
    ) -> LoadCount:
        """Add and update items by code, all or nothing; a deleted one comes back as itself."""

        def work(connection: Connection) -> LoadCount:
            return load_items(connection, rows, replace=replace, principal=principal)

        return await self._database.load(work, tenant=principal.tenant)


def _get(connection: Connection, ref: ItemRef, *, principal: Principal) -> ConfigurationItem | None:
    if isinstance(ref, str):
        if text_problem(ref):
            return None
        values = {"tenant": principal.tenant, "code": ref}
        rows = all_rows(connection, _BY_CODE, values)
        if rows:
            return item_of(rows[0])
        if not (ref.isascii() and ref.isdigit()):
            return None
        ref = int(ref[:20])
    if ref not in WHOLE:
        return None
    rows = all_rows(connection, _BY_ID, {"tenant": principal.tenant, "ci": ref})
    return item_of(rows[0]) if rows else None

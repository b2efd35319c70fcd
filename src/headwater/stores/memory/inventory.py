"""Which configuration items there are, in memory; it keeps neither relations nor samples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace as altered

from anyio.lowlevel import checkpoint

from headwater.analysis.filtering import find_column
from headwater.analysis.paging import Values, read_cursor, write_cursor
from headwater.analysis.records import item_problem
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
from headwater.model.query import GroupQuery, ItemQuery, Sort
from headwater.stores.memory.estate import Items, MemoryEstate, Tenant, now, watched
from headwater.stores.memory.grouping import count_groups
from headwater.stores.memory.matching import candidates_for, has_keywords
from headwater.stores.memory.ordering import follows, ordered
from headwater.stores.memory.selection import field_of, select

WORDS = ("type", "subtype", "category", "status", "criticality", "owner", "location")
MAX_WORDS = 5_000


class MemoryInventory:
    """Configuration items of a tenant; deleted ones never appear."""

    def __init__(self, estate: MemoryEstate) -> None:
        self._estate = estate

    async def get(self, ref: ItemRef, *, principal: Principal) -> ConfigurationItem | None:
        """Return the item with this id (a whole number) or code (text), or None."""
        await checkpoint()
        items = self._estate.of(principal).items
        ci = ref if isinstance(ref, int) else items.live_id(ref)
        if ci is None and isinstance(ref, str) and ref.isascii() and ref.isdigit():
            ci = int(ref[:20])
        item = None if ci is None else items.live(ci)
        return item and _shown(item)

    async def get_many(
        self, ids: Sequence[int], *, principal: Principal
    ) -> list[ConfigurationItem]:
        """Return the items with these ids, in the order given; unknown ids are left out."""
        await checkpoint()
        items = self._estate.of(principal).items
        return [_shown(item) for ci in ids if (item := items.live(ci))]

    async def search(self, query: ItemQuery, *, principal: Principal) -> ItemPage:
        """Return a page of the items that match, with the true total.

        Raises:
            UsageError: a field, operator, sort or cursor that is not allowed, by name.
        """
        await checkpoint()
        columns = [find_column(each.field) for each in query.sort]
        after = None if query.cursor is None else read_cursor(query.cursor, query.sort)
        found = select(self._estate.of(principal).items, query.ids, query.filters)
        found = ordered([item for item in found if has_keywords(item, query)], query.sort)
        rest = found[query.offset :]
        if after is not None:
            rest = [item for item in found if follows(_place(item, query.sort), after, query.sort)]
        page = rest[: max(query.limit, 0)]
        more = len(rest) > len(page)
        end = tuple(field_of(page[-1], column) for column in columns) if page else ()
        return ItemPage(
            items=[_shown(item) for item in page],
            total=len(found),
            limit=query.limit,
            offset=query.offset,
            truncated=more,
            next_cursor=write_cursor(query.sort, (*end, page[-1].id)) if more and page else None,
        )

    async def aggregate(self, query: GroupQuery, *, principal: Principal) -> GroupTable:
        """Count items by groups.

        Raises:
            UsageError: a field or operator that is not allowed, by name.
        """
        await checkpoint()
        chosen = select(self._estate.of(principal).items, query.ci_ids, query.filters)
        return count_groups(chosen, query)

    async def candidates(self, term: str, *, limit: int, principal: Principal) -> list[Candidate]:
        """Return items that a term may mean, best first."""
        await checkpoint()
        return candidates_for(term, self._estate.of(principal).items.every())[: max(limit, 0)]

    async def vocabulary(self, *, principal: Principal) -> list[Candidate]:
        """Return the distinct words in use with how many items carry each, the most used first."""
        await checkpoint()
        used: Counter[tuple[str, str]] = Counter()
        for item in self._estate.of(principal).items.every():
            used.update((word, text) for word in WORDS if (text := getattr(item, word)) is not None)
            used.update((f"tags.{key}", text) for key, text in item.tags.items())
        first = sorted(used.items(), key=lambda each: (-each[1], each[0]))[:MAX_WORDS]
        return [
            Candidate(
                kind="tag" if key.startswith("tags.") else key,
                term=name,
                score=1.0,
                match="word",
                name=name,
                key=key,
                count=count,
            )
            for (key, name), count in first
        ]

    async def batch(
        self, after_id: int, *, limit: int, principal: Principal
    ) -> list[ConfigurationItem]:
        """Return up to `limit` items with an id above `after_id`, by id: one page of an export."""
        await checkpoint()
        items = sorted(self._estate.of(principal).items.every(), key=lambda item: item.id)
        return [_shown(item) for item in items if item.id > after_id][:limit]

    async def load(
        self, rows: Rows[ItemRecord], *, replace: bool, principal: Principal
    ) -> LoadCount:
        """Add and update items by code, all or nothing; a deleted one comes back as itself."""

        def work(tenant: Tenant) -> LoadCount:
            return self._load(tenant, rows, replace=replace)

        return await self._estate.write("inventory", work, principal=principal)

    def _load(self, tenant: Tenant, rows: Rows[ItemRecord], *, replace: bool) -> LoadCount:
        old = tenant.items
        items = Items(by_id=dict(old.by_id), ids=dict(old.ids), deleted=set(old.deleted))
        seen: set[int] = set()
        added = changed = 0
        for line, record in watched(rows):
            if problem := item_problem(record):
                rows.bad(line, problem)
                continue
            ci = items.ids.get(record.code) or self._estate.next_id("inventory")
            held = items.by_id.get(ci)
            item = _stored(record, ci, held)
            is_new = held is None or ci in items.deleted
            added += is_new
            changed += not is_new and item is not held
            items.by_id[ci] = item
            items.ids[record.code] = ci
            items.deleted.discard(ci)
            seen.add(ci)
        unseen = items.by_id.keys() - seen - items.deleted if replace else set()
        gone = {ci for ci in unseen if items.owned(ci, rows.scope)}
        items.deleted |= gone
        tenant.items = items
        return LoadCount(read=rows.read, added=added, changed=changed, removed=len(gone))


def _stored(record: ItemRecord, ci: int, held: ConfigurationItem | None) -> ConfigurationItem:
    at = now()
    fields = {name: deepcopy(getattr(record, name)) for name in ItemRecord.__slots__}
    item = ConfigurationItem(
        id=ci, created_at=held.created_at if held else at, updated_at=at, **fields
    )
    same = held is not None and altered(item, updated_at=held.updated_at) == held
    return held if held is not None and same else item


def _shown(item: ConfigurationItem) -> ConfigurationItem:
    return altered(item, tags=dict(item.tags), attributes=deepcopy(item.attributes))


def _place(item: ConfigurationItem, sorts: Sequence[Sort]) -> Values:
    return (*(field_of(item, find_column(each.field)) for each in sorts), item.id)

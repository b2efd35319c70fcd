"""How is a stream of items written? In chunks, within one transaction; unchanged rows stay.

It reads no file. The tags and the text index follow each item.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, update

from headwater.analysis.instants import to_us
from headwater.analysis.records import canonical_json, item_problem
from headwater.model.item import ItemRecord
from headwater.model.load import LoadCount, Rows
from headwater.model.principal import Principal
from headwater.stores.sql.bulk_rows import insert_rows, new_ids
from headwater.stores.sql.database import check_wanted
from headwater.stores.sql.id_lists import among, listed
from headwater.stores.sql.phrase_index import item_phrase
from headwater.stores.sql.statistics import tell_planner
from headwater.stores.sql.tables import item, tag
from headwater.stores.sql.text_index import (
    add_words,
    drop_words,
    has_text_index,
    mark_behind,
    text_row,
)
from headwater.stores.sql.versions import raise_version

CHUNK_ROWS = 2_000
ROWS_BETWEEN_CHECKS = 500

_PLAIN = (
    "code", "name", "type", "subtype", "category", "status", "criticality", "owner", "location",
    "source", "source_key",
)  # fmt: skip
_FIELDS = (*_PLAIN, "tags", "attributes")
_INSERTED = ("id", "tenant_id", "created_at", "updated_at", *_FIELDS)
_plain = attrgetter(*_PLAIN)
_fields = attrgetter(*_FIELDS)
_OLD = select(item.c.id, item.c.deleted_at, *(item.c[name] for name in _FIELDS)).where(
    item.c.tenant_id == bindparam("tenant"), among(item.c.code, "codes")
)
_ANY = select(item.c.id).where(item.c.tenant_id == bindparam("tenant")).limit(1)
_LIVING = select(item.c.id, item.c.source).where(
    item.c.tenant_id == bindparam("tenant"), item.c.deleted_at.is_(None)
)
_UPDATE = (
    update(item)
    .where(item.c.id == bindparam("own_id"), item.c.tenant_id == bindparam("own_tenant"))
    .values({name: bindparam(name) for name in (*_FIELDS, "updated_at")} | {"deleted_at": None})
)
_REMOVE = (
    update(item)
    .where(item.c.id == bindparam("own_id"), item.c.tenant_id == bindparam("own_tenant"))
    .values(deleted_at=bindparam("removed_at"))
)
_UNTAG = delete(tag).where(
    tag.c.tenant_id == bindparam("own_tenant"), tag.c.ci_id == bindparam("own_id")
)


def load_items(
    connection: Connection, rows: Rows[ItemRecord], *, replace: bool, principal: Principal
) -> LoadCount:
    """Add and update items by code; `replace` removes those of the rows' scope not in them.

    Raises:
        UsageError: `load.bad_line`.
    """
    raise_version(connection, "inventory", principal=principal)
    load = _Load(connection, principal.tenant)
    chunk: dict[str, ItemRecord] = {}
    for number, (line, record) in enumerate(rows):
        if number % ROWS_BETWEEN_CHECKS == 0:
            check_wanted(connection)
        if problem := item_problem(record):
            rows.bad(line, problem)
            continue
        if record.code in chunk or len(chunk) >= CHUNK_ROWS:
            load.write(list(chunk.values()))
            chunk = {}
        chunk[record.code] = record
    load.write(list(chunk.values()))
    removed = load.remove_unseen(rows.scope) if replace else 0
    changed = load.added + load.changed + removed
    tell_planner(connection, item, tag, item_phrase, changed=changed)
    return LoadCount(read=rows.read, added=load.added, changed=load.changed, removed=removed)


@dataclass
class _Load:
    """What a load has done so far."""

    connection: Connection
    tenant: str
    added: int = 0
    changed: int = 0
    seen: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.at_us = to_us(datetime.now(UTC))
        values = {"tenant": self.tenant}
        self.was_empty = self.connection.execute(_ANY, values).first() is None
        self.codes: set[str] = set()
        self.indexed = has_text_index(self.connection)
        if not self.indexed:
            mark_behind(self.connection, self.tenant)

    def write(self, records: Sequence[ItemRecord]) -> None:
        """Write a chunk of records with different codes."""
        old = self._find_old(records)
        new = [each for each in records if each.code not in old]
        known = [each for each in records if each.code in old]
        self._insert(new)
        self._update([(old[each.code], each) for each in known if _differs(old[each.code], each)])
        self.seen.update(old[each.code][0] for each in known)

    def remove_unseen(self, scope: set[str] | None) -> int:
        """Delete, softly, the living items not seen, of the sources in scope; return how many."""
        living = self.connection.execute(_LIVING, {"tenant": self.tenant})
        gone = [
            ci
            for ci, source in living
            if ci not in self.seen and (scope is None or source in scope)
        ]
        for start in range(0, len(gone), CHUNK_ROWS):
            some = gone[start : start + CHUNK_ROWS]
            self._many(_REMOVE, [{**self._own(ci), "removed_at": self.at_us} for ci in some])
            self._forget_words(some)
        return len(gone)

    def _find_old(self, records: Sequence[ItemRecord]) -> dict[str, Any]:
        codes = [each.code for each in records]
        if self.was_empty:  # then only what this load brought can be there
            codes, new = [code for code in codes if code in self.codes], codes
            self.codes.update(new)
        if not codes:
            return {}
        values = {"tenant": self.tenant, "codes": listed(codes)}
        return {row.code: row for row in self.connection.execute(_OLD, values)}

    def _insert(self, records: Sequence[ItemRecord]) -> None:
        ids = new_ids(self.connection, item, len(records))
        numbered = list(zip(ids, records, strict=True))
        tenant, at_us = self.tenant, self.at_us
        rows = [
            (
                ci, tenant, at_us, at_us, *_plain(record),
                canonical_json(record.tags), canonical_json(record.attributes),
            )
            for ci, record in numbered
        ]  # fmt: skip
        insert_rows(self.connection, item, _INSERTED, rows=rows)
        self._add_words(numbered)
        self.seen.update(ci for ci, _ in numbered)
        self.added += len(numbered)

    def _update(self, pairs: Sequence[tuple[Any, ItemRecord]]) -> None:
        changed = [
            {**self._own(old.id), **_values(record), "updated_at": self.at_us}
            for old, record in pairs
        ]
        self._many(_UPDATE, changed)
        self._forget_words([old.id for old, _ in pairs])
        self._add_words([(old.id, record) for old, record in pairs])
        revived = sum(old.deleted_at is not None for old, _ in pairs)
        self.added += revived
        self.changed += len(pairs) - revived

    def _add_words(self, numbered: Sequence[tuple[int, ItemRecord]]) -> None:
        tags = [
            (self.tenant, ci, key, value)
            for ci, record in numbered
            for key, value in record.tags.items()
        ]
        insert_rows(self.connection, tag, ("tenant_id", "ci_id", "key", "value"), rows=tags)
        if self.indexed:
            texts = [
                text_row(ci, record.code, record.name, tags=record.tags) for ci, record in numbered
            ]
            add_words(self.connection, texts, tenant=self.tenant)

    def _forget_words(self, ids: Sequence[int]) -> None:
        self._many(_UNTAG, [self._own(ci) for ci in ids])
        if self.indexed:
            drop_words(self.connection, ids, tenant=self.tenant)

    def _own(self, ci: int) -> dict[str, Any]:
        return {"own_id": ci, "own_tenant": self.tenant}

    def _many(self, statement: Any, rows: list[dict[str, Any]]) -> None:
        if rows:
            self.connection.execute(statement, rows)


def _values(record: ItemRecord) -> dict[str, Any]:
    return dict(zip(_FIELDS, _fields(record), strict=True))


def _differs(old: Any, record: ItemRecord) -> bool:
    if old.deleted_at is not None:
        return True
    return tuple(old[2:]) != _fields(record)

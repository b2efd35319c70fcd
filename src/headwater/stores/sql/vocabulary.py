"""Which words does a tenant use for its items, and how often? It interprets none of them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select

from headwater.model.item import Candidate
from headwater.model.principal import Principal
from headwater.stores.sql.tables import item, tag

WORDS = ("type", "subtype", "category", "status", "criticality", "owner", "location")
MAX_WORDS = 5_000


def _of_column(name: str) -> Select[Any]:
    own, count = item.c[name], func.count()
    return (
        select(own, count)
        .where(item.c.tenant_id == bindparam("tenant"), item.c.deleted_at.is_(None))
        .where(own.is_not(None))
        .group_by(own)
        .order_by(count.desc(), own)
        .limit(MAX_WORDS)
    )


_OF_COLUMNS = {name: _of_column(name) for name in WORDS}
_OF_TAGS = (
    select(tag.c.key, tag.c.value, func.count())
    .where(tag.c.tenant_id == bindparam("tenant"))
    .group_by(tag.c.key, tag.c.value)
    .order_by(func.count().desc(), tag.c.key, tag.c.value)
    .limit(MAX_WORDS)
)


def count_words(connection: Connection, *, principal: Principal) -> list[Candidate]:
    """Return the words in use, the most used first, then by field and word; at most 5,000."""
    values = {"tenant": principal.tenant}
    used: list[tuple[str, str, int]] = [
        (name, row[0], row[1])
        for name, statement in _OF_COLUMNS.items()
        for row in connection.execute(statement, values)
    ]
    used += [
        (f"tags.{key}", word, count) for key, word, count in connection.execute(_OF_TAGS, values)
    ]
    used.sort(key=lambda each: (-each[2], each[0], each[1]))
    return [
        Candidate(
            kind="tag" if key.startswith("tags.") else key,
            term=word,
            score=1.0,
            match="word",
            name=word,
            key=key,
            count=count,
        )
        for key, word, count in used[:MAX_WORDS]
    ]

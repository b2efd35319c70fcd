"""Which table is there of webhooks? It is the estate's too; it runs none.

It stands beside those of `repository_tables.py`, which this module brings along.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Table

from headwater.stores.sql.column_types import Document, Instant, LongText, exact
from headwater.stores.sql.repository_tables import repository_link
from headwater.stores.sql.tables import NAME_CHARS, tenant
from headwater.stores.sql.work_tables import number

webhook = Table(
    "webhook",
    repository_link.metadata,
    number(),
    tenant(),
    Column("team_id", BigInteger, nullable=False),
    Column("project_id", BigInteger),
    Column("url", LongText, nullable=False),
    Column("kinds", Document, nullable=False),
    Column("about", exact(NAME_CHARS), nullable=False),
    Column("secrets", Document, nullable=False),
    Column("created_by", exact(NAME_CHARS), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("rotated_at", Instant),
    Index("ix_webhook_team", "tenant_id", "team_id", "id"),
    sqlite_autoincrement=True,
)
"""`secrets` are pairs: what is sealed, and until when it signs in microseconds, or null."""

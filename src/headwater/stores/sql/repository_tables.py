"""Which tables are there of repositories and credentials? They are the estate's too; it runs none.

They stand beside those of `tables.py` and `work_tables.py`, which this module brings along.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Table, UniqueConstraint

from headwater.stores.sql.column_types import Document, Instant, LongText, exact
from headwater.stores.sql.tables import NAME_CHARS, estate, tenant
from headwater.stores.sql.work_tables import REF_CHARS

SHORT_CHARS = 64

credential = Table(
    "credential",
    estate,
    tenant(primary_key=True),
    Column("name", exact(NAME_CHARS), primary_key=True),
    Column("kind", exact(16), nullable=False),
    Column("repositories", Document, nullable=False),
    Column("login", exact(NAME_CHARS)),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("made_by", exact(NAME_CHARS), nullable=False),
    Column("sealed", LongText, nullable=False),
)

repository_link = Table(
    "repository_link",
    estate,
    tenant(primary_key=True),
    Column("project_id", BigInteger, primary_key=True, autoincrement=False),
    Column("repository", exact(REF_CHARS), nullable=False),
    Column("credential", exact(NAME_CHARS)),
    Column("items", Document, nullable=False),
    Column("environments", Document, nullable=False),
    Column("pushes", Boolean, nullable=False),
    Column("hook", exact(SHORT_CHARS)),
    Column("linked_by", exact(NAME_CHARS), nullable=False),
    Column("linked_at", Instant, nullable=False),
    Column("page", BigInteger, nullable=False),
    Column("since", Instant),
    Column("tags", Document, nullable=False),
    Column("deployment", BigInteger, nullable=False),
    Column("synced_at", Instant),
    Column("problem", LongText),
)

repository_seen = Table(
    "repository_seen",
    estate,
    tenant(primary_key=True),
    Column("project_id", BigInteger, primary_key=True, autoincrement=False),
    Column("is_milestone", BigInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("item_id", BigInteger, nullable=False),
    Column("marks", Document, nullable=False),
)

repository_watch = Table(
    "repository_watch",
    estate,
    tenant(primary_key=True),
    Column("project_id", BigInteger, primary_key=True, autoincrement=False),
    Column("hook", exact(SHORT_CHARS)),
    Column("secret", LongText),
    Column("due_at", Instant, nullable=False),
    Column("claimed_until", Instant, nullable=False),
    UniqueConstraint("hook", name="uq_repository_watch_hook"),
    Index("ix_repository_watch_due", "due_at"),
)
"""Whose link is to be looked after, and whose a webhook is: outside every tenant's wall."""

delivery = Table(
    "delivery",
    estate,
    tenant(primary_key=True),
    Column("id", exact(SHORT_CHARS), primary_key=True),
    Column("project_id", BigInteger, nullable=False),
    Column("event", exact(SHORT_CHARS), nullable=False),
    Column("payload", LongText),
    Column("received_at", Instant, nullable=False),
    Column("handled_at", Instant),
    Column("tries", BigInteger, nullable=False),
    Index("ix_delivery_waiting", "tenant_id", "project_id", "handled_at", "received_at"),
)
"""What webhooks brought: once it is handled, its id alone is kept."""

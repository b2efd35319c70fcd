"""Which tables does an estate have? One portable schema for SQLite, PostgreSQL and MariaDB.

It runs nothing. Instants are whole microseconds since 1970 UTC; `tenant_id` leads every key. No
foreign keys: an item is deleted softly, so its relations and samples stay and are hidden.
An item's `deleted_at` is null while it lives. `tag` holds the tags of living items only.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    MetaData,
    Table,
    UniqueConstraint,
)

from headwater.stores.sql.column_types import Blob, Document, Id, Instant, LongText, exact

CODE_CHARS = 500
NAME_CHARS = 500
WORD_CHARS = 500
"""Types, statuses, owners, places, tag keys."""
VALUE_CHARS = 500
"""Tag values."""
TENANT_CHARS = 64
MODEL_CHARS = 100
DIGEST_CHARS = 64

estate = MetaData()


def tenant(*, primary_key: bool = False) -> Column[str]:
    """Make the column that says whose row it is."""
    return Column("tenant_id", exact(TENANT_CHARS), primary_key=primary_key, nullable=False)


item = Table(
    "configuration_item",
    estate,
    Column("id", Id, primary_key=True, autoincrement=True),
    tenant(),
    Column("deleted_at", Instant),
    Column("code", exact(CODE_CHARS), nullable=False),
    Column("name", exact(NAME_CHARS), nullable=False),
    Column("type", exact(WORD_CHARS), nullable=False),
    Column("subtype", exact(WORD_CHARS)),
    Column("category", exact(WORD_CHARS)),
    Column("status", exact(WORD_CHARS)),
    Column("criticality", exact(WORD_CHARS)),
    Column("owner", exact(WORD_CHARS)),
    Column("location", exact(WORD_CHARS)),
    Column("source", exact(WORD_CHARS)),
    Column("source_key", exact(CODE_CHARS)),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("tags", Document, nullable=False),
    Column("attributes", Document, nullable=False),
    UniqueConstraint("tenant_id", "code", name="uq_item_code"),
    Index("ix_item_live", "tenant_id", "deleted_at", "id"),
    Index("ix_item_name", "tenant_id", "deleted_at", "name", "id"),
    Index("ix_item_type", "tenant_id", "deleted_at", "type", "id"),
    Index("ix_item_status", "tenant_id", "deleted_at", "status", "id"),
    Index("ix_item_owner", "tenant_id", "deleted_at", "owner", "id"),
    Index("ix_item_location", "tenant_id", "deleted_at", "location", "id"),
)

tag = Table(
    "tag",
    estate,
    tenant(primary_key=True),
    Column("ci_id", BigInteger, primary_key=True, autoincrement=False),
    Column("key", exact(WORD_CHARS), primary_key=True),
    Column("value", exact(VALUE_CHARS), nullable=False),
    Index(
        "ix_tag_value",
        "tenant_id",
        "key",
        "value",
        "ci_id",
        mysql_length={"key": 200, "value": 200},
    ),
    sqlite_with_rowid=False,
)

relation = Table(
    "relation",
    estate,
    Column("id", Id, primary_key=True, autoincrement=True),
    tenant(),
    Column("source_id", BigInteger, nullable=False),
    Column("target_id", BigInteger, nullable=False),
    Column("type", exact(WORD_CHARS), nullable=False),
    Column("relation_key", exact(WORD_CHARS), nullable=False, server_default=""),
    Column("attributes", Document, nullable=False),
    UniqueConstraint(
        "tenant_id", "source_id", "target_id", "type", "relation_key", name="uq_relation"
    ),
    Index("ix_relation_out", "tenant_id", "source_id", "type", "target_id", "id"),
    Index("ix_relation_in", "tenant_id", "target_id", "type", "source_id", "id"),
)

metric = Table(
    "metric",
    estate,
    Column("id", Id, primary_key=True, autoincrement=True),
    tenant(),
    Column("name", exact(CODE_CHARS), nullable=False),
    Column("unit", exact(WORD_CHARS)),
    Column("kind", exact(16), nullable=False),
    UniqueConstraint("tenant_id", "name", name="uq_metric_name"),
)

series = Table(
    "series",
    estate,
    Column("id", Id, primary_key=True, autoincrement=True),
    tenant(),
    Column("metric_id", BigInteger, nullable=False),
    Column("ci_id", BigInteger, nullable=False),
    UniqueConstraint("tenant_id", "metric_id", "ci_id", name="uq_series"),
    Index("ix_series_ci", "tenant_id", "ci_id", "metric_id"),
)

sample = Table(
    "sample",
    estate,
    tenant(primary_key=True),
    Column("series_id", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, primary_key=True, autoincrement=False),
    Column("value", Float(53), nullable=False),
    sqlite_with_rowid=False,
)

history_entry = Table(
    "history_entry",
    estate,
    Column("id", Id, primary_key=True, autoincrement=True),
    tenant(),
    Column("ci_id", BigInteger, nullable=False),
    Column("kind", exact(WORD_CHARS), nullable=False),
    Column("at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("severity", exact(16)),
    Column("severity_rank", BigInteger),
    Column("title", LongText, nullable=False),
    Column("title_digest", exact(32), nullable=False),
    Column("summary", LongText),
    Column("actor", exact(WORD_CHARS)),
    Column("attributes", Document, nullable=False),
    UniqueConstraint("tenant_id", "ci_id", "kind", "at", "title_digest", name="uq_history_entry"),
    Index("ix_history_at", "tenant_id", "at", "id"),
    Index("ix_history_ci_at", "tenant_id", "ci_id", "at", "id"),
)

rule = Table(
    "rule",
    estate,
    Column("id", Id, primary_key=True, autoincrement=True),
    tenant(),
    Column("code", exact(CODE_CHARS), nullable=False),
    Column("name", exact(NAME_CHARS), nullable=False),
    Column("description", LongText),
    Column("severity", exact(16)),
    Column("enabled", Boolean, nullable=False),
    Column("trigger", Document, nullable=False),
    Column("attributes", Document, nullable=False),
    UniqueConstraint("tenant_id", "code", name="uq_rule_code"),
    Index("ix_rule_name", "tenant_id", "name", "id"),
)

document = Table(
    "document",
    estate,
    Column("id", Id, primary_key=True, autoincrement=True),
    tenant(),
    Column("source", exact(CODE_CHARS), nullable=False),
    Column("title", exact(NAME_CHARS), nullable=False),
    Column("media_type", exact(WORD_CHARS), nullable=False),
    Column("version", exact(WORD_CHARS), nullable=False),
    Column("tags", Document, nullable=False),
    Column("items", Document, nullable=False),
    Column("passages", BigInteger, nullable=False),
    Column("pages", BigInteger),
    Column("unread_pages", Document, nullable=False),
    Column("images", BigInteger, nullable=False),
    Column("at", Instant, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    UniqueConstraint("tenant_id", "source", name="uq_document_source"),
    Index("ix_document_updated", "tenant_id", "updated_at", "id"),
    sqlite_autoincrement=True,
)

passage = Table(
    "passage",
    estate,
    Column("id", Id, primary_key=True, autoincrement=True),
    tenant(),
    Column("document_id", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("section", LongText, nullable=False),
    Column("page", BigInteger),
    Column("first_char", BigInteger, nullable=False),
    Column("end_char", BigInteger, nullable=False),
    Column("text", LongText, nullable=False),
    Index("ix_passage_document", "tenant_id", "document_id", "position"),
    Index("ix_passage_id", "tenant_id", "id"),
    sqlite_autoincrement=True,
)
"""An id is never given twice, so whoever keeps some knows the new ones by their ids."""

passage_item = Table(
    "passage_item",
    estate,
    tenant(primary_key=True),
    Column("code", exact(CODE_CHARS), primary_key=True),
    Column("passage_id", BigInteger, primary_key=True, autoincrement=False),
    Column("is_named", BigInteger, nullable=False),
    Index("ix_passage_item_passage", "tenant_id", "passage_id"),
    sqlite_with_rowid=False,
)
"""`is_named` is 1 where the passage itself names the item, 0 where only its document does."""

passage_words = Table(
    "passage_words",
    estate,
    tenant(primary_key=True),
    Column("passage_id", BigInteger, primary_key=True, autoincrement=False),
    Column("document_id", BigInteger, nullable=False),
    Column("length", BigInteger, nullable=False),
    Column("words", Blob, nullable=False),
)

passage_vector = Table(
    "passage_vector",
    estate,
    Column("id", Id, primary_key=True, autoincrement=True),
    tenant(),
    Column("model", exact(MODEL_CHARS), nullable=False),
    Column("passage_id", BigInteger, nullable=False),
    Column("document_id", BigInteger, nullable=False),
    Column("vector", Blob, nullable=False),
    UniqueConstraint("tenant_id", "passage_id", "model", name="uq_passage_vector"),
    Index("ix_passage_vector_id", "tenant_id", "model", "id"),
    sqlite_autoincrement=True,
)

embedding = Table(
    "embedding",
    estate,
    tenant(primary_key=True),
    Column("model", exact(MODEL_CHARS), primary_key=True),
    Column("digest", exact(DIGEST_CHARS), primary_key=True),
    Column("kept_at", Instant, nullable=False),
    Column("vector", Blob, nullable=False),
    Index("ix_embedding_kept", "tenant_id", "kept_at"),
)

data_version = Table(
    "data_version",
    estate,
    tenant(primary_key=True),
    Column("port", exact(32), primary_key=True),
    Column("number", BigInteger, nullable=False),
)

tenants = Table(
    "tenant",
    estate,
    tenant(primary_key=True),
    Column("created_at", Instant, nullable=False),
    sqlite_with_rowid=False,
)

api_key = Table(
    "api_key",
    estate,
    Column("id", exact(32), primary_key=True),
    tenant(),
    Column("name", exact(NAME_CHARS), nullable=False),
    Column("role", exact(16), nullable=False),
    Column("digest", exact(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("revoked_at", Instant),
    UniqueConstraint("digest", name="uq_api_key_digest"),
    Index("ix_api_key_tenant", "tenant_id", "created_at", "id"),
    sqlite_with_rowid=False,
)

OUTSIDE = frozenset({"tenant", "api_key", "run_owner", "activity_due", "repository_watch"})
"""Tables outside every tenant's wall: looked up to know a tenant, or for all of them."""

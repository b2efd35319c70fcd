"""Documents, their passages, and what these are found by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from headwater.stores.sql.column_types import Blob, Document, Id, LongText, exact

revision = "estate_0003"
down_revision = "estate_0002"


def upgrade() -> None:
    """Make the tables."""
    _make_document()
    _make_passage()
    _make_passage_item()
    _make_passage_words()
    _make_passage_vector()
    _make_embedding()


def _make_document() -> None:
    op.create_table(
        "document",
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("tenant_id", exact(64), nullable=False),
        sa.Column("source", exact(500), nullable=False),
        sa.Column("title", exact(500), nullable=False),
        sa.Column("media_type", exact(500), nullable=False),
        sa.Column("version", exact(500), nullable=False),
        sa.Column("tags", Document, nullable=False),
        sa.Column("items", Document, nullable=False),
        sa.Column("passages", sa.BigInteger(), nullable=False),
        sa.Column("pages", sa.BigInteger()),
        sa.Column("unread_pages", Document, nullable=False),
        sa.Column("images", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("tenant_id", "source", name="uq_document_source"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_document_updated", "document", ["tenant_id", "updated_at", "id"])


def _make_passage() -> None:
    op.create_table(
        "passage",
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("tenant_id", exact(64), nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("section", LongText, nullable=False),
        sa.Column("page", sa.BigInteger()),
        sa.Column("first_char", sa.BigInteger(), nullable=False),
        sa.Column("end_char", sa.BigInteger(), nullable=False),
        sa.Column("text", LongText, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_passage_document", "passage", ["tenant_id", "document_id", "position"])
    op.create_index("ix_passage_id", "passage", ["tenant_id", "id"])


def _make_passage_item() -> None:
    op.create_table(
        "passage_item",
        sa.Column("tenant_id", exact(64), primary_key=True),
        sa.Column("code", exact(500), primary_key=True),
        sa.Column("passage_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("is_named", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_passage_item_passage", "passage_item", ["tenant_id", "passage_id"])


def _make_passage_words() -> None:
    op.create_table(
        "passage_words",
        sa.Column("tenant_id", exact(64), primary_key=True),
        sa.Column("passage_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("words", Blob, nullable=False),
    )


def _make_passage_vector() -> None:
    op.create_table(
        "passage_vector",
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("tenant_id", exact(64), nullable=False),
        sa.Column("model", exact(100), nullable=False),
        sa.Column("passage_id", sa.BigInteger(), nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("vector", Blob, nullable=False),
        sa.UniqueConstraint("tenant_id", "passage_id", "model", name="uq_passage_vector"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_passage_vector_id", "passage_vector", ["tenant_id", "model", "id"])


def _make_embedding() -> None:
    op.create_table(
        "embedding",
        sa.Column("tenant_id", exact(64), primary_key=True),
        sa.Column("model", exact(100), primary_key=True),
        sa.Column("digest", exact(64), primary_key=True),
        sa.Column("kept_at", sa.BigInteger(), nullable=False),
        sa.Column("vector", Blob, nullable=False),
    )
    op.create_index("ix_embedding_kept", "embedding", ["tenant_id", "kept_at"])

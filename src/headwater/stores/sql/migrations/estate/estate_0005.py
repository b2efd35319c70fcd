"""Repositories: credentials, links of projects, what was seen there, what came from there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from headwater.stores.sql.column_types import Document, LongText, exact

revision = "estate_0005"
down_revision = "estate_0004"


def upgrade() -> None:
    """Make the tables."""
    _make_credential()
    _make_repository_link()
    _make_repository_seen()
    _make_repository_watch()
    _make_delivery()


def _make_credential() -> None:
    op.create_table(
        "credential",
        sa.Column("tenant_id", exact(64), primary_key=True),
        sa.Column("name", exact(500), primary_key=True),
        sa.Column("kind", exact(16), nullable=False),
        sa.Column("repositories", Document, nullable=False),
        sa.Column("login", exact(500)),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger()),
        sa.Column("made_by", exact(500), nullable=False),
        sa.Column("sealed", LongText, nullable=False),
    )


def _make_repository_link() -> None:
    op.create_table(
        "repository_link",
        sa.Column("tenant_id", exact(64), primary_key=True),
        sa.Column("project_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("repository", exact(400), nullable=False),
        sa.Column("credential", exact(500)),
        sa.Column("items", Document, nullable=False),
        sa.Column("environments", Document, nullable=False),
        sa.Column("pushes", sa.Boolean(), nullable=False),
        sa.Column("hook", exact(64)),
        sa.Column("linked_by", exact(500), nullable=False),
        sa.Column("linked_at", sa.BigInteger(), nullable=False),
        sa.Column("page", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.BigInteger()),
        sa.Column("tags", Document, nullable=False),
        sa.Column("deployment", sa.BigInteger(), nullable=False),
        sa.Column("synced_at", sa.BigInteger()),
        sa.Column("problem", LongText),
    )


def _make_repository_seen() -> None:
    op.create_table(
        "repository_seen",
        sa.Column("tenant_id", exact(64), primary_key=True),
        sa.Column("project_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("is_milestone", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("marks", Document, nullable=False),
    )


def _make_repository_watch() -> None:
    op.create_table(
        "repository_watch",
        sa.Column("tenant_id", exact(64), primary_key=True),
        sa.Column("project_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("hook", exact(64)),
        sa.Column("secret", LongText),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("claimed_until", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("hook", name="uq_repository_watch_hook"),
    )
    op.create_index("ix_repository_watch_due", "repository_watch", ["due_at"])


def _make_delivery() -> None:
    op.create_table(
        "delivery",
        sa.Column("tenant_id", exact(64), primary_key=True),
        sa.Column("id", exact(64), primary_key=True),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("event", exact(64), nullable=False),
        sa.Column("payload", LongText),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("handled_at", sa.BigInteger()),
        sa.Column("tries", sa.BigInteger(), nullable=False),
    )
    op.create_index(
        "ix_delivery_waiting", "delivery", ["tenant_id", "project_id", "handled_at", "received_at"]
    )

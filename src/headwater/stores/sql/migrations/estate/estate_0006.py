"""Webhooks of teams."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from headwater.stores.sql.column_types import Document, Id, LongText, exact

revision = "estate_0006"
down_revision = "estate_0005"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "webhook",
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("tenant_id", exact(64), nullable=False),
        sa.Column("team_id", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.BigInteger()),
        sa.Column("url", LongText, nullable=False),
        sa.Column("kinds", Document, nullable=False),
        sa.Column("about", exact(500), nullable=False),
        sa.Column("secrets", Document, nullable=False),
        sa.Column("created_by", exact(500), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("rotated_at", sa.BigInteger()),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_webhook_team", "webhook", ["tenant_id", "team_id", "id"])

"""Tenants, the default one among them, and keys."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from headwater.stores.sql.column_types import exact

revision = "estate_0002"
down_revision = "estate_0001"


def upgrade() -> None:
    """Make the tables, and the tenant that is always there."""
    tenant = op.create_table(
        "tenant",
        sa.Column("tenant_id", exact(64), primary_key=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    now_us = round(datetime.now(UTC).timestamp() * 1_000_000)
    op.bulk_insert(tenant, [{"tenant_id": "default", "created_at": now_us}])
    op.create_table(
        "api_key",
        sa.Column("id", exact(32), primary_key=True),
        sa.Column("tenant_id", exact(64), nullable=False),
        sa.Column("name", exact(500), nullable=False),
        sa.Column("role", exact(16), nullable=False),
        sa.Column("digest", exact(64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger()),
        sa.Column("revoked_at", sa.BigInteger()),
        sa.UniqueConstraint("digest", name="uq_api_key_digest"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_api_key_tenant", "api_key", ["tenant_id", "created_at", "id"])

"""The run log's first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from headwater.stores.sql.column_types import Document, LongText, exact

revision = "runs_0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    _make_run()
    _make_run_event()


def _make_run() -> None:
    op.create_table(
        "run",
        sa.Column("tenant_id", exact(64), primary_key=True),
        sa.Column("run_id", exact(64), primary_key=True),
        sa.Column("principal", exact(200), nullable=False),
        sa.Column("kind", exact(32), nullable=False),
        sa.Column("text", LongText, nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("budget_s", sa.Float(53), nullable=False),
        sa.Column("status", exact(16)),
        sa.Column("summary", LongText),
        sa.Column("elapsed_s", sa.Float(53)),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_run_asked", "run", ["tenant_id", "asked_at", "run_id"])


def _make_run_event() -> None:
    op.create_table(
        "run_event",
        sa.Column("tenant_id", exact(64), primary_key=True),
        sa.Column("run_id", exact(64), primary_key=True),
        sa.Column("seq", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("offset_s", sa.Float(53), nullable=False),
        sa.Column("kind", exact(64), nullable=False),
        sa.Column("where", exact(100), nullable=False),
        sa.Column("step", exact(200)),
        sa.Column("data", Document, nullable=False),
        sqlite_with_rowid=False,
    )

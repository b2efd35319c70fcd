"""What language models have cost each tenant, by day and by run."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from headwater.stores.sql.column_types import exact

revision = "runs_0004"
down_revision = "runs_0003"
COUNTS = (
    "requests",
    "input_tokens",
    "output_tokens",
    "reserved_tokens",
    "micros",
    "reserved_micros",
)


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "model_spending",
        sa.Column("tenant_id", exact(64), primary_key=True),
        sa.Column("scope", exact(64), primary_key=True),
        sa.Column("day", exact(10), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in COUNTS),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_model_spending_day", "model_spending", ["tenant_id", "day"])

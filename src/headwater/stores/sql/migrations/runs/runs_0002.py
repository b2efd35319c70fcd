"""Whose each run is, to be found by its id alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from headwater.stores.sql.column_types import exact

revision = "runs_0002"
down_revision = "runs_0001"


def upgrade() -> None:
    """Make the look-up, of the runs that are there."""
    op.create_table(
        "run_owner",
        sa.Column("run_id", exact(64), primary_key=True),
        sa.Column("tenant", exact(64), primary_key=True),
        sqlite_with_rowid=False,
    )
    op.execute("INSERT INTO run_owner (run_id, tenant) SELECT run_id, tenant_id FROM run")

"""The run log's first tables."""

from __future__ import annotations

from alembic import op

from headwater.stores.sql.run_tables import runs

revision = "runs_0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    runs.create_all(op.get_bind(), checkfirst=False)

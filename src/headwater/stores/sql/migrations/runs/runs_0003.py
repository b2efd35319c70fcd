"""Which runs only their asker and admins see."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "runs_0003"
down_revision = "runs_0002"


def upgrade() -> None:
    """Mark the runs that are there as everybody's in their tenant."""
    private: sa.Column[bool] = sa.Column(
        "private", sa.Boolean(), nullable=False, server_default=sa.false()
    )
    op.add_column("run", private)

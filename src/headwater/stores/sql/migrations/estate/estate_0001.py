"""The estate's first tables."""

from __future__ import annotations

from alembic import op

from headwater.stores.sql.tables import estate

revision = "estate_0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    estate.create_all(op.get_bind(), checkfirst=False)

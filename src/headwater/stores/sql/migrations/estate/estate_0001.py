"""The estate's first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from headwater.stores.sql.column_types import Document, Id, LongText, exact

revision = "estate_0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    _make_configuration_item()
    _make_tag()
    _make_relation()
    _make_metric()
    _make_series()
    _make_sample()
    _make_history_entry()
    _make_rule()
    _make_data_version()


def _make_configuration_item() -> None:
    op.create_table(
        "configuration_item",
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("tenant_id", exact(64), nullable=False),
        sa.Column("deleted_at", sa.BigInteger()),
        sa.Column("code", exact(500), nullable=False),
        sa.Column("name", exact(500), nullable=False),
        sa.Column("type", exact(500), nullable=False),
        sa.Column("subtype", exact(500)),
        sa.Column("category", exact(500)),
        sa.Column("status", exact(500)),
        sa.Column("criticality", exact(500)),
        sa.Column("owner", exact(500)),
        sa.Column("location", exact(500)),
        sa.Column("source", exact(500)),
        sa.Column("source_key", exact(500)),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("tags", Document, nullable=False),
        sa.Column("attributes", Document, nullable=False),
        sa.UniqueConstraint("tenant_id", "code", name="uq_item_code"),
    )
    op.create_index("ix_item_live", "configuration_item", ["tenant_id", "deleted_at", "id"])
    op.create_index(
        "ix_item_location", "configuration_item", ["tenant_id", "deleted_at", "location", "id"]
    )
    op.create_index("ix_item_name", "configuration_item", ["tenant_id", "deleted_at", "name", "id"])
    op.create_index(
        "ix_item_owner", "configuration_item", ["tenant_id", "deleted_at", "owner", "id"]
    )
    op.create_index(
        "ix_item_status", "configuration_item", ["tenant_id", "deleted_at", "status", "id"]
    )
    op.create_index("ix_item_type", "configuration_item", ["tenant_id", "deleted_at", "type", "id"])


def _make_tag() -> None:
    op.create_table(
        "tag",
        sa.Column("tenant_id", exact(64), primary_key=True),
        sa.Column("ci_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("key", exact(500), primary_key=True),
        sa.Column("value", exact(500), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_tag_value",
        "tag",
        ["tenant_id", "key", "value", "ci_id"],
        mysql_length={"key": 200, "value": 200},
    )


def _make_relation() -> None:
    op.create_table(
        "relation",
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("tenant_id", exact(64), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("target_id", sa.BigInteger(), nullable=False),
        sa.Column("type", exact(500), nullable=False),
        sa.Column("relation_key", exact(500), nullable=False, server_default=""),
        sa.Column("attributes", Document, nullable=False),
        sa.UniqueConstraint(
            "tenant_id", "source_id", "target_id", "type", "relation_key", name="uq_relation"
        ),
    )
    op.create_index(
        "ix_relation_in", "relation", ["tenant_id", "target_id", "type", "source_id", "id"]
    )
    op.create_index(
        "ix_relation_out", "relation", ["tenant_id", "source_id", "type", "target_id", "id"]
    )


def _make_metric() -> None:
    op.create_table(
        "metric",
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("tenant_id", exact(64), nullable=False),
        sa.Column("name", exact(500), nullable=False),
        sa.Column("unit", exact(500)),
        sa.Column("kind", exact(16), nullable=False),
        sa.UniqueConstraint("tenant_id", "name", name="uq_metric_name"),
    )


def _make_series() -> None:
    op.create_table(
        "series",
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("tenant_id", exact(64), nullable=False),
        sa.Column("metric_id", sa.BigInteger(), nullable=False),
        sa.Column("ci_id", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("tenant_id", "metric_id", "ci_id", name="uq_series"),
    )
    op.create_index("ix_series_ci", "series", ["tenant_id", "ci_id", "metric_id"])


def _make_sample() -> None:
    op.create_table(
        "sample",
        sa.Column("tenant_id", exact(64), primary_key=True),
        sa.Column("series_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("value", sa.Float(53), nullable=False),
        sqlite_with_rowid=False,
    )


def _make_history_entry() -> None:
    op.create_table(
        "history_entry",
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("tenant_id", exact(64), nullable=False),
        sa.Column("ci_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", exact(500), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("severity", exact(16)),
        sa.Column("severity_rank", sa.BigInteger()),
        sa.Column("title", LongText, nullable=False),
        sa.Column("title_digest", exact(32), nullable=False),
        sa.Column("summary", LongText),
        sa.Column("actor", exact(500)),
        sa.Column("attributes", Document, nullable=False),
        sa.UniqueConstraint(
            "tenant_id", "ci_id", "kind", "at", "title_digest", name="uq_history_entry"
        ),
    )
    op.create_index("ix_history_at", "history_entry", ["tenant_id", "at", "id"])
    op.create_index("ix_history_ci_at", "history_entry", ["tenant_id", "ci_id", "at", "id"])


def _make_rule() -> None:
    op.create_table(
        "rule",
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("tenant_id", exact(64), nullable=False),
        sa.Column("code", exact(500), nullable=False),
        sa.Column("name", exact(500), nullable=False),
        sa.Column("description", LongText),
        sa.Column("severity", exact(16)),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("trigger", Document, nullable=False),
        sa.Column("attributes", Document, nullable=False),
        sa.UniqueConstraint("tenant_id", "code", name="uq_rule_code"),
    )
    op.create_index("ix_rule_name", "rule", ["tenant_id", "name", "id"])


def _make_data_version() -> None:
    op.create_table(
        "data_version",
        sa.Column("tenant_id", exact(64), primary_key=True),
        sa.Column("port", exact(32), primary_key=True),
        sa.Column("number", sa.BigInteger(), nullable=False),
    )

"""Teams, projects, items of work, sessions, and what was done in them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from headwater.stores.sql.column_types import Document, Id, LongText, exact

revision = "estate_0004"
down_revision = "estate_0003"


def upgrade() -> None:
    """Make the tables."""
    _make_team()
    _make_team_member()
    _make_team_invitation()
    _make_project()
    _make_work_item()
    _make_work_ci()
    _make_work_dependency()
    _make_work_session()
    _make_work_session_person()
    _make_work_session_run()
    _make_work_session_note()
    _make_activity()
    _make_activity_due()


def _make_team() -> None:
    op.create_table(
        "team",
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("tenant_id", exact(64), nullable=False),
        sa.Column("deleted_at", sa.BigInteger()),
        sa.Column("name", exact(500), nullable=False),
        sa.Column("description", LongText),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_team_live", "team", ["tenant_id", "deleted_at", "id"])


def _make_team_member() -> None:
    op.create_table(
        "team_member",
        sa.Column("tenant_id", exact(64), primary_key=True),
        sa.Column("team_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("person", exact(500), primary_key=True),
        sa.Column("role", exact(16), nullable=False),
        sa.Column("email", exact(320)),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_team_member_person", "team_member", ["tenant_id", "person", "team_id"])


def _make_team_invitation() -> None:
    op.create_table(
        "team_invitation",
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("tenant_id", exact(64), nullable=False),
        sa.Column("team_id", sa.BigInteger(), nullable=False),
        sa.Column("code", exact(64), nullable=False),
        sa.Column("role", exact(16), nullable=False),
        sa.Column("email", exact(320)),
        sa.Column("uses", sa.BigInteger(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger()),
        sa.UniqueConstraint("tenant_id", "code", name="uq_team_invitation_code"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_team_invitation_team", "team_invitation", ["tenant_id", "team_id", "id"])


def _make_project() -> None:
    op.create_table(
        "project",
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("tenant_id", exact(64), nullable=False),
        sa.Column("team_id", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger()),
        sa.Column("name", exact(500), nullable=False),
        sa.Column("description", LongText),
        sa.Column("status", exact(16), nullable=False),
        sa.Column("tags", Document, nullable=False),
        sa.Column("repository", exact(400)),
        sa.Column("constraints", Document, nullable=False),
        sa.Column("leaves", sa.BigInteger(), nullable=False),
        sa.Column("finished", sa.BigInteger(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_project_team", "project", ["tenant_id", "team_id", "deleted_at", "id"])


def _make_work_item() -> None:
    op.create_table(
        "work_item",
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("tenant_id", exact(64), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger()),
        sa.Column("parent_id", sa.BigInteger()),
        sa.Column("kind", exact(16), nullable=False),
        sa.Column("title", exact(500), nullable=False),
        sa.Column("description", LongText),
        sa.Column("own_status", exact(16), nullable=False),
        sa.Column("status", exact(16), nullable=False),
        sa.Column("priority", sa.BigInteger(), nullable=False),
        sa.Column("assignee", exact(500)),
        sa.Column("due", exact(10)),
        sa.Column("blocker", LongText),
        sa.Column("runs", Document, nullable=False),
        sa.Column("documents", Document, nullable=False),
        sa.Column("issue", exact(400)),
        sa.Column("pull_request", exact(400)),
        sa.Column("became", sa.BigInteger()),
        sa.Column("children", sa.BigInteger(), nullable=False),
        sa.Column("leaves", sa.BigInteger(), nullable=False),
        sa.Column("finished", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sqlite_autoincrement=True,
    )
    _index_work_item()


def _index_work_item() -> None:
    op.create_index(
        "ix_work_item_assignee",
        "work_item",
        ["tenant_id", "assignee", "deleted_at", "priority", "id"],
    )
    op.create_index("ix_work_item_issue", "work_item", ["tenant_id", "project_id", "issue"])
    op.create_index(
        "ix_work_item_parent", "work_item", ["tenant_id", "parent_id", "deleted_at", "id"]
    )
    op.create_index(
        "ix_work_item_project",
        "work_item",
        ["tenant_id", "project_id", "deleted_at", "priority", "id"],
    )


def _make_work_ci() -> None:
    op.create_table(
        "work_ci",
        sa.Column("tenant_id", exact(64), primary_key=True),
        sa.Column("owner", exact(16), primary_key=True),
        sa.Column("owner_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("ci_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_work_ci", "work_ci", ["tenant_id", "ci_id", "owner", "owner_id"])


def _make_work_dependency() -> None:
    op.create_table(
        "work_dependency",
        sa.Column("tenant_id", exact(64), primary_key=True),
        sa.Column("source_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("target_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("type", exact(16), primary_key=True),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_work_dependency_project", "work_dependency", ["tenant_id", "project_id"])
    op.create_index(
        "ix_work_dependency_target", "work_dependency", ["tenant_id", "target_id", "source_id"]
    )


def _make_work_session() -> None:
    op.create_table(
        "work_session",
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("tenant_id", exact(64), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("goal", LongText, nullable=False),
        sa.Column("started_by", exact(500), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("summary", LongText),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_work_session_project", "work_session", ["tenant_id", "project_id", "id"])


def _make_work_session_person() -> None:
    op.create_table(
        "work_session_person",
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("tenant_id", exact(64), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("person", exact(500), nullable=False),
        sa.Column("joined_at", sa.BigInteger(), nullable=False),
        sa.Column("left_at", sa.BigInteger()),
        sa.UniqueConstraint("tenant_id", "session_id", "person", name="uq_work_session_person"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_work_session_person", "work_session_person", ["tenant_id", "person", "session_id"]
    )


def _make_work_session_run() -> None:
    op.create_table(
        "work_session_run",
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("tenant_id", exact(64), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("run_id", exact(64), nullable=False),
        sa.UniqueConstraint("tenant_id", "session_id", "run_id", name="uq_work_session_run"),
        sqlite_autoincrement=True,
    )


def _make_work_session_note() -> None:
    op.create_table(
        "work_session_note",
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("tenant_id", exact(64), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", exact(500), nullable=False),
        sa.Column("text", LongText, nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_work_session_note", "work_session_note", ["tenant_id", "session_id", "id"])


def _make_activity() -> None:
    op.create_table(
        "activity",
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("tenant_id", exact(64), nullable=False),
        sa.Column("team_id", sa.BigInteger(), nullable=False),
        sa.Column("project_id", sa.BigInteger()),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", exact(500), nullable=False),
        sa.Column("kind", exact(64), nullable=False),
        sa.Column("object_type", exact(16), nullable=False),
        sa.Column("object_id", exact(500), nullable=False),
        sa.Column("version", sa.BigInteger()),
        sa.Column("title", exact(500), nullable=False),
        sa.Column("changes", Document, nullable=False),
        sa.UniqueConstraint("tenant_id", "project_id", "seq", name="uq_activity_seq"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_activity_id", "activity", ["tenant_id", "id"])


def _make_activity_due() -> None:
    op.create_table(
        "activity_due",
        sa.Column("activity_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("tenant_id", exact(64), nullable=False),
        sqlite_with_rowid=False,
    )
